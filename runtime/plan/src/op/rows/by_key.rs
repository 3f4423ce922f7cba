//! Operators that bring the records of a tick together by key.

use crate::op::Arg::{Function, Stream, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    // As a join is.
    let keyed = |name, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::PerBatch,
        args: &[Stream],
        outputs: 1,
        keyed: true,
        stateful: false,
        cut: Cut::ByKey,
        combines: false,
        in_for: false,
        signature,
        summary,
        cost,
    };
    match kind {
        OpKind::ReduceByKey => OpSpec {
            args: &[Function(2)],
            combines: true,
            ..keyed(
                "reduce_by_key",
                "reduce_by_key((V, V) -> V) -> Stream<(K, V)>",
                "One pair for each key of the tick: its values, reduced. The function must be associative.",
                "One table look-up a record; an allocation only for a new key; one exchange of one pair a key and task.",
            )
        },
        OpKind::FoldByKey => OpSpec {
            args: &[Value, Function(2)],
            ..keyed(
                "fold_by_key",
                "fold_by_key(A, (A, V) -> A) -> Stream<(K, A)>",
                "One pair for each key of the tick: its values, folded one by one, in order.",
                "Every pair crosses the exchange; then one table look-up a record, and a clone of the first operand a key.",
            )
        },
        OpKind::AggregateByKey => OpSpec {
            args: &[Value, Function(2), Function(2)],
            combines: true,
            ..keyed(
                "aggregate_by_key",
                "aggregate_by_key(A, (A, V) -> A, (A, A) -> A) -> Stream<(K, A)>",
                "As fold_by_key, folded before the exchange too; the third operand merges what two tasks have.",
                "As reduce_by_key; a clone of the first operand a key and task.",
            )
        },
        OpKind::GroupByKey => OpSpec {
            args: &[],
            ..keyed(
                "group_by_key",
                "group_by_key() -> Stream<(K, Vec<V>)>",
                "One pair for each key of the tick: all its values, in order.",
                "Every pair crosses the exchange; one table look-up a record, one allocation a key.",
            )
        },
        OpKind::Distinct => OpSpec {
            args: &[],
            keyed: false,
            combines: true,
            ..keyed(
                "distinct",
                "distinct() -> Stream<T>",
                "Each different record of the tick, once.",
                "As count_by_value.",
            )
        },
        OpKind::Join => keyed(
            "join",
            "join(Stream<(K, W)>) -> Stream<(K, (V, W))>",
            "Each pair with each pair of the other stream that has its key, within the tick.",
            "Every pair of both sides crosses the exchange; one table look-up a left record; clones only for a record's further matches, and one of the right value a match.",
        ),
        OpKind::LeftOuterJoin => keyed(
            "left_outer_join",
            "left_outer_join(Stream<(K, W)>) -> Stream<(K, (V, Option<W>))>",
            "As join; a pair without a match comes once, with `None`.",
            "As join.",
        ),
        OpKind::RightOuterJoin => keyed(
            "right_outer_join",
            "right_outer_join(Stream<(K, W)>) -> Stream<(K, (Option<V>, W))>",
            "As join; a pair of the other stream without a match comes once, with `None`.",
            "As join.",
        ),
        OpKind::FullOuterJoin => keyed(
            "full_outer_join",
            "full_outer_join(Stream<(K, W)>) -> Stream<(K, (Option<V>, Option<W>))>",
            "As join; a pair of either stream without a match comes once, with `None`.",
            "As join.",
        ),
        OpKind::LeftSemiJoin => keyed(
            "left_semi_join",
            "left_semi_join(Stream<(K, W)>) -> Stream<(K, V)>",
            "The pairs whose key is in the other stream, each once.",
            "As join, but of the other stream only the keys cross; no clones.",
        ),
        OpKind::LeftAntiJoin => keyed(
            "left_anti_join",
            "left_anti_join(Stream<(K, W)>) -> Stream<(K, V)>",
            "The pairs whose key is not in the other stream.",
            "As left_semi_join.",
        ),
        OpKind::Cogroup => keyed(
            "cogroup",
            "cogroup(Stream<(K, W)>) -> Stream<(K, (Vec<V>, Vec<W>))>",
            "One pair for each key of either stream: all its values of both, in order.",
            "As group_by_key, for both streams.",
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
