//! The builder's calls for operators on windows of processing time.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::Rows;
use crate::blame;
use crate::exchange::{Combine, Count, CountValues, Give, Handle, ReduceAll, Reducer, Scatter};
use crate::op::group_by_key_and_window::GroupByKeyAndWindow;
use crate::op::reduce_by_key::with_reducer;
use crate::op::reduce_by_key_and_window::{Plain, ReduceByKeyAndWindow, WithInverse};
use crate::op::reduce_by_window::{CountByWindow, ReduceByWindow, ReduceByWindowWithInverse};
use crate::op::window::{Records, Windowed};
use crate::pipeline::{HeadTasks, WindowNode};
use crate::state::{StateData, StateKey};
use crate::window::Window;

/// Without a filter, every key is kept.
pub fn every<K, V>(_: &K, _: &V) -> bool {
    true
}

impl<'env> Builder<'env> {
    pub(super) fn a_window(
        &mut self,
        node: NodeId,
        length: Duration,
        slide: Option<Duration>,
    ) -> Arc<Window> {
        let window = Arc::new(Window::new(length, slide));
        self.plan.set_detail(node, window.detail());
        self.windows.push(WindowNode { node, window: Arc::clone(&window) });
        window
    }

    pub fn window<T: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Windowed<T>> {
        let window = self.a_window(node, length, slide);
        let records = Records::<T> { window, records: PhantomData };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], records)
    }

    pub fn count_by_window(
        &mut self,
        node: NodeId,
        tail: &Handle<Count>,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<u64>> {
        let window = self.a_window(node, length, slide);
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], CountByWindow { window })
    }

    pub fn reduce_by_window<T, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<ReduceAll<T, F>>,
        function: F,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<T>>
    where
        T: StateData,
        F: Fn(T, T) -> T + Send + Sync + 'env,
    {
        let window = self.a_window(node, length, slide);
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let combine = with_reducer(reducer);
        let reduce = ReduceByWindow { window, combine, exact: false, records: PhantomData::<fn(T)> };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], reduce)
    }

    pub fn reduce_by_window_with_inverse<T, F, I>(
        &mut self,
        node: NodeId,
        tail: &Handle<ReduceAll<T, F>>,
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
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let reduce = ReduceByWindowWithInverse {
            window,
            combine: with_reducer(reducer),
            inverse: move |total, gone| blame::at(node, || inverse(total, gone)),
            exact: false,
            records: PhantomData::<fn(T)>,
        };
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], reduce)
    }

    pub fn reduce_by_key_and_window<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Combine<K, V, F>>,
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
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let hold = Plain { combine: with_reducer(reducer), values: PhantomData::<fn(V)> };
        let reduce = ReduceByKeyAndWindow { window, hold, keys: PhantomData::<fn(K)> };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], reduce)
    }

    #[allow(clippy::too_many_arguments, reason = "it has as many operands")]
    pub fn reduce_by_key_and_window_with_inverse<K, V, F, I, P>(
        &mut self,
        node: NodeId,
        tail: &Handle<Combine<K, V, F>>,
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
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let hold = WithInverse {
            combine: with_reducer(reducer),
            inverse: move |total, gone| blame::at(node, || inverse(total, gone)),
            keep: move |key: &K, total: &V| blame::at(node, || keep(key, total)),
            values: PhantomData::<fn(V)>,
        };
        let reduce = ReduceByKeyAndWindow { window, hold, keys: PhantomData::<fn(K)> };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], reduce)
    }

    pub fn group_by_key_and_window<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, V>>,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<(K, Vec<V>)>> {
        let window = self.a_window(node, length, slide);
        let group = GroupByKeyAndWindow::<K, V> { window, pairs: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], group)
    }

    pub fn count_by_value_and_window<K: StateKey>(
        &mut self,
        node: NodeId,
        tail: &Handle<CountValues<K>>,
        length: Duration,
        slide: Option<Duration>,
    ) -> Stream<Rows<(K, u64)>> {
        let window = self.a_window(node, length, slide);
        let hold = WithInverse {
            combine: |a: u64, b: u64| a + b,
            inverse: |total: u64, gone: u64| total - gone,
            keep: |_: &K, count: &u64| *count > 0,
            values: PhantomData::<fn(u64)>,
        };
        let count = ReduceByKeyAndWindow { window, hold, keys: PhantomData::<fn(K)> };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], count)
    }
}
