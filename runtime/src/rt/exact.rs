//! The builder's calls for reductions that are `.exact()`: all records cross, and meet in their order.

use millstream_plan::NodeId;

use super::stateful::GROWS;
use super::{Builder, Stream};
use crate::batch::{Data, Rows};
use crate::exchange::{Give, Handle, Reducer, Scatter};
use crate::key::Key;
use crate::op::fold_by_key::FoldByKey;
use crate::op::reduce::ReduceInOrder;
use crate::op::running_fold::RunningFold;
use crate::pipeline::HeadTasks;
use crate::state::{StateData, StateKey};

/// The fold of a reduction: the first value is what there is.
fn reducing<V, F: Fn(V, V) -> V>(node: NodeId, function: F) -> impl Fn(Option<V>, V) -> V {
    let reducer = Reducer { node, function };
    move |so_far, value| match so_far {
        Some(so_far) => reducer.call(so_far, value),
        None => value,
    }
}

impl<'env> Builder<'env> {
    pub fn reduce_by_key_exact<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
    ) -> Stream<Rows<(K, V)>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
        F: Fn(V, V) -> V + Send + Sync + 'env,
    {
        let fold = FoldByKey::<K, V, V, _>::new(reducing(node, function));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], fold)
    }

    /// The function that merges has nothing to do.
    pub fn aggregate_by_key_exact<K, V, A, F, M>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        init: A,
        function: F,
        _merge: M,
    ) -> Stream<Rows<(K, A)>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
        A: Data + Clone + Sync,
        F: Fn(A, V) -> A + Send + Sync + 'env,
        M: Fn(A, A) -> A + Send + Sync + 'env,
    {
        self.fold_by_key(node, tail, init, function)
    }

    pub fn running_reduce_exact<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
    ) -> Stream<Rows<(K, V)>>
    where
        K: StateKey,
        V: StateData,
        F: Fn(V, V) -> V + Send + Sync + 'env,
    {
        self.plan.set_detail(node, GROWS.into());
        let fold = RunningFold::<K, V, V, _>::new(reducing(node, function));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], fold)
    }

    pub fn reduce_exact<T, F>(&mut self, node: NodeId, tail: &Handle<Give<T>>, function: F) -> Stream<Rows<T>>
    where
        T: Data,
        F: Fn(T, T) -> T + Send + Sync + 'env,
    {
        let reduce = ReduceInOrder::<T, F>::new(Reducer { node, function });
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], reduce)
    }

    /// The function that merges has nothing to do.
    pub fn aggregate_exact<T, A, F, C>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        init: A,
        function: F,
        _combine: C,
    ) -> Stream<Rows<A>>
    where
        T: Data,
        A: Data + Clone + Sync,
        F: Fn(A, T) -> A + Send + Sync + 'env,
        C: Fn(A, A) -> A + Send + Sync + 'env,
    {
        self.fold(node, tail, init, function)
    }
}
