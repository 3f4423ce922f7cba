//! The builder's calls for event time.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use millstream_plan::NodeId;

use super::{Builder, COMPLETE, Stream};
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::event_time::{
    Aggregate, Arrives, ByKey, ByKeyAndLate, DropDuplicatesWithinWatermark, Form, InParts, Keeps, Of, Panes,
    Parts, Sessions, Shape, Singly, Whole, WholeAndLate, Window, WindowAggregate, Windows,
};
use crate::exchange::{Clock, Handle, Scatter, Windowed, Windowing};
use crate::fused::Two;
use crate::op::map_with_state_by_event_time::{AndSnapshotsByEventTime, MapWithStateByEventTime};
use crate::pipeline::{ClockNode, DelayNode, HeadTasks, Route};
use crate::state::{State, StateData, StateKey, StateSpec};

/// A tail of records with their times.
type Timed<K, V> = Handle<Scatter<K, (Timestamp, V)>>;

#[allow(clippy::type_complexity, reason = "results and late records are what they are")]
impl<'env> Builder<'env> {
    pub fn event_time(
        &mut self,
        node: NodeId,
        clock: &Handle<Clock>,
        bound: Duration,
        idle_after: Option<Duration>,
    ) {
        let mut detail = format!("out of order by {bound:?}");
        if let Some(idle) = idle_after {
            detail += &format!(", idle after {idle:?}");
        }
        self.plan.set_detail(node, detail);
        let tails = &mut self.tails[clock.stage];
        tails.resize(tails.len().max(clock.index + 1), None);
        tails[clock.index] = Some(Route::Clock(self.clocks.len()));
        self.clocks.push(ClockNode { node, stage: clock.stage, bound, idle_after });
    }

    pub fn drop_duplicates_within_watermark<K: StateKey>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, ())>>,
        remember: Duration,
    ) -> Stream<Rows<K>> {
        self.duplicates(node, tail, remember, |record, ()| record)
    }

    pub fn drop_duplicates_by_key_within_watermark<K: StateKey, V: Data>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        remember: Duration,
    ) -> Stream<Rows<(K, V)>> {
        self.duplicates(node, tail, remember, |key, value| (key, value))
    }

    fn duplicates<K: StateKey, V: Data, R: Data>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        remember: Duration,
        row: fn(K, V) -> R,
    ) -> Stream<Rows<R>> {
        self.plan.set_detail(node, format!("for {remember:?}"));
        let drop = DropDuplicatesWithinWatermark { remember, row, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], drop)
    }

    pub fn map_with_state_by_event_time<K, V, S, U, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        function: F,
        spec: StateSpec<K, S>,
        timeout: Duration,
    ) -> Stream<Rows<U>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        U: Data,
        F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync + 'env,
    {
        let map = self.timing_out::<K, V, S, U, F>(node, function, spec, timeout);
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], map)
    }

    pub fn map_with_state_and_snapshots_by_event_time<K, V, S, U, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        function: F,
        spec: StateSpec<K, S>,
        timeout: Duration,
    ) -> Stream<Rows<Two<U, (K, S)>>>
    where
        K: StateKey,
        V: Data,
        S: StateData,
        U: Data,
        F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync + 'env,
    {
        let map = AndSnapshotsByEventTime(self.timing_out::<K, V, S, U, F>(node, function, spec, timeout));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], map)
    }

    fn timing_out<K: StateKey, V, S, U, F>(
        &mut self,
        node: NodeId,
        function: F,
        spec: StateSpec<K, S>,
        timeout: Duration,
    ) -> MapWithStateByEventTime<K, V, S, U, F> {
        let StateSpec { timeout: by_batch_time, initial } = spec;
        if by_batch_time.is_some() {
            let why = "has a time-out of batch times, `StateSpec::timeout`, and one of event time, `event_timeout`: leave out \
                       one of the two";
            self.refuse(node, why);
        }
        self.plan.set_detail(node, format!("time-out {timeout:?} of event time"));
        MapWithStateByEventTime { node, function, timeout, initial, types: PhantomData }
    }

    pub fn windowed<V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Windowed<(), V, A>>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<(Window, A::Out)>>
    where
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.in_parts::<(), V, A, Whole>(node, tail, windows, aggregate(&Of::records()))
    }

    pub fn windowed_by_key<K, V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Windowed<K, V, A>>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<(Window, K, A::Out)>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.in_parts::<K, V, A, ByKey>(node, tail, windows, aggregate(&Of::records()))
    }

    pub fn windowed_singly<V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Timed<(), V>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<(Window, A::Out)>>
    where
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.singly::<(), V, A, Whole>(node, &[tail.at()], windows, aggregate(&Of::records()))
    }

    pub fn windowed_singly_by_key<K, V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Timed<K, V>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<(Window, K, A::Out)>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.singly::<K, V, A, ByKey>(node, &[tail.at()], windows, aggregate(&Of::records()))
    }

    pub fn windowed_and_late<V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Timed<(), V>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<Two<(Window, A::Out), V>>>
    where
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.singly::<(), V, A, WholeAndLate>(node, &[tail.at()], windows, aggregate(&Of::records()))
    }

    pub fn windowed_by_key_and_late<K, V, A, F>(
        &mut self,
        node: NodeId,
        tail: &Timed<K, V>,
        windows: Windows,
        aggregate: F,
    ) -> Stream<Rows<Two<(Window, K, A::Out), (K, V)>>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        F: FnOnce(&Of<V>) -> A,
    {
        self.singly::<K, V, A, ByKeyAndLate>(node, &[tail.at()], windows, aggregate(&Of::records()))
    }

    /// Parts of windows cross, where the aggregate lets them.
    fn in_parts<K, V, A, R>(
        &mut self,
        node: NodeId,
        tail: &Handle<Windowed<K, V, A>>,
        windows: Windows,
        aggregate: A,
    ) -> Stream<Rows<R::Row>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        R: Form<K, V, A::Out> + 'static,
    {
        let aggregate = Arc::new(aggregate);
        let parts = match windows.shape() {
            Shape::Fixed(_) => aggregate.parts() >= Parts::InOrder,
            // A later part of a session may touch what an earlier one of another task does not.
            Shape::Session { .. } => aggregate.parts() == Parts::InAnyOrder,
        };
        if parts {
            self.plan.set_combines(node);
        }
        let windowing = Windowing { node, aggregate: Arc::clone(&aggregate), windows, parts };
        assert!(tail.shared.set(Arc::new(windowing)).is_ok(), "{COMPLETE}");
        self.of_windows::<K, V, A, R, InParts>(node, &[tail.at()], windows, aggregate)
    }

    /// Every record crosses, through these tails.
    pub(super) fn singly<K, V, A, R>(
        &mut self,
        node: NodeId,
        from: &[(usize, usize)],
        windows: Windows,
        aggregate: A,
    ) -> Stream<Rows<R::Row>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        R: Form<K, V, A::Out> + 'static,
    {
        self.of_windows::<K, V, A, R, Singly>(node, from, windows, Arc::new(aggregate))
    }

    fn of_windows<K, V, A, R, I>(
        &mut self,
        node: NodeId,
        from: &[(usize, usize)],
        windows: Windows,
        aggregate: Arc<A>,
    ) -> Stream<Rows<R::Row>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        R: Form<K, V, A::Out> + 'static,
        I: Arrives<V, A::State, Value: Data> + 'static,
    {
        if let Err(why) = windows.check() {
            self.refuse(node, &why);
        }
        self.plan.set_detail(node, windows.detail());
        if let Some(window) = self.graph.nodes[node].inputs.first() {
            self.plan.set_detail(window.node, windows.detail());
        }
        self.delays.push(DelayNode { node, delay: windows.lateness() });
        match windows.shape() {
            Shape::Fixed(_) => self.kept::<K, V, A, Panes<K, A::State>, R, I>(node, from, windows, aggregate),
            Shape::Session { .. } => {
                self.kept::<K, V, A, Sessions<K, A::State>, R, I>(node, from, windows, aggregate)
            }
        }
    }

    fn kept<K, V, A, H, R, I>(
        &mut self,
        node: NodeId,
        from: &[(usize, usize)],
        windows: Windows,
        aggregate: Arc<A>,
    ) -> Stream<Rows<R::Row>>
    where
        K: StateKey,
        V: Data,
        A: Aggregate<V> + 'env,
        H: Keeps<K, A::State>,
        R: Form<K, V, A::Out> + 'static,
        I: Arrives<V, A::State, Value: Data> + 'static,
    {
        let operator = WindowAggregate::<K, V, A, H, R, I>::new(node, windows, aggregate);
        self.operator(node, HeadTasks::Partitions, from, operator)
    }
}
