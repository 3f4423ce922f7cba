//! Query 20, expand bid with auction: the bids on auctions of category 10, with the auction.
//!
//! ```sql
//! SELECT b.*, a.* FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10
//! ```
//!
//! The benchmark has no bound here, and so a system that runs it keeps all bids and auctions for ever. In this form a bid counts while its auction
//! is open, and both are dropped when it is over.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Auction, Bid, Event, Events, LONGEST_AUCTION, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 20,
    about: "expand bid with auction: the bids on open auctions of category 10, with the auction",
    pipeline: |events| {
        let line =
            |(auction, bid): (Auction, Bid)| format!("{} on {}: {}", bid.price, auction.id, auction.item);
        q20(events, Shown(line))
    },
};

pub fn q20(events: impl Events, out: impl Sink<(Auction, Bid)> + 'static) -> Pipeline<'static> {
    stream! { <Q20>
        let events = source(events).event_time(|event| event.time(), OUT_OF_ORDER);
        let auctions = events.filter_map(Event::auction).filter(|auction| auction.category == 10).map(|auction| (auction.id, auction));
        let bids = events.filter_map(Event::bid).map(|bid| (bid.auction, bid));
        let expanded = auctions
            .interval_join(bids, Interval::between(secs(0), LONGEST_AUCTION), |auction, bid| bid.time <= auction.expires);
        expanded.values().sink(out);
    }
}

#[test]
fn bids_come_with_their_auction() {
    use std::collections::HashMap;

    use super::check::{bids, check, events};

    let auctions = events().into_iter().filter_map(Event::auction).map(|auction| (auction.id, auction));
    let auctions: HashMap<u64, Auction> = auctions.collect();
    let mut expected = Vec::new();
    for bid in bids() {
        // Some bids are on an auction that begins a little later.
        let Some(auction) = auctions.get(&bid.auction) else { continue };
        if auction.category == 10 && bid.time >= auction.time && bid.time <= auction.expires {
            expected.push((auction.clone(), bid));
        }
    }
    check(q20, expected);
}
