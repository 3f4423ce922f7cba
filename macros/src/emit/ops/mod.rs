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
pub use of_windows::AGGREGATES;
pub use print::DEFAULT_LENGTH;
pub use save_as_text_files::DEFAULT_SUFFIX;

use parts::{argument, function, function_at, method, next, pair, place};
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::stage::{Emitter, Exit};
use crate::ir::{Graph, NodeId, OpKind};
use crate::names;

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
        | OpKind::Aggregate
        | OpKind::Print
        | OpKind::ForEach
        | OpKind::ForEachPartition
        | OpKind::ForEachBatch
        | OpKind::SaveAsTextFiles
        | OpKind::Sink => unreachable!("the registry says that this operator cuts"),
    }
}

/// The runtime's type for the tail that feeds an operator across a cut.
pub fn tail_type(graph: &Graph, node: NodeId) -> TokenStream {
    let n = &graph.nodes[node];
    let at = names::glue(n.op.span());
    let rt = graph.rt(at);
    match n.kind {
        OpKind::ReduceByKey | OpKind::RunningReduce | OpKind::AggregateByKey if n.is_exact() => {
            quote_spanned!(at=> #rt::Scatter<_, _>)
        }
        OpKind::Reduce | OpKind::Aggregate if n.is_exact() => quote_spanned!(at=> #rt::Give<_>),
        OpKind::ReduceByKey | OpKind::ReduceByKeyAndWindow | OpKind::ReduceByKeyAndWindowWithInverse => {
            quote_spanned!(at=> #rt::Combine<_, _, _>)
        }
        OpKind::RunningReduce => quote_spanned!(at=> #rt::CombineNear<_, _, _>),
        OpKind::AggregateByKey => quote_spanned!(at=> #rt::Aggregate<_, _, _, _>),
        OpKind::Distinct | OpKind::DropDuplicates => quote_spanned!(at=> #rt::Distinct<_>),
        OpKind::FoldByKey
        | OpKind::GroupByKey
        | OpKind::Join
        | OpKind::LeftOuterJoin
        | OpKind::RightOuterJoin
        | OpKind::FullOuterJoin
        | OpKind::LeftSemiJoin
        | OpKind::LeftAntiJoin
        | OpKind::Cogroup
        | OpKind::RunningFold
        | OpKind::UpdateStateByKey
        | OpKind::UpdateStateByKeyWith
        | OpKind::MapWithState
        | OpKind::MapWithStateAndSnapshots
        | OpKind::DropDuplicatesByKey
        | OpKind::GroupByKeyAndWindow => quote_spanned!(at=> #rt::Scatter<_, _>),
        OpKind::Count | OpKind::CountByWindow => quote_spanned!(at=> #rt::Count),
        OpKind::CountByValue | OpKind::CountByValueAndWindow => quote_spanned!(at=> #rt::CountValues<_>),
        OpKind::RunningCount => quote_spanned!(at=> #rt::CountNear<_>),
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
        | OpKind::WindowedGroupByKey => of_windows::tail_type(graph, node),
        OpKind::DropDuplicatesWithinWatermark | OpKind::DropDuplicatesByKeyWithinWatermark => {
            quote_spanned!(at=> #rt::Scatter<_, _>)
        }
        OpKind::Fold => quote_spanned!(at=> #rt::Give<_>),
        OpKind::Aggregate => quote_spanned!(at=> #rt::AggregateAll<_, _, _>),
        OpKind::Reduce | OpKind::ReduceByWindow | OpKind::ReduceByWindowWithInverse => {
            quote_spanned!(at=> #rt::ReduceAll<_, _>)
        }
        OpKind::Top => top::tail_type(graph, node),
        OpKind::SortByKey => quote_spanned!(at=> #rt::Sort<_, _>),
        OpKind::TransformWith => quote_spanned!(at=> #rt::Give<_>),
        OpKind::Transform => quote_spanned!(at=> #rt::Give<_>),
        OpKind::Repartition => quote_spanned!(at=> #rt::Deal<_>),
        OpKind::MapPartitions => quote_spanned!(at=> #rt::Give<_>),
        OpKind::Chunks | OpKind::Window => quote_spanned!(at=> #rt::Give<_>),
        OpKind::MapAsync => quote_spanned!(at=> #rt::Give<_>),
        OpKind::Print => quote_spanned!(at=> #rt::First<_>),
        OpKind::ForEachPartition => quote_spanned!(at=> #rt::PerPartition<_, _>),
        OpKind::ForEach | OpKind::ForEachBatch | OpKind::SaveAsTextFiles | OpKind::Sink | OpKind::Union => {
            quote_spanned!(at=> #rt::Give<_>)
        }
        OpKind::Source
        | OpKind::Map
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

/// The record in `item` leaves the stage for `node`.
pub fn push(cx: &Emitter<'_>, node: NodeId, input: usize, item: &Ident) -> TokenStream {
    let n = &cx.graph.nodes[node];
    let at = names::glue(n.op.span());
    let rt = cx.graph.rt(at);
    let tail = names::tail(node, input, n.op.span());
    match n.kind {
        kind if kind.is_windowed() => of_windows::push(cx, node, item),
        OpKind::DropDuplicatesWithinWatermark => {
            let time = of_windows::time(cx, node);
            quote_spanned!(at=> #tail.push(#item, (#time, ()));)
        }
        OpKind::DropDuplicatesByKeyWithinWatermark => {
            let time = of_windows::time(cx, node);
            quote_spanned!(at=> let (__key, __value) = #rt::pair(#item); #tail.push(__key, (#time, #rt::own!(__value)));)
        }
        OpKind::ReduceByKey | OpKind::RunningReduce if n.is_exact() => pair(at, &rt, &tail, item),
        // These make a key of it, or only count it.
        OpKind::ReduceByKey
        | OpKind::Count
        | OpKind::CountByValue
        | OpKind::Distinct
        | OpKind::RunningReduce
        | OpKind::DropDuplicates
        | OpKind::CountByWindow
        | OpKind::ReduceByKeyAndWindow
        | OpKind::ReduceByKeyAndWindowWithInverse
        | OpKind::CountByValueAndWindow => {
            quote_spanned!(at=> #tail.push(#item);)
        }
        OpKind::RunningCount => quote_spanned!(at=> let (__key, _) = #rt::pair(#item); #tail.push(__key);),
        // Of the right side only the key counts.
        OpKind::LeftSemiJoin | OpKind::LeftAntiJoin if input == 1 => {
            quote_spanned!(at=> let (__key, _) = #rt::pair(#item); #tail.push(__key, ());)
        }
        OpKind::FoldByKey
        | OpKind::AggregateByKey
        | OpKind::GroupByKey
        | OpKind::Join
        | OpKind::LeftOuterJoin
        | OpKind::RightOuterJoin
        | OpKind::FullOuterJoin
        | OpKind::LeftSemiJoin
        | OpKind::LeftAntiJoin
        | OpKind::Cogroup
        | OpKind::RunningFold
        | OpKind::UpdateStateByKey
        | OpKind::UpdateStateByKeyWith
        | OpKind::MapWithState
        | OpKind::MapWithStateAndSnapshots
        | OpKind::DropDuplicatesByKey
        | OpKind::GroupByKeyAndWindow => pair(at, &rt, &tail, item),
        // What is no pair is said before it is owned.
        OpKind::SortByKey => quote_spanned!(at=> #tail.push(#rt::own!(#rt::pair(#item)));),
        _ => quote_spanned!(at=> #tail.push(#rt::own!(#item));),
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
        | OpKind::Cogroup => join::attach(graph, node),
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
