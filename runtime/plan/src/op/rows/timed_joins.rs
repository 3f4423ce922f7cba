//! Joins of two streams in event time: by an interval, and in windows.

use crate::op::Arg::{OptionalFunction, Stream, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let join = |name, args, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::EventTime,
        args,
        outputs: 1,
        keyed: true,
        stateful: true,
        cut: Cut::ByKey,
        combines: false,
        in_for: false,
        signature,
        summary,
        cost,
    };
    let by_interval = |name, signature, summary, cost| {
        join(name, &[Stream, Value, OptionalFunction(2)], signature, summary, cost)
    };
    let by_window =
        |name, signature, summary, cost| join(name, &[Stream, OptionalFunction(2)], signature, summary, cost);
    const INTERVAL: &str = "Every pair of both sides crosses the exchange; O(log n) of the n that are kept of its key, and two clones a match. State: the pairs of both sides until the watermark has passed the last that could meet them.";
    const WINDOW: &str = "Every pair of both sides crosses the exchange; O(log n) of the n that are kept of its key, and two clones a match and window. State: the pairs of both sides until their windows are closed.";
    match kind {
        OpKind::IntervalJoin => by_interval(
            "interval_join",
            "interval_join(Stream<(K, W)>, Interval [, (&V, &W) -> bool]) -> Stream<(K, (V, W))>",
            "The matches of each key whose times are no further apart, at once.",
            INTERVAL,
        ),
        OpKind::LeftOuterIntervalJoin => by_interval(
            "left_outer_interval_join",
            "left_outer_interval_join(Stream<(K, W)>, Interval [, (&V, &W) -> bool]) -> Stream<(K, (V, Option<W>))>",
            "As interval_join; a left pair without a match comes with `None` when none can come any more.",
            "As interval_join.",
        ),
        OpKind::RightOuterIntervalJoin => by_interval(
            "right_outer_interval_join",
            "right_outer_interval_join(Stream<(K, W)>, Interval [, (&V, &W) -> bool]) -> Stream<(K, (Option<V>, W))>",
            "As interval_join; a right pair without a match comes with `None` when none can come any more.",
            "As interval_join.",
        ),
        OpKind::FullOuterIntervalJoin => by_interval(
            "full_outer_interval_join",
            "full_outer_interval_join(Stream<(K, W)>, Interval [, (&V, &W) -> bool]) -> Stream<(K, (Option<V>, Option<W>))>",
            "As interval_join; a pair of either side without a match comes with `None` when none can come any more.",
            "As interval_join.",
        ),
        OpKind::LeftSemiIntervalJoin => by_interval(
            "left_semi_interval_join",
            "left_semi_interval_join(Stream<(K, W)>, Interval [, (&V, &W) -> bool]) -> Stream<(K, V)>",
            "The left pairs that have a match, each once, as soon as it has one.",
            "As interval_join; without a condition only the keys and times of the right side cross, and are kept.",
        ),
        OpKind::WindowedJoin => by_window(
            "join",
            "join(Stream<(K, W)> [, (&V, &W) -> bool]) -> Stream<(Window, K, (V, W))>",
            "The matches of each key that are in one window, at once; in each window that they are both in.",
            WINDOW,
        ),
        OpKind::WindowedLeftOuterJoin => by_window(
            "left_outer_join",
            "left_outer_join(Stream<(K, W)> [, (&V, &W) -> bool]) -> Stream<(Window, K, (V, Option<W>))>",
            "As join; a left pair without a match in a window comes with `None` when that is closed.",
            "As join.",
        ),
        OpKind::WindowedRightOuterJoin => by_window(
            "right_outer_join",
            "right_outer_join(Stream<(K, W)> [, (&V, &W) -> bool]) -> Stream<(Window, K, (Option<V>, W))>",
            "As join; a right pair without a match in a window comes with `None` when that is closed.",
            "As join.",
        ),
        OpKind::WindowedFullOuterJoin => by_window(
            "full_outer_join",
            "full_outer_join(Stream<(K, W)> [, (&V, &W) -> bool]) -> Stream<(Window, K, (Option<V>, Option<W>))>",
            "As join; a pair of either side without a match in a window comes with `None` when that is closed.",
            "As join.",
        ),
        OpKind::WindowedLeftSemiJoin => by_window(
            "left_semi_join",
            "left_semi_join(Stream<(K, W)> [, (&V, &W) -> bool]) -> Stream<(Window, K, V)>",
            "The left pairs that have a match in a window, each once a window, as soon as it has one.",
            "As join; without a condition only the keys and times of the right side cross, and are kept.",
        ),
        OpKind::WindowedCogroup => join(
            "cogroup",
            &[Stream],
            "cogroup(Stream<(K, W)>) -> Stream<(Window, K, (Vec<V>, Vec<W>))>",
            "Each key of each window with all its values of both sides, in the order in which they came, when the window is closed.",
            "Every pair of both sides crosses the exchange, and is kept until its windows are closed.",
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
