//! Query 2, selection: the bids on a few auctions.
//!
//! ```sql
//! SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 2,
    about: "selection: bids on every 123rd auction",
    pipeline: |events| q2(events, Shown(|(auction, price): (u64, u64)| format!("{price} on {auction}"))),
};

/// Gives auction and price.
pub fn q2(events: impl Events, out: impl Sink<(u64, u64)> + 'static) -> Pipeline<'static> {
    stream! { <Q2>
        let bids = source(events).filter_map(Event::bid);
        bids.filter(|bid| bid.auction % 123 == 0).map(|bid| (bid.auction, bid.price)).sink(out);
    }
}

#[test]
fn bids_on_every_123rd_auction_come_out() {
    use super::check::{bids, check};

    let mut expected = Vec::new();
    for bid in bids() {
        if bid.auction / 123 * 123 == bid.auction {
            expected.push((bid.auction, bid.price));
        }
    }
    check(q2, expected);
}
