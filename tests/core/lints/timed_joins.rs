//! Joins of two streams in event time, under strict lints.

use millstream::prelude::*;

pub(super) fn in_event_time(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    stream! {
        let left = source(queue([vec![("a", 1_u64), ("b", 12)]])).event_time(|(_, second)| 1000 * second, secs(5));
        let right = source(queue([vec![("a", 2_u64), ("b", 40)]])).event_time(|(_, second)| 1000 * second, secs(5));
        let near = left.interval_join(right, Interval::around(secs(5))).map_values(|(a, b)| a + b);
        let lefts = left.left_outer_interval_join(right, Interval::around(secs(5)), |a, b| a < b).map_values(|(a, _)| a);
        let rights = left.right_outer_interval_join(right, Interval::around(secs(5))).map_values(|(_, b)| b);
        let all = left.full_outer_interval_join(right, Interval::around(secs(5))).map_values(|(a, _)| a.unwrap_or(0));
        let semi = left.left_semi_interval_join(right, Interval::millis(..)).unbounded();
        near.union(lefts).union(rights).union(all).union(semi).sink(out.clone());
        let inner = left.tumbling(secs(10)).join(right, |a, b| a < b).map(|(_, key, (a, b))| (key, a + b));
        let outer = left.tumbling(secs(10)).left_outer_join(right).map(|(_, key, (a, _))| (key, a));
        let other = left.sliding(secs(10), secs(5)).right_outer_join(right).map(|(_, key, (_, b))| (key, b));
        let every = left.tumbling(secs(10)).full_outer_join(right).map(|(_, key, (a, _))| (key, a.unwrap_or(0)));
        let some = left.tumbling(secs(10)).left_semi_join(right).map(|(_, key, a)| (key, a));
        let groups = left.tumbling(secs(10)).cogroup(right).map(|(_, key, (a, b))| (key, (a.len() + b.len()) as u64));
        inner.union(outer).union(other).union(every).union(some).union(groups).sink(out.clone());
    }
}
