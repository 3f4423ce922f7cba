//! Operators that give records in the order of event time, each with its own time.

use crate::op::Arg::{Function, OptionalValue, Stream};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let by_key = |name, args, signature, summary, cost| OpSpec {
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
    match kind {
        OpKind::JoinAsOf => by_key(
            "join_as_of",
            &[Stream, OptionalValue],
            "join_as_of(Stream<(K, W)> [, within]) -> Stream<(K, (V, W))>",
            "Each pair with the value that the other stream has for its key as of its time: the latest at or before it.",
            "Every pair of both sides crosses the exchange; O(log n) of the n times that wait, and of the versions of its key. State: what the watermark has not passed, and a version a key.",
        ),
        OpKind::LeftOuterJoinAsOf => by_key(
            "left_outer_join_as_of",
            &[Stream, OptionalValue],
            "left_outer_join_as_of(Stream<(K, W)> [, within]) -> Stream<(K, (V, Option<W>))>",
            "As join_as_of; a pair whose key has no value as of its time comes with `None`.",
            "As join_as_of.",
        ),
        OpKind::Lag => by_key(
            "lag",
            &[OptionalValue],
            "lag([within]) -> Stream<(K, (Option<V>, V))>",
            "Each pair with the value before it, of its key and in the order of event time, once the watermark has passed it.",
            "Every pair crosses the exchange; O(log n) of the n times that wait, a look-up and a clone. State: what the watermark has not passed, and a value a key.",
        ),
        OpKind::Delta => by_key(
            "delta",
            &[Function(2), OptionalValue],
            "delta((&V, &V) -> D [, within]) -> Stream<(K, D)>",
            "What the closure makes of each value and the one before it, as lag; from the second value of a key on.",
            "As lag.",
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
