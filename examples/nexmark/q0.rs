//! Query 0, pass through: all bids, as they are.
//!
//! What it costs to read and write, with nothing between.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 0,
    about: "pass through: all bids",
    pipeline: |events| {
        q0(events, Shown(|bid: Bid| format!("{} on {} by {}", bid.price, bid.auction, bid.bidder)))
    },
};

pub fn q0(events: impl Events, out: impl Sink<Bid> + 'static) -> Pipeline<'static> {
    stream! { <Q0>
        let bids = source(events).filter_map(Event::bid);
        bids.sink(out);
    }
}

#[test]
fn all_bids_come_out() {
    use super::check::{bids, check};

    check(q0, bids());
}
