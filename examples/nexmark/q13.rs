//! Query 13, bounded side input: each bid with what a table says of it.
//!
//! ```sql
//! SELECT auction, bidder, price, time, value FROM bid JOIN side_input ON MOD(auction, 10000) = side_input.key
//! ```

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 13,
    about: "bounded side input: each bid with what a table says of it",
    pipeline: |events| {
        let line = |(auction, _, price, _, value): Told| format!("{price} on {auction}: {value}");
        q13(events, side_input(), Shown(line))
    },
};

/// Auction, bidder, price, time, and the table's value.
pub type Told = (u64, u64, u64, Timestamp, String);

/// The benchmark reads it from a file.
fn side_input() -> Table<u64, String> {
    (0..10_000u64).map(|key| (key, format!("value {key}"))).collect()
}

pub fn q13(
    events: impl Events,
    table: Table<u64, String>,
    out: impl Sink<Told> + 'static,
) -> Pipeline<'static> {
    stream! { <Q13>
        let bids = source(events).filter_map(Event::bid);
        let told = bids.key_by(|bid| bid.auction % 10_000).join_table(table).values();
        told.map(|(bid, value)| (bid.auction, bid.bidder, bid.price, bid.time, value)).sink(out);
    }
}

#[test]
fn each_bid_comes_with_the_value_of_its_auction() {
    use super::check::{bids, check};

    // Some keys are missing, and some come twice.
    let pairs = || {
        (0..10_000)
            .filter(|key| key % 5 > 0)
            .chain([1001, 1300])
            .zip(0..)
            .map(|(key, n)| (key, format!("no. {n}")))
    };
    let pairs: Vec<(u64, String)> = pairs().collect();
    let mut expected = Vec::new();
    for bid in bids() {
        for (_, value) in pairs.iter().filter(|(key, _)| *key == bid.auction % 10_000) {
            expected.push((bid.auction, bid.bidder, bid.price, bid.time, value.clone()));
        }
    }
    check(|events, out| q13(events, pairs.iter().cloned().collect(), out), expected);
}
