//! Operators that keep state from tick to tick.

use crate::op::Arg::{Function, OptionalValue, Stream, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let by_key = |name, args, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::Stateful,
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
        OpKind::RunningCount => OpSpec {
            combines: true,
            ..by_key(
                "running_count",
                &[],
                "running_count() -> Stream<(K, u64)>",
                "Each key of the tick with how many pairs it has had since the start.",
                "As count_by_value, and a look-up in the state for each key of the tick. The state grows with the keys.",
            )
        },
        OpKind::RunningReduce => OpSpec {
            combines: true,
            ..by_key(
                "running_reduce",
                &[Function(2)],
                "running_reduce((V, V) -> V) -> Stream<(K, V)>",
                "Each key of the tick with all its values since the start, reduced. The function must be associative.",
                "As reduce_by_key, a look-up in the state and a clone for each key of the tick. The state grows with the keys.",
            )
        },
        OpKind::RunningFold => by_key(
            "running_fold",
            &[Value, Function(2)],
            "running_fold(A, (A, V) -> A) -> Stream<(K, A)>",
            "Each key of the tick with all its values since the start, folded one by one, in order.",
            "Every pair crosses the exchange; a look-up in the state a record, a clone a key of the tick. The state grows with the keys.",
        ),
        OpKind::JoinLatest => by_key(
            "join_latest",
            &[Stream],
            "join_latest(Stream<(K, W)>) -> Stream<(K, (V, W))>",
            "Each pair with the newest value that the other stream has brought for its key, in this tick or before.",
            "Every pair of both sides crosses the exchange; a look-up in the state a pair, a clone of the right value a result. The state grows with the keys of the right side.",
        ),
        OpKind::LeftOuterJoinLatest => by_key(
            "left_outer_join_latest",
            &[Stream],
            "left_outer_join_latest(Stream<(K, W)>) -> Stream<(K, (V, Option<W>))>",
            "As join_latest; a pair whose key has no value yet comes with `None`.",
            "As join_latest.",
        ),
        OpKind::UpdateStateByKey => by_key(
            "update_state_by_key",
            &[Function(2), OptionalValue],
            "update_state_by_key((&[V], Option<S>) -> Option<S> [, initial]) -> Stream<(K, S)>",
            "Every known key with its state, every tick: what the closure makes of its new values and its old state; `None` forgets the key.",
            "Every pair crosses the exchange; a call and a clone of key and state for *every* key, each tick.",
        ),
        OpKind::UpdateStateByKeyWith => by_key(
            "update_state_by_key_with",
            &[Function(4), OptionalValue],
            "update_state_by_key_with((&K, &[V], Option<S>, Tick) -> Option<S> [, initial]) -> Stream<(K, S)>",
            "As update_state_by_key; the closure gets the key and the tick too.",
            "As update_state_by_key.",
        ),
        OpKind::MapWithState => by_key(
            "map_with_state",
            &[Function(3), OptionalValue],
            "map_with_state((&K, Option<V>, &mut State<S>) -> Option<U> [, StateSpec]) -> Stream<U>",
            "What the closure makes of each pair and the state of its key, where it is `Some`; it is also called for keys that time out.",
            "Every pair crosses the exchange; a look-up in the state a record. Keys without new values cost nothing.",
        ),
        OpKind::MapWithStateAndSnapshots => OpSpec {
            outputs: 2,
            ..by_key(
                "map_with_state_and_snapshots",
                &[Function(3), OptionalValue],
                "map_with_state_and_snapshots((&K, Option<V>, &mut State<S>) -> Option<U> [, StateSpec]) -> (Stream<U>, Stream<(K, S)>)",
                "As map_with_state, and a second stream: every key with its state, every tick.",
                "As map_with_state, and a clone of every key and state, each tick.",
            )
        },
        OpKind::DropDuplicates => OpSpec {
            keyed: false,
            combines: true,
            ..by_key(
                "drop_duplicates",
                &[OptionalValue],
                "drop_duplicates(Duration) -> Stream<T>, or drop_duplicates().unbounded()",
                "Each record that did not come before, within so much time.",
                "As distinct, and a look-up in the state for each different record of the tick. The state holds the records of that time.",
            )
        },
        OpKind::DropDuplicatesByKey => by_key(
            "drop_duplicates_by_key",
            &[OptionalValue],
            "drop_duplicates_by_key(Duration) -> Stream<(K, V)>, or drop_duplicates_by_key().unbounded()",
            "Each pair whose key did not come before, within so much time: the first pair of a key.",
            "Every pair crosses the exchange; a look-up in the state a record. The state holds the keys of that time.",
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
