//! Operators on event time: where it comes from, its windows, and what is made of them.

use crate::op::Arg::{Function, OptionalFunction, PerRecord, Value};
use crate::op::{Class, Cut, OpKind, OpSpec};

/// The row of an operator of this group.
pub(super) fn row(kind: OpKind) -> OpSpec {
    let fused = |name, args, signature, summary, cost| OpSpec {
        kind,
        name,
        class: Class::EventTime,
        args,
        outputs: 1,
        keyed: false,
        stateful: false,
        cut: Cut::None,
        combines: false,
        in_for: false,
        signature,
        summary,
        cost,
    };
    let window = |name, args, signature, summary| {
        fused(name, args, signature, summary, "Nothing by itself; its aggregate does the work.")
    };
    let whole = |name, args, signature, summary, cost| OpSpec {
        stateful: true,
        cut: Cut::ToOne,
        ..fused(name, args, signature, summary, cost)
    };
    let by_key = |name, args, signature, summary, cost| OpSpec {
        keyed: true,
        cut: Cut::ByKey,
        ..whole(name, args, signature, summary, cost)
    };
    const TO_ONE: &str = "A look-up in its pane, and the function. What a task's records of a pane come to crosses to one task, or each record where that would change the result. A state for each open pane.";
    const BY_KEY: &str = "A look-up in its pane, and the function. What a task's pairs of a key and pane come to crosses the exchange, or each pair where that would change the result. A state for each key and open pane.";
    const KEPT: &str = "Every pair crosses the exchange, and is kept until its windows are closed.";
    match kind {
        OpKind::EventTime => fused(
            "event_time",
            &[PerRecord(1), Value],
            "event_time(&T -> time, bound) -> Stream<T>",
            "The records as they are, and from here on the closure's result is their time; they may be out of order by the bound.",
            "The closure and a comparison.",
        ),
        OpKind::Tumbling => window(
            "tumbling",
            &[Value],
            "tumbling(length) -> Windowed<T>",
            "Windows of event time, one behind the other. Go on with an aggregate.",
        ),
        OpKind::Sliding => window(
            "sliding",
            &[Value, Value],
            "sliding(length, slide) -> Windowed<T>",
            "Windows of event time that begin at every multiple of the slide, and overlap. Go on with an aggregate.",
        ),
        OpKind::Session => window(
            "session",
            &[Value],
            "session(gap) -> Windowed<T>",
            "Windows of event time that last for as long as records come within the gap; by key, each key has its own. Go on with an aggregate.",
        ),
        OpKind::Global => window(
            "global",
            &[],
            "global() -> Windowed<T>",
            "One window that holds all there is. Go on with an aggregate.",
        ),
        OpKind::WindowedCount => whole(
            "count",
            &[],
            "count() -> Stream<(Window, u64)>",
            "Each window with how many records it has.",
            "A number for each open pane.",
        ),
        OpKind::WindowedReduce => whole(
            "reduce",
            &[Function(2)],
            "reduce((T, T) -> T) -> Stream<(Window, T)>",
            "Each window with its records reduced to one. The function must be associative.",
            TO_ONE,
        ),
        OpKind::WindowedFold => whole(
            "fold",
            &[Value, Function(2)],
            "fold(A, (A, T) -> A) -> Stream<(Window, A)>",
            "Each window with its records folded into one value, in the order in which they came.",
            "Every record crosses to one task. Windows that overlap and sessions keep their records, since nothing tells how two folds become one.",
        ),
        OpKind::WindowedAggregate => whole(
            "aggregate",
            &[Value],
            "aggregate(A) -> Stream<(Window, A::Out)>",
            "Each window with what an aggregate makes of its records, or several at once: (count(), mean(|x| …), top(3)).",
            TO_ONE,
        ),
        OpKind::WindowedTop => whole(
            "top",
            &[Value, OptionalFunction(1)],
            "top(n [, &T -> O]) -> Stream<(Window, Vec<T>)>",
            "Each window with its n largest records, largest first.",
            "A search in the n of its pane, and a clone for those that get into it.",
        ),
        OpKind::WindowedCollect => whole(
            "collect",
            &[],
            "collect() -> Stream<(Window, Vec<T>)>",
            "Each window with all its records, in the order in which they came.",
            "Every record crosses to one task, and is kept until its windows are closed.",
        ),
        OpKind::WindowedCountByKey => by_key(
            "count_by_key",
            &[],
            "count_by_key() -> Stream<(Window, K, u64)>",
            "Each key of each window with how many pairs it has.",
            "What crosses is a number for each key, pane and task. A number for each key and open pane.",
        ),
        OpKind::WindowedReduceByKey => by_key(
            "reduce_by_key",
            &[Function(2)],
            "reduce_by_key((V, V) -> V) -> Stream<(Window, K, V)>",
            "Each key of each window with its values reduced to one. The function must be associative.",
            BY_KEY,
        ),
        OpKind::WindowedFoldByKey => by_key(
            "fold_by_key",
            &[Value, Function(2)],
            "fold_by_key(A, (A, V) -> A) -> Stream<(Window, K, A)>",
            "Each key of each window with its values folded into one, in the order in which they came.",
            "Every pair crosses the exchange. Windows that overlap and sessions keep their values, since nothing tells how two folds become one.",
        ),
        OpKind::WindowedAggregateByKey => by_key(
            "aggregate_by_key",
            &[Value],
            "aggregate_by_key(A) -> Stream<(Window, K, A::Out)>",
            "Each key of each window with what an aggregate makes of its values, or several at once: (count(), mean(|v| …), top(3)).",
            BY_KEY,
        ),
        OpKind::WindowedGroupByKey => by_key(
            "group_by_key",
            &[],
            "group_by_key() -> Stream<(Window, K, Vec<V>)>",
            "Each key of each window with all its values, in the order in which they came.",
            KEPT,
        ),
        OpKind::DropDuplicatesWithinWatermark => OpSpec {
            keyed: false,
            ..by_key(
                "drop_duplicates_within_watermark",
                &[Value],
                "drop_duplicates_within_watermark(remember) -> Stream<T>",
                "The records that did not come before; each is remembered until the watermark is so far behind its time.",
                "Every record crosses the exchange; a look-up in the state. The state holds the records of that time.",
            )
        },
        OpKind::DropDuplicatesByKeyWithinWatermark => by_key(
            "drop_duplicates_by_key_within_watermark",
            &[Value],
            "drop_duplicates_by_key_within_watermark(remember) -> Stream<(K, V)>",
            "The first pair of each key; each is remembered until the watermark is so far behind its time.",
            "Every pair crosses the exchange; a look-up in the state. The state holds the keys of that time.",
        ),
        OpKind::Sessionize => by_key(
            "sessionize",
            &[Value],
            "sessionize(gap) -> Stream<(Window, K, V)>",
            "Each pair with the session that it is in, when that is over; the pairs of a session in the order of their times.",
            KEPT,
        ),
        _ => unreachable!("`OpKind::spec` asks only for operators of this group"),
    }
}
