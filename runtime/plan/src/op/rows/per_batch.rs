//! Operators on all records of a tick that need no key.

use crate::op::Arg::{Function, OptionalFunction, OptionalValue, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let to_one = |name, args, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::PerBatch,
        args,
        outputs: 1,
        keyed: false,
        stateful: false,
        cut: Cut::ToOne,
        combines: false,
        in_for: false,
        signature,
        summary,
        cost,
    };
    match kind {
        OpKind::Reduce => OpSpec {
            combines: true,
            ..to_one(
                "reduce",
                &[Function(2)],
                "reduce((T, T) -> T) -> Stream<T>",
                "One record a tick: its records, reduced; none for a tick without records. The function must be associative.",
                "The function; every record becomes owned; one record a task is exchanged.",
            )
        },
        OpKind::Fold => to_one(
            "fold",
            &[Value, Function(2), OptionalFunction(2)],
            "fold(A, (A, T) -> A [, (A, A) -> A]) -> Stream<A>",
            "One value a tick: its records, folded in order. With a third operand each task folds its share, and that merges the results.",
            "Without the third operand every record becomes owned and goes to one task; with it, one value a task.",
        ),
        OpKind::SortByKey => OpSpec {
            keyed: true,
            ..to_one(
                "sort_by_key",
                &[OptionalValue],
                "sort_by_key(Order = Ascending) -> Stream<(K, V)>",
                "The pairs of the tick in the order of their keys; pairs of one key stay in theirs.",
                "Each task sorts its share; one task merges them, and gets every pair, owned.",
            )
        },
        OpKind::Top => OpSpec {
            combines: true,
            ..to_one(
                "top",
                &[Value, OptionalFunction(1)],
                "top(n [, &T -> K]) -> Stream<T>",
                "The n largest records of the tick, the largest first; with a second operand, by what that returns.",
                "A heap of n records a task, and mostly a comparison a record; every record becomes owned; n a task are exchanged.",
            )
        },
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
