//! Query 4, average price by category: what auctions went for, by category.
//!
//! ```sql
//! SELECT category, AVG(final) FROM (
//!     SELECT a.category, MAX(b.price) AS final FROM auction a JOIN bid b ON a.id = b.auction
//!     WHERE b.time BETWEEN a.time AND a.expires GROUP BY a.id, a.category
//! ) GROUP BY category
//! ```
//!
//! In the benchmark the price of an auction is corrected with every higher bid, and the means with it. Here an auction counts once, when it
//! is over: the longest that one lasts bounds how long the join keeps it, and for how long more bids may come.

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, LONGEST_AUCTION, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 4,
    about: "average price by category: the mean of what auctions went for",
    pipeline: |events| {
        q4(events, Shown(|(category, mean): (u64, f64)| format!("category {category}: {mean:.2}")))
    },
};

// ANCHOR: query
/// Gives category and mean; a later result replaces an earlier one.
pub fn q4(events: impl Events, out: impl Sink<(u64, f64)> + 'static) -> Pipeline<'static> {
    stream! { <Q4>
        let events = source(events).event_time(|event| event.time(), OUT_OF_ORDER);
        let auctions = events.filter_map(Event::auction).map(|a| (a.id, (a.category, a.expires)));
        let bids = events.filter_map(Event::bid).map(|b| (b.auction, (b.price, b.time)));

        let valid = auctions
            .interval_join(bids, Interval::between(secs(0), LONGEST_AUCTION), |(_, expires), (_, time)| time <= expires);

        // The bids on an auction are never further apart than it lasts: so they are one session.
        let prices = valid.map(|(id, ((category, _), (price, _)))| ((id, category), price));
        let last = prices.session(LONGEST_AUCTION).aggregate_by_key(max(|price| *price));

        let by_category = last.map(|(_, (_, category), price)| (category, price));
        let means = by_category.global().emit(Emit::Update).aggregate_by_key(mean(|price| *price));
        means.map(|(_, category, mean)| (category, mean)).sink(out);
    }
}
// ANCHOR_END: query

#[test]
fn the_last_means_are_those_of_all_auctions() {
    use std::collections::HashMap;

    use super::check::{bids, check_last, events};

    let mut prices: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut by_auction: HashMap<u64, Vec<super::Bid>> = HashMap::new();
    for bid in bids() {
        by_auction.entry(bid.auction).or_default().push(bid);
    }
    for auction in events().into_iter().filter_map(Event::auction) {
        let bids = by_auction.get(&auction.id).into_iter().flatten();
        let valid = bids.filter(|bid| (auction.time..=auction.expires).contains(&bid.time));
        if let Some(price) = valid.map(|bid| bid.price).max() {
            prices.entry(auction.category).or_default().push(price);
        }
    }
    let mean = |prices: Vec<u64>| prices.iter().sum::<u64>() as f64 / prices.len() as f64;
    check_last(
        q4,
        |(category, _)| *category,
        prices.into_iter().map(|(category, prices)| (category, mean(prices))),
    );
}
