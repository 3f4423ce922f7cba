//! One file an operator: its code inside a stage, at a stage's end, and where the builder attaches it.

mod aggregate;
mod aggregate_by_key;
mod chunks;
mod count;
mod count_by_value;
mod distinct;
mod drop_duplicates;
mod event_time;
mod filter;
mod filter_map;
mod filter_values;
mod flat_map;
mod flat_map_values;
mod flatten;
mod fold;
mod fold_by_key;
mod for_each;
mod group_by_key;
mod inspect;
mod join;
mod join_table;
mod key_by;
mod keys;
mod map;
mod map_async;
mod map_partitions;
mod map_values;
mod map_with_state;
mod of_time;
mod of_windows;
mod parts;
mod print;
mod reduce;
mod reduce_by_key;
mod repartition;
mod repeat;
mod running_count;
mod running_fold;
mod running_reduce;
mod save_as_text_files;
mod sink;
mod sort_by_key;
mod source;
mod split;
mod tails;
mod timed_joins;
mod top;
mod transform;
mod transform_with;
mod try_map;
mod union;
mod update_state_by_key;
mod values;
mod windowed;

mod words;

pub use event_time::{clock, time_of_result};
pub use join_table::{now as table_now, table};
pub use of_windows::AGGREGATES;
pub use print::DEFAULT_LENGTH;
pub use save_as_text_files::DEFAULT_SUFFIX;
pub use tails::{push, tail_type};

use parts::{argument, function, function_at, method, next, place};
use proc_macro2::{Ident, TokenStream};

use super::stage::{Emitter, Exit};
use crate::ir::{Graph, NodeId, OpKind};

/// An operator's code inside a stage; the record is in `item`, and came through the `input`-th input.
pub fn fused(cx: &Emitter<'_>, node: NodeId, input: usize, item: &Ident, exit: &Exit) -> TokenStream {
    match cx.graph.nodes[node].kind {
        OpKind::Map => map::fused(cx, node, item, exit),
        OpKind::Filter => filter::fused(cx, node, item, exit),
        OpKind::FlatMap => flat_map::fused(cx, node, item),
        OpKind::FilterMap => filter_map::fused(cx, node, item, exit),
        OpKind::TryMap => try_map::fused(cx, node, item, exit),
        OpKind::MapValues => map_values::fused(cx, node, item, exit),
        OpKind::FlatMapValues => flat_map_values::fused(cx, node, item),
        OpKind::FilterValues => filter_values::fused(cx, node, item, exit),
        OpKind::Keys => keys::fused(cx, node, item, exit),
        OpKind::Values => values::fused(cx, node, item, exit),
        OpKind::Flatten => flatten::fused(cx, node, item),
        OpKind::Words | OpKind::WordsAscii => words::fused(cx, node, item),
        OpKind::KeyBy => key_by::fused(cx, node, item, exit),
        OpKind::Inspect => inspect::fused(cx, node, item, exit),
        OpKind::Split => split::fused(cx, node, item, exit),
        OpKind::Union => union::fused(cx, node, input, item),
        OpKind::JoinTable | OpKind::LeftOuterJoinTable => join_table::fused(cx, node, item),
        OpKind::Repeat => repeat::fused(cx, node, item, exit),
        OpKind::EventTime => event_time::fused(cx, node, item, exit),
        OpKind::Tumbling | OpKind::Sliding | OpKind::Session | OpKind::Global => {
            of_windows::fused(cx, node, item, exit)
        }
        OpKind::Source
        | OpKind::ReduceByKey
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
        | OpKind::Cogroup
        | OpKind::Count
        | OpKind::CountByValue
        | OpKind::MapAsync
        | OpKind::Chunks
        | OpKind::MapPartitions
        | OpKind::Repartition
        | OpKind::Transform
        | OpKind::TransformWith
        | OpKind::SortByKey
        | OpKind::Top
        | OpKind::Reduce
        | OpKind::Fold
        | OpKind::RunningCount
        | OpKind::RunningReduce
        | OpKind::RunningFold
        | OpKind::JoinLatest
        | OpKind::LeftOuterJoinLatest
        | OpKind::UpdateStateByKey
        | OpKind::UpdateStateByKeyWith
        | OpKind::MapWithState
        | OpKind::MapWithStateAndSnapshots
        | OpKind::DropDuplicates
        | OpKind::DropDuplicatesByKey
        | OpKind::Window
        | OpKind::CountByWindow
        | OpKind::ReduceByWindow
        | OpKind::ReduceByWindowWithInverse
        | OpKind::ReduceByKeyAndWindow
        | OpKind::ReduceByKeyAndWindowWithInverse
        | OpKind::GroupByKeyAndWindow
        | OpKind::CountByValueAndWindow
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
        | OpKind::WindowedJoin
        | OpKind::WindowedLeftOuterJoin
        | OpKind::WindowedRightOuterJoin
        | OpKind::WindowedFullOuterJoin
        | OpKind::WindowedLeftSemiJoin
        | OpKind::WindowedCogroup
        | OpKind::IntervalJoin
        | OpKind::LeftOuterIntervalJoin
        | OpKind::RightOuterIntervalJoin
        | OpKind::FullOuterIntervalJoin
        | OpKind::LeftSemiIntervalJoin
        | OpKind::JoinAsOf
        | OpKind::LeftOuterJoinAsOf
        | OpKind::Sessionize
        | OpKind::Lag
        | OpKind::Delta
        | OpKind::Aggregate
        | OpKind::Print
        | OpKind::ForEach
        | OpKind::ForEachPartition
        | OpKind::ForEachBatch
        | OpKind::SaveAsTextFiles
        | OpKind::Sink => unreachable!("the registry says that this operator cuts"),
    }
}

/// The builder's call for an operator that heads a stage or ends a chain.
pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    match graph.nodes[node].kind {
        OpKind::Source => source::attach(graph, node),
        OpKind::ReduceByKey => reduce_by_key::attach(graph, node),
        OpKind::FoldByKey => fold_by_key::attach(graph, node),
        OpKind::AggregateByKey => aggregate_by_key::attach(graph, node),
        OpKind::GroupByKey => group_by_key::attach(graph, node),
        OpKind::Distinct => distinct::attach(graph, node),
        OpKind::Join
        | OpKind::LeftOuterJoin
        | OpKind::RightOuterJoin
        | OpKind::FullOuterJoin
        | OpKind::LeftSemiJoin
        | OpKind::LeftAntiJoin
        | OpKind::Cogroup
        | OpKind::JoinLatest
        | OpKind::LeftOuterJoinLatest => join::attach(graph, node),
        OpKind::Count => count::attach(graph, node),
        OpKind::CountByValue => count_by_value::attach(graph, node),
        OpKind::Union => union::attach(graph, node),
        OpKind::Fold => fold::attach(graph, node),
        OpKind::Aggregate => aggregate::attach(graph, node),
        OpKind::Reduce => reduce::attach(graph, node),
        OpKind::Top => top::attach(graph, node),
        OpKind::SortByKey => sort_by_key::attach(graph, node),
        OpKind::TransformWith => transform_with::attach(graph, node),
        OpKind::Transform => transform::attach(graph, node),
        OpKind::Repartition => repartition::attach(graph, node),
        OpKind::MapPartitions => map_partitions::attach(graph, node),
        OpKind::Chunks => chunks::attach(graph, node),
        OpKind::MapAsync => map_async::attach(graph, node),
        OpKind::RunningCount => running_count::attach(graph, node),
        OpKind::RunningReduce => running_reduce::attach(graph, node),
        OpKind::RunningFold => running_fold::attach(graph, node),
        OpKind::UpdateStateByKey | OpKind::UpdateStateByKeyWith => update_state_by_key::attach(graph, node),
        OpKind::MapWithState | OpKind::MapWithStateAndSnapshots => map_with_state::attach(graph, node),
        OpKind::DropDuplicates | OpKind::DropDuplicatesByKey => drop_duplicates::attach(graph, node),
        OpKind::Window
        | OpKind::CountByWindow
        | OpKind::ReduceByWindow
        | OpKind::ReduceByWindowWithInverse
        | OpKind::ReduceByKeyAndWindow
        | OpKind::ReduceByKeyAndWindowWithInverse
        | OpKind::GroupByKeyAndWindow
        | OpKind::CountByValueAndWindow => windowed::attach(graph, node),
        OpKind::WindowedCount
        | OpKind::WindowedReduce
        | OpKind::WindowedFold
        | OpKind::WindowedAggregate
        | OpKind::WindowedTop
        | OpKind::WindowedCollect
        | OpKind::WindowedCountByKey
        | OpKind::WindowedReduceByKey
        | OpKind::WindowedFoldByKey
        | OpKind::WindowedAggregateByKey
        | OpKind::WindowedGroupByKey => of_windows::attach(graph, node),
        OpKind::DropDuplicatesWithinWatermark | OpKind::DropDuplicatesByKeyWithinWatermark => {
            drop_duplicates::attach_timed(graph, node)
        }
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
        | OpKind::LeftSemiIntervalJoin => timed_joins::attach(graph, node),
        OpKind::JoinAsOf | OpKind::LeftOuterJoinAsOf | OpKind::Sessionize | OpKind::Lag | OpKind::Delta => {
            of_time::attach(graph, node)
        }
        OpKind::Print => print::attach(graph, node),
        OpKind::ForEach | OpKind::ForEachPartition | OpKind::ForEachBatch => for_each::attach(graph, node),
        OpKind::SaveAsTextFiles => save_as_text_files::attach(graph, node),
        OpKind::Sink => sink::attach(graph, node),
        OpKind::Map
        | OpKind::Filter
        | OpKind::FlatMap
        | OpKind::FilterMap
        | OpKind::TryMap
        | OpKind::MapValues
        | OpKind::FlatMapValues
        | OpKind::FilterValues
        | OpKind::Keys
        | OpKind::Values
        | OpKind::Flatten
        | OpKind::Words
        | OpKind::WordsAscii
        | OpKind::KeyBy
        | OpKind::Inspect
        | OpKind::Split
        | OpKind::JoinTable
        | OpKind::LeftOuterJoinTable
        | OpKind::EventTime
        | OpKind::Tumbling
        | OpKind::Sliding
        | OpKind::Session
        | OpKind::Global
        | OpKind::Repeat => unreachable!("the registry says that this operator is fused"),
    }
}
