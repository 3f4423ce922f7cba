//! Operators on all records of a tick that need no key, and the one that waits for each.

use crate::op::Arg::{Function, OptionalFunction, OptionalValue, Stream, Value};
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
        OpKind::MapAsync => OpSpec {
            class: Class::ElementWise,
            cut: Cut::InPlace,
            ..to_one(
                "map_async",
                &[Value, Function(1)],
                "map_async(limit, T -> impl Future<Output = U>) -> Stream<U>",
                "What each record's future gives; so many are waited for at a time. In order, or as they come with `unordered(limit)`.",
                "The futures, polled on the task's thread; the stage ends here, so every record becomes owned.",
            )
        },
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
            &[Value, Function(2)],
            "fold(A, (A, T) -> A) -> Stream<A>",
            "One value a tick: its records, folded one by one, in order.",
            "Every record becomes owned and goes to one task.",
        ),
        OpKind::Aggregate => OpSpec {
            combines: true,
            ..to_one(
                "aggregate",
                &[Value, Function(2), Function(2)],
                "aggregate(A, (A, T) -> A, (A, A) -> A) -> Stream<A>",
                "As fold, but each task folds its share; the third operand merges what two tasks have.",
                "The function; every record becomes owned; one value a task is exchanged.",
            )
        },
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
        OpKind::Chunks => OpSpec {
            cut: Cut::InPlace,
            ..to_one(
                "chunks",
                &[],
                "chunks() -> Stream<Vec<T>>",
                "The records of each partition of the tick, as one record.",
                "Every record becomes owned; none leaves its task.",
            )
        },
        OpKind::MapPartitions => OpSpec {
            cut: Cut::InPlace,
            ..to_one(
                "map_partitions",
                &[Function(1)],
                "map_partitions(Vec<T> -> impl IntoIterator<Item = U>) -> Stream<U>",
                "What the closure returns for all records of a partition at once; it is called once a partition and tick.",
                "Every record becomes owned; what the iterator yields is collected.",
            )
        },
        OpKind::Repartition => OpSpec {
            cut: Cut::RoundRobin,
            ..to_one(
                "repartition",
                &[Value],
                "repartition(n) -> Stream<T>",
                "The same records, dealt evenly to n tasks (1 to 128), one after the other.",
                "Every record becomes owned and is exchanged.",
            )
        },
        OpKind::Transform => to_one(
            "transform",
            &[Function(2)],
            "transform((Vec<T>, Tick) -> impl IntoIterator<Item = U>) -> Stream<U>",
            "What the closure returns for all records of the tick at once; it is called every tick.",
            "Every record becomes owned and goes to one task.",
        ),
        OpKind::TransformWith => to_one(
            "transform_with",
            &[Stream, Function(3)],
            "transform_with(Stream<U>, (Vec<T>, Vec<U>, Tick) -> impl IntoIterator<Item = W>) -> Stream<W>",
            "What the closure returns for all records of two streams' tick at once; it is called every tick.",
            "Every record of both becomes owned and goes to one task.",
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
