//! Operators on windows of processing time.

use crate::op::Arg::{Function, OptionalFunction, OptionalValue, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let to_one = |name, args, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::Windowed,
        args,
        outputs: 1,
        keyed: false,
        stateful: true,
        cut: Cut::ToOne,
        combines: true,
        in_for: false,
        signature,
        summary,
        cost,
    };
    let by_key = |name, args, signature, summary, cost| OpSpec {
        keyed: true,
        cut: Cut::ByKey,
        ..to_one(name, args, signature, summary, cost)
    };
    match kind {
        OpKind::Window => OpSpec {
            combines: false,
            ..to_one(
                "window",
                &[Value, OptionalValue],
                "window(length [, slide]) -> Stream<T>",
                "The records of the ticks of each window, in order.",
                "Every record is kept for the length, and cloned for each window that it is read in. The stage behind it has one task.",
            )
        },
        OpKind::CountByWindow => to_one(
            "count_by_window",
            &[Value, OptionalValue],
            "count_by_window(length [, slide]) -> Stream<u64>",
            "One number a window: how many records its ticks had (0 for none).",
            "An addition a record; two a window. A number is kept for each pane.",
        ),
        OpKind::ReduceByWindow => to_one(
            "reduce_by_window",
            &[Function(2), Value, OptionalValue],
            "reduce_by_window((T, T) -> T, length [, slide]) -> Stream<T>",
            "All records of each window, reduced to one; nothing for none. The function must be associative.",
            "A call a record; six calls at most a window, however long. A value is kept for each pane.",
        ),
        OpKind::ReduceByWindowWithInverse => to_one(
            "reduce_by_window_with_inverse",
            &[Function(2), Function(2), Value, OptionalValue],
            "reduce_by_window_with_inverse((T, T) -> T, (T, T) -> T, length [, slide]) -> Stream<T>",
            "As reduce_by_window; what leaves the window is taken from the total by the second function.",
            "As reduce_by_window, with a call for each pane that comes and one for each that goes.",
        ),
        OpKind::ReduceByKeyAndWindow => by_key(
            "reduce_by_key_and_window",
            &[Function(2), Value, OptionalValue],
            "reduce_by_key_and_window((V, V) -> V, length [, slide]) -> Stream<(K, V)>",
            "Each key of each window with its values reduced. The function must be associative.",
            "As reduce_by_key in each tick; in each window six calls at most a key, however long it is. A value is kept for each key and pane.",
        ),
        OpKind::ReduceByKeyAndWindowWithInverse => by_key(
            "reduce_by_key_and_window_with_inverse",
            &[Function(2), Function(2), Value, OptionalValue, OptionalFunction(2)],
            "reduce_by_key_and_window_with_inverse((V, V) -> V, (V, V) -> V, length [, slide [, (&K, &V) -> bool]]) -> Stream<(K, V)>",
            "As reduce_by_key_and_window; what leaves the window is taken from the total by the second function, and keys are known for ever, unless the third says otherwise.",
            "As reduce_by_key_and_window, with a call for each pane of a key that comes and one for each that goes.",
        ),
        OpKind::GroupByKeyAndWindow => OpSpec {
            combines: false,
            ..by_key(
                "group_by_key_and_window",
                &[Value, OptionalValue],
                "group_by_key_and_window(length [, slide]) -> Stream<(K, Vec<V>)>",
                "Each key of each window with all its values, in order.",
                "Every pair crosses the exchange; every value is kept for the length, and cloned for each window.",
            )
        },
        OpKind::CountByValueAndWindow => OpSpec {
            keyed: false,
            ..by_key(
                "count_by_value_and_window",
                &[Value, OptionalValue],
                "count_by_value_and_window(length [, slide]) -> Stream<(T, u64)>",
                "Each distinct record of each window with how often it came.",
                "As count_by_value in each tick; two additions a key in each window. A number is kept for each key and pane.",
            )
        },
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
