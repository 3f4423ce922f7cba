//! The builder's calls for reductions that are `.exact()`: all records cross, and meet in their order.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use millstream_plan::NodeId;

use super::stateful::GROWS;
use super::{Builder, Stream};
use crate::batch::{Data, Rows};
use crate::blame;
use crate::exchange::{Give, Handle, Reducer, Scatter};
use crate::key::Key;
use crate::op::fold_by_key::FoldByKey;
use crate::op::reduce::ReduceInOrder;
use crate::op::reduce_by_key::with_reducer;
use crate::op::reduce_by_key_and_window::{InOrder, Plain, ReduceByKeyAndWindow, WithInverse};
use crate::op::reduce_by_window::{ReduceByWindow, ReduceByWindowWithInverse};
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

    pub fn reduce_by_window_exact<T, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        function: F,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<T>>
    where
        T: StateData,
        F: Fn(T, T) -> T + Send + Sync + 'env,
    {
        let window = self.a_window(node, length, slide);
        let combine = with_reducer(Arc::new(Reducer { node, function }));
        let reduce = ReduceByWindow { window, combine, exact: true, records: PhantomData::<fn(T)> };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], reduce)
    }

    pub fn reduce_by_window_with_inverse_exact<T, F, I>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        function: F,
        inverse: I,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<T>>
    where
        T: StateData,
        F: Fn(T, T) -> T + Send + Sync + 'env,
        I: Fn(T, T) -> T + Send + Sync + 'env,
    {
        let window = self.a_window(node, length, slide);
        let reduce = ReduceByWindowWithInverse {
            window,
            combine: with_reducer(Arc::new(Reducer { node, function })),
            inverse: move |total, gone| blame::at(node, || inverse(total, gone)),
            exact: true,
            records: PhantomData::<fn(T)>,
        };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], reduce)
    }

    pub fn reduce_by_key_and_window_exact<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<(K, V)>>
    where
        K: StateKey,
        V: StateData,
        F: Fn(V, V) -> V + Send + Sync + 'env,
    {
        let window = self.a_window(node, length, slide);
        let combine = with_reducer(Arc::new(Reducer { node, function }));
        let hold = Plain { combine, values: PhantomData::<fn(V)> };
        let reduce = InOrder(ReduceByKeyAndWindow { window, hold, keys: PhantomData::<fn(K)> });
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], reduce)
    }

    #[allow(clippy::too_many_arguments, reason = "it has as many operands")]
    pub fn reduce_by_key_and_window_with_inverse_exact<K, V, F, I, P>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        function: F,
        inverse: I,
        length: Duration,
        slide: Option<Duration>,
        keep: P,
    ) -> Stream<Rows<(K, V)>>
    where
        K: StateKey,
        V: StateData,
        F: Fn(V, V) -> V + Send + Sync + 'env,
        I: Fn(V, V) -> V + Send + Sync + 'env,
        P: Fn(&K, &V) -> bool + Send + Sync + 'env,
    {
        let window = self.a_window(node, length, slide);
        let hold = WithInverse {
            combine: with_reducer(Arc::new(Reducer { node, function })),
            inverse: move |total, gone| blame::at(node, || inverse(total, gone)),
            keep: move |key: &K, total: &V| blame::at(node, || keep(key, total)),
            values: PhantomData::<fn(V)>,
        };
        let reduce = InOrder(ReduceByKeyAndWindow { window, hold, keys: PhantomData::<fn(K)> });
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], reduce)
    }
}
