//! The rows of the registry: one for each operator.

mod by_key;
mod event_time;
mod in_time;
mod per_batch;
mod stateful;
mod timed_joins;
mod windowed;

use super::{Arg, Class, Cut, OpKind, OpSpec};

impl OpKind {
    /// This operator's row.
    pub fn spec(self) -> OpSpec {
        use Arg::{Function, OptionalValue, PerRecord, Stream, Value};
        let fused = |name, signature, summary, cost| OpSpec {
            kind: self,
            name,
            class: Class::ElementWise,
            args: &[PerRecord(1)],
            outputs: 1,
            keyed: false,
            stateful: false,
            cut: Cut::None,
            combines: false,
            in_for: true,
            signature,
            summary,
            cost,
        };
        let output = |name, args, signature, summary, cost| OpSpec {
            class: Class::Output,
            args,
            outputs: 0,
            cut: Cut::ToDriver,
            in_for: false,
            ..fused(name, signature, summary, cost)
        };
        match self {
            OpKind::Source => OpSpec {
                class: Class::Root,
                args: &[Value],
                in_for: false,
                ..fused(
                    "source",
                    "source(S) -> Stream<S::Item>",
                    "The stream of what a source delivers.",
                    "What the source costs.",
                )
            },
            OpKind::Map => fused(
                "map",
                "map(T -> U) -> Stream<U>",
                "Each record, changed.",
                "The closure; no clone, no allocation.",
            ),
            OpKind::Filter => fused(
                "filter",
                "filter(&T -> bool) -> Stream<T>",
                "The records for which the closure is true.",
                "The closure and a branch.",
            ),
            OpKind::FlatMap => OpSpec {
                in_for: false,
                ..fused(
                    "flat_map",
                    "flat_map(T -> impl IntoIterator<Item = U>) -> Stream<U>",
                    "All that the closure's iterators yield, in order.",
                    "The closure and its iterator, as a nested loop; nothing is collected.",
                )
            },
            OpKind::FilterMap => fused(
                "filter_map",
                "filter_map(T -> Option<U>) -> Stream<U>",
                "What the closure returns, where it is `Some`.",
                "The closure and a branch.",
            ),
            OpKind::TryMap => OpSpec {
                outputs: 2,
                in_for: false,
                ..fused(
                    "try_map",
                    "try_map(T -> Result<U, E>) -> (Stream<U>, Stream<Bad<T, E>>)",
                    "What the closure returns: the good results, and the bad records with their errors.",
                    "The closure, a branch, and one clone of each record (kept for the case that it is bad).",
                )
            },
            OpKind::MapValues => OpSpec {
                keyed: true,
                ..fused(
                    "map_values",
                    "map_values(V -> W) -> Stream<(K, W)>",
                    "Each pair with its value changed.",
                    "The closure.",
                )
            },
            OpKind::FlatMapValues => OpSpec {
                keyed: true,
                in_for: false,
                ..fused(
                    "flat_map_values",
                    "flat_map_values(V -> impl IntoIterator<Item = W>) -> Stream<(K, W)>",
                    "A pair for each value that the closure's iterators yield, with the key of its own.",
                    "The closure and its iterator, and a clone of the key for each pair.",
                )
            },
            OpKind::FilterValues => OpSpec {
                keyed: true,
                ..fused(
                    "filter_values",
                    "filter_values(&V -> bool) -> Stream<(K, V)>",
                    "The pairs for whose values the closure is true.",
                    "The closure and a branch.",
                )
            },
            OpKind::KeyBy => OpSpec {
                in_for: false,
                ..fused(
                    "key_by",
                    "key_by(T -> K) -> Stream<(K, T)>",
                    "Each record with its key before it.",
                    "The closure and one clone of the record (free for `Copy` types).",
                )
            },
            OpKind::Keys => OpSpec {
                args: &[],
                keyed: true,
                in_for: false,
                ..fused("keys", "keys() -> Stream<K>", "The key of each pair.", "Nothing.")
            },
            OpKind::Values => OpSpec {
                args: &[],
                keyed: true,
                in_for: false,
                ..fused("values", "values() -> Stream<V>", "The value of each pair.", "Nothing.")
            },
            OpKind::Flatten => OpSpec {
                args: &[],
                in_for: false,
                ..fused(
                    "flatten",
                    "flatten() -> Stream<T::Item>",
                    "The items of each record, which is a collection, an `Option` or an iterator.",
                    "A nested loop; nothing is collected.",
                )
            },
            OpKind::Words => OpSpec {
                args: &[],
                in_for: false,
                ..fused(
                    "words",
                    "words() -> Stream<&str>",
                    "The words of each text, as `split_whitespace` gives them.",
                    "A pass over blocks of 64 bytes; no copy, no allocation.",
                )
            },
            OpKind::WordsAscii => OpSpec {
                args: &[],
                in_for: false,
                ..fused(
                    "words_ascii",
                    "words_ascii() -> Stream<&str>",
                    "The words of each text, as `split_ascii_whitespace` gives them.",
                    "As words; other scripts' spaces are not looked for.",
                )
            },
            OpKind::Inspect => fused(
                "inspect",
                "inspect(&T) -> Stream<T>",
                "The same records; the closure sees each of them pass.",
                "The closure.",
            ),
            OpKind::Split => OpSpec {
                outputs: 2,
                in_for: false,
                ..fused(
                    "split",
                    "split(&T -> bool) -> (Stream<T>, Stream<T>)",
                    "Two streams: the records for which the closure is true, and the others.",
                    "The closure, once, and a branch.",
                )
            },
            OpKind::Union => OpSpec {
                args: &[Stream],
                cut: Cut::IfApart,
                in_for: false,
                ..fused(
                    "union",
                    "union(Stream<T>) -> Stream<T>",
                    "The records of both streams.",
                    "Streams of one head: a small buffer on the stack. Of different heads: their records become owned.",
                )
            },
            OpKind::JoinTable => OpSpec {
                args: &[Value],
                keyed: true,
                in_for: false,
                ..fused(
                    "join_table",
                    "join_table(&Table<K, W>) -> Stream<(K, (V, W))>",
                    "Each pair with each match in a table that was read once.",
                    "One look-up a record; for each match a clone of the key and of both values. No exchange.",
                )
            },
            OpKind::LeftOuterJoinTable => OpSpec {
                args: &[Value],
                keyed: true,
                in_for: false,
                ..fused(
                    "left_outer_join_table",
                    "left_outer_join_table(&Table<K, W>) -> Stream<(K, (V, Option<W>))>",
                    "As join_table; a pair without a match comes once, with `None`.",
                    "As join_table.",
                )
            },
            OpKind::Repeat => OpSpec {
                args: &[Value],
                in_for: false,
                ..fused(
                    "for",
                    "for _ in RANGE { s = s.map(f); }",
                    "The body's operators, repeated for each record; a loop inside the stage.",
                    "A loop inside the stage: the plan does not grow with the count.",
                )
            },
            OpKind::ReduceByKey
            | OpKind::FoldByKey
            | OpKind::AggregateByKey
            | OpKind::GroupByKey
            | OpKind::Distinct
            | OpKind::Join
            | OpKind::LeftOuterJoin
            | OpKind::RightOuterJoin
            | OpKind::FullOuterJoin
            | OpKind::LeftSemiJoin
            | OpKind::LeftAntiJoin
            | OpKind::Cogroup => by_key::row(self),
            OpKind::Count => OpSpec {
                class: Class::PerBatch,
                args: &[],
                cut: Cut::ToOne,
                combines: true,
                in_for: false,
                ..fused(
                    "count",
                    "count() -> Stream<u64>",
                    "One number a tick: how many records it had (0 for none).",
                    "An addition a record.",
                )
            },
            OpKind::CountByValue => OpSpec {
                class: Class::PerBatch,
                args: &[],
                cut: Cut::ByKey,
                combines: true,
                in_for: false,
                ..fused(
                    "count_by_value",
                    "count_by_value() -> Stream<(T, u64)>",
                    "Each distinct record of the tick with how often it came.",
                    "As reduce_by_key.",
                )
            },
            OpKind::MapAsync
            | OpKind::Reduce
            | OpKind::Fold
            | OpKind::Aggregate
            | OpKind::SortByKey
            | OpKind::Top
            | OpKind::Chunks
            | OpKind::MapPartitions
            | OpKind::Repartition
            | OpKind::Transform
            | OpKind::TransformWith => per_batch::row(self),
            OpKind::RunningCount
            | OpKind::RunningReduce
            | OpKind::RunningFold
            | OpKind::JoinLatest
            | OpKind::LeftOuterJoinLatest
            | OpKind::UpdateStateByKey
            | OpKind::UpdateStateByKeyWith
            | OpKind::MapWithState
            | OpKind::MapWithStateAndSnapshots
            | OpKind::DropDuplicates
            | OpKind::DropDuplicatesByKey => stateful::row(self),
            OpKind::Window
            | OpKind::CountByWindow
            | OpKind::ReduceByWindow
            | OpKind::ReduceByWindowWithInverse
            | OpKind::ReduceByKeyAndWindow
            | OpKind::ReduceByKeyAndWindowWithInverse
            | OpKind::GroupByKeyAndWindow
            | OpKind::CountByValueAndWindow => windowed::row(self),
            OpKind::WindowedJoin
            | OpKind::WindowedLeftOuterJoin
            | OpKind::WindowedRightOuterJoin
            | OpKind::WindowedFullOuterJoin
            | OpKind::WindowedLeftSemiJoin
            | OpKind::WindowedCogroup
            | OpKind::IntervalJoin
            | OpKind::LeftOuterIntervalJoin
            | OpKind::RightOuterIntervalJoin
            | OpKind::FullOuterIntervalJoin
            | OpKind::LeftSemiIntervalJoin => timed_joins::row(self),
            OpKind::EventTime
            | OpKind::Tumbling
            | OpKind::Sliding
            | OpKind::Session
            | OpKind::Global
            | OpKind::WindowedCount
            | OpKind::WindowedReduce
            | OpKind::WindowedFold
            | OpKind::WindowedAggregate
            | OpKind::WindowedTop
            | OpKind::WindowedCollect
            | OpKind::WindowedCountByKey
            | OpKind::WindowedReduceByKey
            | OpKind::WindowedFoldByKey
            | OpKind::WindowedAggregateByKey
            | OpKind::WindowedGroupByKey
            | OpKind::DropDuplicatesWithinWatermark
            | OpKind::DropDuplicatesByKeyWithinWatermark
            | OpKind::Sessionize => event_time::row(self),
            OpKind::JoinAsOf | OpKind::LeftOuterJoinAsOf | OpKind::Lag | OpKind::Delta => in_time::row(self),
            OpKind::Print => output(
                "print",
                &[OptionalValue],
                "print(n = 10)",
                "Prints the first n records of every tick under the batch time.",
                "n + 1 records a task reach the driver; the others go no further than their task.",
            ),
            OpKind::ForEach => output(
                "for_each",
                &[Function(1)],
                "for_each(T)",
                "Calls the closure with every record, on the driver, in order.",
                "Every record becomes owned and crosses to the driver's thread.",
            ),
            OpKind::ForEachPartition => output(
                "for_each_partition",
                &[Function(3)],
                "for_each_partition((Vec<T>, usize, Tick))",
                "Calls the closure once for each partition of a tick with its records, on the thread that made them.",
                "Every record becomes owned; nothing crosses to another thread.",
            ),
            OpKind::ForEachBatch => output(
                "for_each_batch",
                &[Function(2)],
                "for_each_batch((Vec<T>, Tick))",
                "Calls the closure once a tick with all its records and the tick's number and time.",
                "Every record becomes owned and crosses to the driver's thread.",
            ),
            OpKind::SaveAsTextFiles => output(
                "save_as_text_files",
                &[Value, OptionalValue],
                "save_as_text_files(prefix, suffix = \"\")",
                "Writes every tick as a folder of text files, `PREFIX-TIME`, which becomes visible as a whole.",
                "Every record becomes owned and is written by the driver's thread; a few syncs to disk a tick.",
            ),
            OpKind::Sink => output(
                "sink",
                &[Value],
                "sink(impl Sink<T>)",
                "Hands every tick to a sink: begin, write, commit.",
                "Every record becomes owned; then what the sink costs.",
            ),
        }
    }
}
