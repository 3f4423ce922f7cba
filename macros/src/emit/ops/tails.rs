//! The end of a stage: the type of the tail that feeds an operator across a cut, and how a record gets into it.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::parts::pair;
use super::{of_windows, timed_joins, top};
use crate::emit::stage::Emitter;
use crate::ir::{Graph, NodeId, OpKind};
use crate::names;

/// The runtime's type for the tail that feeds an operator across a cut.
pub fn tail_type(graph: &Graph, node: NodeId) -> TokenStream {
    let n = &graph.nodes[node];
    let at = names::glue(n.op.span());
    let rt = graph.rt(at);
    match n.kind {
        OpKind::ReduceByKey
        | OpKind::RunningReduce
        | OpKind::AggregateByKey
        | OpKind::ReduceByKeyAndWindow
        | OpKind::ReduceByKeyAndWindowWithInverse
            if n.is_exact() =>
        {
            quote_spanned!(at=> #rt::Scatter<_, _>)
        }
        OpKind::Reduce | OpKind::Aggregate | OpKind::ReduceByWindow | OpKind::ReduceByWindowWithInverse
            if n.is_exact() =>
        {
            quote_spanned!(at=> #rt::Give<_>)
        }
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
        | OpKind::JoinLatest
        | OpKind::LeftOuterJoinLatest
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
        | OpKind::LeftSemiIntervalJoin => quote_spanned!(at=> #rt::Scatter<_, _>),
        OpKind::DropDuplicatesWithinWatermark
        | OpKind::DropDuplicatesByKeyWithinWatermark
        | OpKind::JoinAsOf
        | OpKind::LeftOuterJoinAsOf
        | OpKind::Sessionize
        | OpKind::Lag
        | OpKind::Delta => {
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
        kind if kind.is_windowed_join() || kind.is_interval_join() => {
            timed_joins::push(cx, node, input, item)
        }
        kind if kind.is_windowed() => of_windows::push(cx, node, item),
        OpKind::DropDuplicatesWithinWatermark => {
            let time = of_windows::time(cx, node, input);
            quote_spanned!(at=> #tail.push(#item, (#time, ()));)
        }
        OpKind::DropDuplicatesByKeyWithinWatermark
        | OpKind::JoinAsOf
        | OpKind::LeftOuterJoinAsOf
        | OpKind::Sessionize
        | OpKind::Lag
        | OpKind::Delta
        | OpKind::MapWithState
        | OpKind::MapWithStateAndSnapshots
            if n.goes_by_event_time() =>
        {
            let time = of_windows::time(cx, node, input);
            quote_spanned!(at=> let (__key, __value) = #rt::pair(#item); #tail.push(__key, (#time, #rt::own!(__value)));)
        }
        OpKind::ReduceByKey
        | OpKind::RunningReduce
        | OpKind::ReduceByKeyAndWindow
        | OpKind::ReduceByKeyAndWindowWithInverse
            if n.is_exact() =>
        {
            pair(at, &rt, &tail, item)
        }
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
        | OpKind::JoinLatest
        | OpKind::LeftOuterJoinLatest
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
