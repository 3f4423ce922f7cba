//! Query 19, auction top 10: the ten highest bids on each auction.
//!
//! ```sql
//! SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank FROM bid) WHERE rank <= 10
//! ```
//!
//! A later result replaces an earlier one. As in the benchmark nothing bounds for how long an auction is kept.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Bid, Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 19,
    about: "auction top 10: the ten highest bids on each auction",
    pipeline: |events| {
        let line = |(auction, bids): (u64, Vec<Bid>)| {
            let prices: Vec<String> = bids.iter().map(|bid| bid.price.to_string()).collect();
            format!("{auction}: {}", prices.join(", "))
        };
        q19(events, Shown(line))
    },
};

/// Gives in each tick the auctions whose bids it brought.
pub fn q19(events: impl Events, out: impl Sink<(u64, Vec<Bid>)> + 'static) -> Pipeline<'static> {
    stream! { <Q19>
        let bids = source(events).filter_map(Event::bid).map(|bid| (bid.auction, bid));
        let highest = bids.global().emit(Emit::Update).aggregate_by_key(top(10, |bid| bid.price));
        highest.map(|(_, auction, bids)| (auction, bids)).sink(out);
    }
}

#[test]
fn each_auction_has_its_ten_highest_bids() {
    use std::cmp::Reverse;
    use std::collections::HashMap;

    use super::check::{bids, check_last};

    let mut auctions: HashMap<u64, Vec<Bid>> = HashMap::new();
    for bid in bids() {
        auctions.entry(bid.auction).or_default().push(bid);
    }
    for bids in auctions.values_mut() {
        bids.sort_by_key(|bid| Reverse(bid.price));
        bids.truncate(10);
    }
    check_last(q19, |(auction, _)| *auction, auctions);
}
