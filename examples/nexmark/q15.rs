//! Query 15, bidding statistics: how many bids there were each day, by how many bidders, on how many auctions; in all, and of low,
//! middle and high prices.
//!
//! ```sql
//! SELECT day, COUNT(*), COUNT(*) FILTER (WHERE price < 10000), …, COUNT(DISTINCT bidder), …, COUNT(DISTINCT auction), …
//! FROM bid GROUP BY day
//! ```
//!
//! The benchmark has a row of twelve numbers for each day; here each rank of prices has a row of three.

use millstream::prelude::*;
use millstream::sink::Sink;
use serde::{Deserialize, Serialize};

use super::{DAY, Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 15,
    about: "bidding statistics: bids, bidders and auctions of each day, by rank of the price",
    pipeline: |events| {
        let line = |(day, rank, (bids, bidders, auctions)): Statistics| {
            format!("{day} {rank:?}: {bids} bids by {bidders} bidders on {auctions} auctions")
        };
        q15(events, Shown(line))
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Key)]
pub enum Rank {
    /// Whatever the price is.
    All,
    Low,
    Middle,
    High,
}

impl Rank {
    pub fn of(price: u64) -> Rank {
        match price {
            0..10_000 => Rank::Low,
            10_000..1_000_000 => Rank::Middle,
            _ => Rank::High,
        }
    }
}

/// The day, the rank, and how many bids, bidders and auctions.
pub type Statistics = (Window, Rank, (u64, u64, u64));

pub fn q15(events: impl Events, out: impl Sink<Statistics> + 'static) -> Pipeline<'static> {
    stream! { <Q15>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        let ranked = bids.flat_map(|bid| [Rank::All, Rank::of(bid.price)].map(|rank| (rank, (bid.bidder, bid.auction))));
        let statistics = ranked.tumbling(DAY).aggregate_by_key((
            count(),
            count_distinct(|(bidder, _)| *bidder),
            count_distinct(|(_, auction)| *auction),
        ));
        statistics.sink(out);
    }
}

#[test]
fn each_day_has_its_statistics() {
    use std::collections::{BTreeMap, BTreeSet};

    use super::check::{bids, check};

    const DAY: i64 = 86_400_000;
    let mut expected = Vec::new();
    let mut days: BTreeMap<i64, Vec<super::Bid>> = BTreeMap::new();
    for bid in bids() {
        days.entry(bid.time.millis() / DAY * DAY).or_default().push(bid);
    }
    assert_eq!(days.len(), 2);
    for (day, bids) in days {
        let window = Window::millis(day, day + DAY);
        for (rank, prices) in [
            (Rank::All, 0..u64::MAX),
            (Rank::Low, 0..10_000),
            (Rank::Middle, 10_000..1_000_000),
            (Rank::High, 1_000_000..u64::MAX),
        ] {
            let bids: Vec<_> = bids.iter().filter(|bid| prices.contains(&bid.price)).collect();
            let bidders: BTreeSet<u64> = bids.iter().map(|bid| bid.bidder).collect();
            let auctions: BTreeSet<u64> = bids.iter().map(|bid| bid.auction).collect();
            expected.push((window, rank, (bids.len() as u64, bidders.len() as u64, auctions.len() as u64)));
        }
    }
    check(q15, expected);
}
