//! The registry of operators: one row for each, read by the checker, the code generator, the renderers and
//! the book. A new operator starts here; every `match` on [`OpKind`] then asks for its part.

mod kinds;
mod modifier;
mod rows;

pub use modifier::{Modifier, ModifierArg, ModifierSpec};

/// What an operator is. The registry's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpKind {
    /// `source(S)`: the root of a stream.
    Source,
    Map,
    Filter,
    FlatMap,
    FilterMap,
    TryMap,
    MapValues,
    FlatMapValues,
    FilterValues,
    KeyBy,
    Keys,
    Values,
    Flatten,
    Words,
    WordsAscii,
    Inspect,
    MapAsync,
    Split,
    Union,
    JoinTable,
    LeftOuterJoinTable,
    /// `for _ in range { s = s.map(f); }`: a loop over element-wise operators inside one stage.
    Repeat,
    ReduceByKey,
    FoldByKey,
    AggregateByKey,
    GroupByKey,
    Distinct,
    Join,
    LeftOuterJoin,
    RightOuterJoin,
    FullOuterJoin,
    LeftSemiJoin,
    LeftAntiJoin,
    Cogroup,
    Count,
    CountByValue,
    Reduce,
    Fold,
    Aggregate,
    SortByKey,
    Top,
    Chunks,
    MapPartitions,
    Repartition,
    Transform,
    TransformWith,
    RunningCount,
    RunningReduce,
    RunningFold,
    JoinLatest,
    LeftOuterJoinLatest,
    UpdateStateByKey,
    UpdateStateByKeyWith,
    MapWithState,
    MapWithStateAndSnapshots,
    DropDuplicates,
    DropDuplicatesByKey,
    Window,
    CountByWindow,
    ReduceByWindow,
    ReduceByWindowWithInverse,
    ReduceByKeyAndWindow,
    ReduceByKeyAndWindowWithInverse,
    GroupByKeyAndWindow,
    CountByValueAndWindow,
    EventTime,
    Tumbling,
    Sliding,
    Session,
    Global,
    WindowedCount,
    WindowedReduce,
    WindowedFold,
    WindowedAggregate,
    WindowedTop,
    WindowedCollect,
    WindowedCountByKey,
    WindowedReduceByKey,
    WindowedFoldByKey,
    WindowedAggregateByKey,
    WindowedGroupByKey,
    WindowedJoin,
    WindowedLeftOuterJoin,
    WindowedRightOuterJoin,
    WindowedFullOuterJoin,
    WindowedLeftSemiJoin,
    WindowedCogroup,
    DropDuplicatesWithinWatermark,
    DropDuplicatesByKeyWithinWatermark,
    JoinAsOf,
    LeftOuterJoinAsOf,
    IntervalJoin,
    LeftOuterIntervalJoin,
    RightOuterIntervalJoin,
    FullOuterIntervalJoin,
    LeftSemiIntervalJoin,
    Sessionize,
    Lag,
    Delta,
    Print,
    ForEach,
    ForEachPartition,
    ForEachBatch,
    SaveAsTextFiles,
    Sink,
}

/// The group that an operator is listed under in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Makes a stream.
    Root,
    /// Looks at one record at a time; fused, no exchange (`map_async` ends its stage in place).
    ElementWise,
    /// Looks at all records of one tick.
    PerBatch,
    /// Keeps something from tick to tick.
    Stateful,
    /// Looks at the records of the last ticks, every so often.
    Windowed,
    /// Goes by the time that records speak of.
    EventTime,
    /// Takes records out of the pipeline.
    Output,
}

/// How an operator's input reaches it: where the graph is cut into stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Not at all: the operator is fused into the stage of its input.
    None,
    /// To the partition that owns the key's group.
    ByKey,
    /// To one partition.
    ToOne,
    /// Each task's records stay together: one task goes on with those of one.
    InPlace,
    /// One record after the other to the next of a number of tasks.
    RoundRobin,
    /// To the driver, in tick order.
    ToDriver,
    /// Not cut where all inputs share a stage; else the stages of all inputs end here.
    IfApart,
}

/// What stands between an operator's parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A closure or function with this many parameters, called once a record, inlined into the stage.
    PerRecord(usize),
    /// A closure or function with this many parameters, handed to the operator as it is.
    Function(usize),
    /// Another stream.
    Stream,
    /// An ordinary value, evaluated once where `stream!` stands.
    Value,
    /// As [`Arg::Value`], and may be left out.
    OptionalValue,
    /// As [`Arg::Function`], and may be left out.
    OptionalFunction(usize),
}

/// A row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct OpSpec {
    pub kind: OpKind,
    /// The method's name in the DSL.
    pub name: &'static str,
    pub class: Class,
    pub args: &'static [Arg],
    /// How many streams come out: 0, 1 or 2.
    pub outputs: usize,
    /// Takes pairs `(key, value)`.
    pub keyed: bool,
    /// Keeps state from tick to tick.
    pub stateful: bool,
    pub cut: Cut,
    /// Combines on the map side, before the exchange.
    pub combines: bool,
    /// May stand in the body of a `for`: at most one record out for each one in.
    pub in_for: bool,
    /// Its signature, as the reference prints it.
    pub signature: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it costs, in a line.
    pub cost: &'static str,
}

impl OpKind {
    /// Every operator, in the order of the reference.
    pub const ALL: &'static [OpKind] = &[
        OpKind::Source,
        OpKind::Map,
        OpKind::Filter,
        OpKind::FlatMap,
        OpKind::FilterMap,
        OpKind::TryMap,
        OpKind::MapValues,
        OpKind::FlatMapValues,
        OpKind::FilterValues,
        OpKind::KeyBy,
        OpKind::Keys,
        OpKind::Values,
        OpKind::Flatten,
        OpKind::Words,
        OpKind::WordsAscii,
        OpKind::Inspect,
        OpKind::MapAsync,
        OpKind::Split,
        OpKind::Union,
        OpKind::JoinTable,
        OpKind::LeftOuterJoinTable,
        OpKind::Repeat,
        OpKind::ReduceByKey,
        OpKind::FoldByKey,
        OpKind::AggregateByKey,
        OpKind::GroupByKey,
        OpKind::Distinct,
        OpKind::Join,
        OpKind::LeftOuterJoin,
        OpKind::RightOuterJoin,
        OpKind::FullOuterJoin,
        OpKind::LeftSemiJoin,
        OpKind::LeftAntiJoin,
        OpKind::Cogroup,
        OpKind::Count,
        OpKind::CountByValue,
        OpKind::Reduce,
        OpKind::Fold,
        OpKind::Aggregate,
        OpKind::SortByKey,
        OpKind::Top,
        OpKind::Chunks,
        OpKind::MapPartitions,
        OpKind::Repartition,
        OpKind::Transform,
        OpKind::TransformWith,
        OpKind::RunningCount,
        OpKind::RunningReduce,
        OpKind::RunningFold,
        OpKind::JoinLatest,
        OpKind::LeftOuterJoinLatest,
        OpKind::UpdateStateByKey,
        OpKind::UpdateStateByKeyWith,
        OpKind::MapWithState,
        OpKind::MapWithStateAndSnapshots,
        OpKind::DropDuplicates,
        OpKind::DropDuplicatesByKey,
        OpKind::Window,
        OpKind::CountByWindow,
        OpKind::ReduceByWindow,
        OpKind::ReduceByWindowWithInverse,
        OpKind::ReduceByKeyAndWindow,
        OpKind::ReduceByKeyAndWindowWithInverse,
        OpKind::GroupByKeyAndWindow,
        OpKind::CountByValueAndWindow,
        OpKind::EventTime,
        OpKind::Tumbling,
        OpKind::Sliding,
        OpKind::Session,
        OpKind::Global,
        OpKind::WindowedCount,
        OpKind::WindowedReduce,
        OpKind::WindowedFold,
        OpKind::WindowedAggregate,
        OpKind::WindowedTop,
        OpKind::WindowedCollect,
        OpKind::WindowedCountByKey,
        OpKind::WindowedReduceByKey,
        OpKind::WindowedFoldByKey,
        OpKind::WindowedAggregateByKey,
        OpKind::WindowedGroupByKey,
        OpKind::WindowedJoin,
        OpKind::WindowedLeftOuterJoin,
        OpKind::WindowedRightOuterJoin,
        OpKind::WindowedFullOuterJoin,
        OpKind::WindowedLeftSemiJoin,
        OpKind::WindowedCogroup,
        OpKind::DropDuplicatesWithinWatermark,
        OpKind::DropDuplicatesByKeyWithinWatermark,
        OpKind::JoinAsOf,
        OpKind::LeftOuterJoinAsOf,
        OpKind::IntervalJoin,
        OpKind::LeftOuterIntervalJoin,
        OpKind::RightOuterIntervalJoin,
        OpKind::FullOuterIntervalJoin,
        OpKind::LeftSemiIntervalJoin,
        OpKind::Sessionize,
        OpKind::Lag,
        OpKind::Delta,
        OpKind::Print,
        OpKind::ForEach,
        OpKind::ForEachPartition,
        OpKind::ForEachBatch,
        OpKind::SaveAsTextFiles,
        OpKind::Sink,
    ];

    /// The operator that users call `name`, if there is one.
    pub fn by_name(name: &str) -> Option<OpKind> {
        Self::ALL.iter().copied().find(|k| {
            k.spec().name == name && !k.is_windowed() && !matches!(k, OpKind::Source | OpKind::Repeat)
        })
    }

    /// The aggregate of windows that users call `name`, if there is one.
    pub fn windowed_by_name(name: &str) -> Option<OpKind> {
        Self::ALL.iter().copied().find(|k| k.spec().name == name && k.is_windowed())
    }

    /// The method's name in the DSL.
    pub fn name(self) -> &'static str {
        self.spec().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_row() {
        for (i, kind) in OpKind::ALL.iter().enumerate() {
            assert_eq!(kind.spec().kind, *kind);
            assert_eq!(*kind as usize, i, "{kind:?} stands out of order in ALL");
        }
        let mut names: Vec<_> = OpKind::ALL.iter().map(|k| (k.is_windowed(), k.name())).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), OpKind::ALL.len(), "two operators share a name");
    }

    #[test]
    fn users_find_operators_by_name_but_not_source_and_for() {
        assert_eq!(OpKind::by_name("reduce_by_key"), Some(OpKind::ReduceByKey));
        assert_eq!(OpKind::by_name("source"), None);
        assert_eq!(OpKind::by_name("for"), None);
        assert_eq!(OpKind::by_name("count_by_key"), None);
        assert_eq!(OpKind::windowed_by_name("count"), Some(OpKind::WindowedCount));
    }
}
