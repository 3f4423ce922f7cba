//! Which sample is whose.

use millstream::prelude::*;
use millstream_plan::OpKind;

use super::{edited, emitted, event_time, in_time, stateful, timed_joins, windowed};

/// A row that is added to the registry wants a sample here.
pub fn of(kind: OpKind) -> [fn() -> Pipeline<'static>; 2] {
    macro_rules! of {
        ($name:ident) => {
            [emitted::$name, edited::$name]
        };
    }
    macro_rules! of_windowed {
        ($name:ident) => {
            [windowed::emitted::$name, windowed::edited::$name]
        };
    }
    macro_rules! of_times {
        ($name:ident) => {
            [event_time::emitted::$name, event_time::edited::$name]
        };
    }
    macro_rules! of_in_time {
        ($name:ident) => {
            [in_time::emitted::$name, in_time::edited::$name]
        };
    }
    macro_rules! of_joins {
        ($name:ident) => {
            [timed_joins::emitted::$name, timed_joins::edited::$name]
        };
    }
    macro_rules! of_stateful {
        ($name:ident) => {
            [stateful::emitted::$name, stateful::edited::$name]
        };
    }
    match kind {
        OpKind::Source | OpKind::Print => of!(source_and_print),
        OpKind::Map => of!(map),
        OpKind::Filter => of!(filter),
        OpKind::FlatMap => of!(flat_map),
        OpKind::FilterMap => of!(filter_map),
        OpKind::TryMap => of!(try_map),
        OpKind::MapValues => of!(map_values),
        OpKind::FlatMapValues => of!(flat_map_values),
        OpKind::FilterValues => of!(filter_values),
        OpKind::KeyBy => of!(key_by),
        OpKind::Keys => of!(keys),
        OpKind::Values => of!(values),
        OpKind::Flatten => of!(flatten),
        OpKind::Inspect => of!(inspect),
        OpKind::Split => of!(split),
        OpKind::Union => of!(union),
        OpKind::Repeat => of!(repeat),
        OpKind::ReduceByKey => of!(reduce_by_key),
        OpKind::FoldByKey => of!(fold_by_key),
        OpKind::AggregateByKey => of!(aggregate_by_key),
        OpKind::GroupByKey => of!(group_by_key),
        OpKind::Distinct => of!(distinct),
        OpKind::Join => of!(join),
        OpKind::LeftOuterJoin
        | OpKind::RightOuterJoin
        | OpKind::FullOuterJoin
        | OpKind::LeftSemiJoin
        | OpKind::LeftAntiJoin => of!(outer_joins),
        OpKind::Cogroup => of!(cogroup),
        OpKind::JoinTable | OpKind::LeftOuterJoinTable => of!(join_table),
        OpKind::Count => of!(count),
        OpKind::CountByValue => of!(count_by_value),
        OpKind::Fold => of!(fold),
        OpKind::Aggregate => of!(aggregate),
        OpKind::Reduce => of!(reduce),
        OpKind::Top => of!(top),
        OpKind::SortByKey => of!(sort_by_key),
        OpKind::TransformWith => of!(transform_with),
        OpKind::Transform => of!(transform),
        OpKind::Repartition => of!(repartition),
        OpKind::MapPartitions => of!(map_partitions),
        OpKind::Chunks => of!(chunks),
        OpKind::MapAsync => of!(map_async),
        OpKind::RunningCount | OpKind::RunningReduce | OpKind::RunningFold => of_stateful!(running),
        OpKind::UpdateStateByKey => of_stateful!(update_state_by_key),
        OpKind::UpdateStateByKeyWith => of_stateful!(update_state_by_key_with),
        OpKind::MapWithState => of_stateful!(map_with_state),
        OpKind::MapWithStateAndSnapshots => of_stateful!(map_with_state_and_snapshots),
        OpKind::DropDuplicates | OpKind::DropDuplicatesByKey => of_stateful!(drop_duplicates),
        OpKind::Window => of_windowed!(window),
        OpKind::CountByWindow => of_windowed!(count_by_window),
        OpKind::ReduceByWindow | OpKind::ReduceByWindowWithInverse => of_windowed!(reduce_by_window),
        OpKind::ReduceByKeyAndWindow => of_windowed!(reduce_by_key_and_window),
        OpKind::ReduceByKeyAndWindowWithInverse => of_windowed!(reduce_by_key_and_window_with_inverse),
        OpKind::GroupByKeyAndWindow => of_windowed!(group_by_key_and_window),
        OpKind::CountByValueAndWindow => of_windowed!(count_by_value_and_window),
        OpKind::DropDuplicatesWithinWatermark | OpKind::DropDuplicatesByKeyWithinWatermark => {
            of_times!(duplicates)
        }
        OpKind::JoinLatest | OpKind::LeftOuterJoinLatest => of_in_time!(latest),
        OpKind::JoinAsOf | OpKind::LeftOuterJoinAsOf => of_in_time!(as_of),
        OpKind::Sessionize => of_in_time!(sessionize),
        OpKind::Lag | OpKind::Delta => of_in_time!(previous),
        OpKind::EventTime | OpKind::Tumbling | OpKind::Sliding | OpKind::Global | OpKind::WindowedCount => {
            of_times!(times)
        }
        OpKind::WindowedReduce
        | OpKind::WindowedFold
        | OpKind::WindowedAggregate
        | OpKind::WindowedTop
        | OpKind::WindowedCollect => of_times!(whole),
        OpKind::Session
        | OpKind::WindowedCountByKey
        | OpKind::WindowedReduceByKey
        | OpKind::WindowedFoldByKey
        | OpKind::WindowedAggregateByKey
        | OpKind::WindowedGroupByKey => of_times!(by_key),
        OpKind::IntervalJoin
        | OpKind::LeftOuterIntervalJoin
        | OpKind::RightOuterIntervalJoin
        | OpKind::FullOuterIntervalJoin
        | OpKind::LeftSemiIntervalJoin => of_joins!(by_interval),
        OpKind::WindowedJoin
        | OpKind::WindowedLeftOuterJoin
        | OpKind::WindowedRightOuterJoin
        | OpKind::WindowedFullOuterJoin
        | OpKind::WindowedLeftSemiJoin
        | OpKind::WindowedCogroup => of_joins!(by_window),
        OpKind::WordsAscii => of!(words_ascii),
        OpKind::Words => of!(words_of_lines),
        OpKind::ForEach => of!(for_each),
        OpKind::ForEachPartition => of!(for_each_partition),
        OpKind::SaveAsTextFiles => of!(save_as_text_files),
        OpKind::ForEachBatch => of!(for_each_batch),
        OpKind::Sink => of!(sink),
    }
}
