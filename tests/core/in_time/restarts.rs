//! A crash changes nothing.

use std::io;

use millstream::prelude::*;
use millstream::testing::restarts_change_nothing;
use proptest::prelude::*;

use super::{name, two};

proptest! {
    // Each is a run for every tick and fault point.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_crash_changes_nothing([(mut left, of_left), (right, of_right)] in two(), every in 0u64..4) {
        // Something must leave.
        left.push(vec![(1, 90, 0)]);
        let (of_left, of_right) = (millis(of_left), millis(of_right));
        restarts_change_nothing(|out: MemorySink<(String, String)>| {
            let (left, right) = (queue(left.clone()), queue(right.clone()));
            let at = |at: Timestamp| Ok::<_, io::Error>(at.millis() as u64);
            let load = |version: u64| Ok::<_, io::Error>(Table::from_iter((0..3).map(|k| (name(k), version))));
            let table = refreshed_table(secs(every), at, load);
            stream!(move {
                let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                let latest = left.left_outer_join_latest(right).map(|(k, found)| (k, format!("latest {found:?}")));
                let as_of = left.left_outer_join_as_of(right).map(|(k, found)| (k, format!("as of {found:?}")));
                let near = left.join_as_of(right, millis(5)).map(|(k, found)| (k, format!("near {found:?}")));
                let lags = left.lag().map(|(k, both)| (k, format!("lag {both:?}")));
                let deltas = left.delta(|a, b| (*a, *b), millis(7)).map(|(k, both)| (k, format!("delta {both:?}")));
                let sessions = left.sessionize(millis(6)).map(|(session, k, v)| (k, format!("in {session}: {v}")));
                let rates = left.left_outer_join_table(table).map(|(k, found)| (k, format!("rate {found:?}")));
                latest.union(as_of).union(near).union(lags).union(deltas).union(sessions).union(rates).sink(out);
            })
        });
    }
}
