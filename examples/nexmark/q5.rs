//! Query 5, hot items: which auctions had most bids in the last ten seconds, every two seconds.
//!
//! ```sql
//! WITH counts AS (SELECT auction, COUNT(*) AS n, window FROM HOP(bid, 2 SECONDS, 10 SECONDS) GROUP BY auction, window)
//! SELECT window, auction, n FROM counts WHERE n = (SELECT MAX(n) FROM counts c WHERE c.window = counts.window)
//! ```

use std::cmp::Ordering;

use millstream::prelude::*;
use millstream::sink::Sink;

use super::{Event, Events, OUT_OF_ORDER, Query};
use crate::Shown;

pub const QUERY: Query = Query {
    number: 5,
    about: "hot items: the auctions with most bids of the last 10 s, every 2 s",
    pipeline: |events| q5(events, Shown(|(w, auction, n): Hot| format!("{w}: auction {auction}, {n} bids"))),
};

/// The window, an auction, and how many bids it had there.
pub type Hot = (Window, u64, u64);

// ANCHOR: query
pub fn q5(events: impl Events, out: impl Sink<Hot> + 'static) -> Pipeline<'static> {
    stream! { <Q5>
        let bids = source(events).filter_map(Event::bid).event_time(|bid| bid.time, OUT_OF_ORDER);
        let counts = bids.map(|bid| (bid.auction, ())).sliding(secs(10), secs(2)).count_by_key();
        // All results of a window leave in one tick: so they can be compared there.
        let hottest = counts.map(|(window, auction, n)| (window, (n, vec![auction]))).reduce_by_key(most);
        hottest.flat_map(|(window, (n, auctions))| auctions.into_iter().map(move |auction| (window, auction, n))).sink(out);
    }
}

/// Of two counts the larger one; where they are equal, the auctions of both.
fn most((n, mut auctions): (u64, Vec<u64>), (m, others): (u64, Vec<u64>)) -> (u64, Vec<u64>) {
    match n.cmp(&m) {
        Ordering::Greater => (n, auctions),
        Ordering::Less => (m, others),
        Ordering::Equal => {
            auctions.extend(others);
            (n, auctions)
        }
    }
}
// ANCHOR_END: query

#[test]
fn each_window_shows_its_hottest_auctions() {
    use std::collections::BTreeMap;

    use super::check::{bids, check};

    let mut windows: BTreeMap<Window, BTreeMap<u64, u64>> = BTreeMap::new();
    for bid in bids() {
        let last = bid.time.millis() / 2000 * 2000;
        for start in (0..5).map(|n| last - 2000 * n) {
            *windows
                .entry(Window::millis(start, start + 10_000))
                .or_default()
                .entry(bid.auction)
                .or_default() += 1;
        }
    }
    let mut expected = Vec::new();
    for (window, counts) in windows {
        let most = *counts.values().max().expect("a window has bids");
        expected
            .extend(counts.into_iter().filter(|(_, n)| *n == most).map(|(auction, n)| (window, auction, n)));
    }
    check(q5, expected);
}
