//! Query 17, auction statistics: of each auction and day how many bids there were, in all and by rank, and the least, the greatest, the mean
//! and the sum of their prices.
//!
//! ```sql
//! SELECT auction, day, COUNT(*), COUNT(*) FILTER (WHERE price < 10000), …, MIN(price), MAX(price), AVG(price), SUM(price)
//! FROM bid GROUP BY auction, day
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::q15::Rank;
use super::{DAY, Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 17,
    about: "auction statistics: bids and prices of each auction and day",
    pipeline: |events| {
        let line = |(day, auction, ((n, ..), (min, max, mean, _))): Statistics| {
            format!("{day} {auction}: {n} bids from {min} to {max}, mean {mean:.1}")
        };
        q17(events, Shown(line))
    },
};

/// How many bids: all, low, middle and high ones.
pub type Counts = (u64, u64, u64, u64);
/// Least, greatest, mean and sum.
pub type Prices = (u64, u64, f64, u64);
/// The day, the auction, and what was bid.
pub type Statistics = (Window, u64, (Counts, Prices));

pub fn q17(events: impl Events, out: impl Sink<Statistics> + 'static) -> Pipeline<'static> {
    stream! { <Q17>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        let prices = bids.map(|bid| (bid.auction, bid.price));
        let statistics = prices.tumbling(DAY).aggregate_by_key((
            (
                count(),
                sum(|price| u64::from(Rank::of(*price) == Rank::Low)),
                sum(|price| u64::from(Rank::of(*price) == Rank::Middle)),
                sum(|price| u64::from(Rank::of(*price) == Rank::High)),
            ),
            (min(|price| *price), max(|price| *price), mean(|price| *price), sum(|price| *price)),
        ));
        statistics.sink(out);
    }
}

#[test]
fn each_auction_has_its_statistics() {
    use std::collections::HashMap;

    use super::check::{bids, check};

    let mut prices: HashMap<(i64, u64), Vec<u64>> = HashMap::new();
    for bid in bids() {
        prices.entry((bid.time.millis() / 86_400_000, bid.auction)).or_default().push(bid.price);
    }
    let mut expected = Vec::new();
    for ((day, auction), mut prices) in prices {
        prices.sort_unstable();
        let all = prices.len() as u64;
        let (low, not_high) = (
            prices.partition_point(|p| *p < 10_000) as u64,
            prices.partition_point(|p| *p < 1_000_000) as u64,
        );
        let sum: u64 = prices.iter().sum();
        let window = Window::millis(day * 86_400_000, (day + 1) * 86_400_000);
        let counts = (all, low, not_high - low, all - not_high);
        let figures = (prices[0], prices[prices.len() - 1], sum as f64 / all as f64, sum);
        expected.push((window, auction, (counts, figures)));
    }
    check(q17, expected);
}
