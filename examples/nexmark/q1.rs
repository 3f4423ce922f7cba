//! Query 1, currency: bids in euros.
//!
//! ```sql
//! SELECT auction, bidder, 0.908 * price, channel, url, time, extra FROM bid
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 1,
    about: "currency: all bids, in euros",
    pipeline: |events| q1(events, Shown(|bid: Bid| format!("€ {}.{:02}", bid.price / 100, bid.price % 100))),
};

/// From cents of a dollar to cents of a euro, as the benchmark has it.
pub fn euros(cents: u64) -> u64 {
    cents * 908 / 1000
}

pub fn q1(events: impl Events, out: impl Sink<Bid> + 'static) -> Pipeline<'static> {
    stream! { <Q1>
        let bids = source(events).filter_map(Event::bid);
        bids.map(|bid| Bid { price: euros(bid.price), ..bid }).sink(out);
    }
}

#[test]
fn bids_are_in_euros() {
    use super::check::{bids, check};

    let mut expected = bids();
    for bid in &mut expected {
        bid.price = (bid.price as f64 * 0.908 + 1e-6).floor() as u64;
    }
    check(q1, expected);
}
