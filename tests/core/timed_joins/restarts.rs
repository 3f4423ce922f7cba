//! A crash changes nothing.

use millstream::prelude::*;
use millstream::testing::restarts_change_nothing;
use proptest::prelude::*;

use super::model::two;
use super::name;

proptest! {
    // Each is a run for every tick and fault point.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_crash_changes_nothing([(mut left, of_left), (right, of_right)] in two(), length in 1u64..9) {
        // Something must leave.
        left.push(vec![(1, 90, 0)]);
        let (of_left, of_right, length) = (millis(of_left), millis(of_right), millis(length));
        restarts_change_nothing(|out: MemorySink<(String, String)>| {
            let (left, right) = (queue(left.clone()), queue(right.clone()));
            let near = Interval::around(length);
            stream!(move {
                let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                let inner = left.interval_join(right, near).map(|(k, both)| (k, format!("inner {both:?}")));
                let outer = left.full_outer_interval_join(right, near, |v, w| v % 2 == w % 2);
                let lefts = left.left_outer_interval_join(right, near).map(|(k, both)| (k, format!("left {both:?}")));
                let rights = left.right_outer_interval_join(right, near).map(|(k, both)| (k, format!("right {both:?}")));
                let semi = left.left_semi_interval_join(right, near).map(|(k, v)| (k, format!("semi {v}")));
                let ever = left.interval_join(right, Interval::millis(3..)).unbounded().map(|(k, both)| (k, format!("ever {both:?}")));
                let windows = left.sliding(length * 2, length).allowed_lateness(millis(1));
                let joined = windows.join(right).map(|(w, k, both)| (k, format!("in {w}: {both:?}")));
                let beside = windows.full_outer_join(right).map(|(w, k, both)| (k, format!("beside {w}: {both:?}")));
                let some = left.tumbling(length).left_semi_join(right).map(|(w, k, v)| (k, format!("some {w}: {v}")));
                let groups = left.tumbling(length).cogroup(right).map(|(w, k, both)| (k, format!("groups {w}: {both:?}")));
                let counts = outer.tumbling(length).count_by_key().map(|(w, k, n)| (k, format!("count {w}: {n}")));
                let a = inner.union(lefts).union(rights).union(semi).union(ever);
                a.union(joined).union(beside).union(some).union(groups).union(counts).sink(out);
            })
        });
    }

    #[test]
    fn a_crash_changes_nothing_of_outer_joins_in_windows_nor_of_sessions(
        [(mut left, of_left), (right, of_right)] in two(),
        length in 1u64..9,
    ) {
        left.push(vec![(1, 90, 0)]);
        let (of_left, of_right, length) = (millis(of_left), millis(of_right), millis(length));
        restarts_change_nothing(|out: MemorySink<(String, String)>| {
            let (left, right) = (queue(left.clone()), queue(right.clone()));
            stream!(move {
                let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                let windows = left.sliding(length * 3, length);
                let lefts = windows.left_outer_join(right).map(|(w, k, both)| (k, format!("left {w}: {both:?}")));
                let rights = windows.right_outer_join(right).map(|(w, k, both)| (k, format!("right {w}: {both:?}")));
                let even = windows.full_outer_join(right, |v, w| v % 2 == w % 2).map(|(w, k, both)| (k, format!("even {w}: {both:?}")));
                let visits = left.session(length).cogroup(right).map(|(w, k, both)| (k, format!("visit {w}: {both:?}")));
                lefts.union(rights).union(even).union(visits).sink(out);
            })
        });
    }
}
