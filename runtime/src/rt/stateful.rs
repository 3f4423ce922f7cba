//! The builder's calls for operators that keep state.

use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::exchange::{CombineNear, CountNear, Distinct, Folding, Handle, Reducer, Scatter};
use crate::fused::Two;
use crate::op::drop_duplicates::{DropDuplicates, DropDuplicatesByKey};
use crate::op::map_with_state::{AndSnapshots, MapWithState};
use crate::op::reduce_by_key::with_reducer;
use crate::op::running_fold::RunningFold;
use crate::op::running_reduce::RunningReduce;
use crate::op::update_state_by_key::UpdateStateByKey;
use crate::pipeline::HeadTasks;
use crate::state::{Expiry, Initial, State, StateData, StateKey, StateSpec};
use crate::tick::Tick;

/// What the plan says of state that nothing bounds.
pub(super) const GROWS: &str = "state grows with the keys";

impl<'env> Builder<'env> {
    pub fn running_count<K: StateKey>(
        &mut self,
        node: NodeId,
        tail: &Handle<CountNear<K>>,
    ) -> Stream<Rows<(K, u64)>> {
        self.plan.set_detail(node, GROWS.into());
        let count = RunningReduce::<K, u64, _>::new(|a, b| a + b);
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], count)
    }

    pub fn running_reduce<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<CombineNear<K, V, F>>,
        function: F,
    ) -> Stream<Rows<(K, V)>>
    where
        K: StateKey,
        V: StateData,
        F: Fn(V, V) -> V + Send + Sync + 'env,
    {
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        self.plan.set_detail(node, GROWS.into());
        let merge = RunningReduce::<K, V, _>::new(with_reducer(reducer));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], merge)
    }

    pub fn running_fold<K, V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        init: A,
        function: F,
    ) -> Stream<Rows<(K, A)>>
    where
        K: StateKey,
        V: Data,
        A: StateData + Sync,
        F: Fn(A, V) -> A + Send + Sync + 'env,
    {
        self.plan.set_detail(node, GROWS.into());
        let folding = Folding { init, function: Reducer { node, function } };
        let fold = RunningFold::<K, V, A, _>::new(move |state, value| folding.from(state, value));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], fold)
    }

    pub fn update_state_by_key<K, V, S, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        initial: Initial<K, S>,
    ) -> Stream<Rows<(K, S)>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        F: Fn(&[V], Option<S>) -> Option<S> + Send + Sync + 'env,
    {
        let function = move |_: &K, new: &[V], old: Option<S>, _: Tick| function(new, old);
        self.update_state_by_key_with(node, tail, function, initial)
    }

    pub fn update_state_by_key_with<K, V, S, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        initial: Initial<K, S>,
    ) -> Stream<Rows<(K, S)>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        F: Fn(&K, &[V], Option<S>, Tick) -> Option<S> + Send + Sync + 'env,
    {
        self.plan.set_detail(node, GROWS.into());
        let update = UpdateStateByKey { node, function, initial, values: PhantomData::<fn(V)> };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], update)
    }

    pub fn map_with_state<K, V, S, U, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        spec: StateSpec<K, S>,
    ) -> Stream<Rows<U>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        U: Data,
        F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync + 'env,
    {
        let map = self.mapping::<K, V, S, U, F>(node, function, spec);
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], map)
    }

    pub fn map_with_state_and_snapshots<K, V, S, U, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        spec: StateSpec<K, S>,
    ) -> Stream<Rows<Two<U, (K, S)>>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        U: Data,
        F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync + 'env,
    {
        let map = AndSnapshots(self.mapping::<K, V, S, U, F>(node, function, spec));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], map)
    }

    fn mapping<K: StateKey, V, S, U, F>(
        &mut self,
        node: NodeId,
        function: F,
        spec: StateSpec<K, S>,
    ) -> MapWithState<K, V, S, U, F> {
        let StateSpec { timeout, initial } = spec;
        self.plan.set_detail(
            node,
            timeout
                .map_or_else(|| format!("no time-out: {GROWS}"), |timeout| format!("time-out {timeout:?}")),
        );
        MapWithState { node, function, timeout, initial, types: PhantomData }
    }

    pub fn drop_duplicates<K: StateKey>(
        &mut self,
        node: NodeId,
        tail: &Handle<Distinct<K>>,
        expiry: Expiry,
    ) -> Stream<Rows<K>> {
        self.plan.set_detail(node, expiry.to_string());
        let drop = DropDuplicates::<K> { expiry, records: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], drop)
    }

    pub fn drop_duplicates_by_key<K: StateKey, V: Data>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        expiry: Expiry,
    ) -> Stream<Rows<(K, V)>> {
        self.plan.set_detail(node, expiry.to_string());
        let drop = DropDuplicatesByKey::<K, V> { expiry, pairs: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], drop)
    }
}
