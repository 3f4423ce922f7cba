//! The builder's calls for operators that bring records of different ticks together, by tick or in event time.

use std::marker::PhantomData;
use std::time::Duration;

use millstream_plan::NodeId;

use super::stateful::GROWS;
use super::{Builder, Stream};
use crate::batch::{Data, Rows};
use crate::blame;
use crate::clock::Timestamp;
use crate::event_time::{ByKey, ByKeyAndLate, Form, Previous, Sessionize, Window, Windows};
use crate::exchange::{Handle, Scatter};
use crate::fused::Two;
use crate::join::{JoinAsOf, JoinLatest};
use crate::key::SameKey;
use crate::op::join::{How, Inner, LeftOuter};
use crate::pipeline::HeadTasks;
use crate::state::{StateData, StateKey};

/// What an operator gives whose records leave with their times.
type InTime<T> = Stream<Rows<(Timestamp, T)>>;

/// A result with its time, or a late record.
type OrLate<T, L> = Two<(Timestamp, T), L>;
/// What gives both.
type AndLate<T, L> = Stream<Rows<OrLate<T, L>>>;

/// What the plan says of a limit on how old a value may be.
fn limit(within: Option<Duration>) -> String {
    within.map_or_else(|| GROWS.to_string(), |within| format!("within {within:?}"))
}

#[allow(clippy::type_complexity, reason = "results are what they are")]
impl<'env> Builder<'env> {
    pub fn join_latest<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, W>>,
    ) -> Stream<Rows<(K, (V, W))>>
    where
        K: StateKey,
        J: StateKey + SameKey<K>,
        V: Data,
        W: StateData,
    {
        self.latest::<K, J, V, W, Inner>(node, left, right)
    }

    pub fn left_outer_join_latest<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, W>>,
    ) -> Stream<Rows<(K, (V, Option<W>))>>
    where
        K: StateKey,
        J: StateKey + SameKey<K>,
        V: Data,
        W: StateData,
    {
        self.latest::<K, J, V, W, LeftOuter>(node, left, right)
    }

    fn latest<K, J, V, W, H>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, V>>,
        right: &Handle<Scatter<J, W>>,
    ) -> Stream<Rows<(K, H::Out)>>
    where
        K: StateKey,
        J: StateKey,
        V: Data,
        W: StateData,
        H: How<V, W, Out: Data>,
    {
        self.plan.set_detail(node, GROWS.into());
        let from = [(left.stage, left.index), (right.stage, right.index)];
        self.operator(node, HeadTasks::Partitions, &from, JoinLatest::<K, V, W, H>(PhantomData))
    }

    pub fn join_as_of<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, (Timestamp, V)>>,
        right: &Handle<Scatter<J, (Timestamp, W)>>,
        within: Option<Duration>,
    ) -> InTime<(K, (V, W))>
    where
        K: StateKey,
        J: StateKey + SameKey<K>,
        V: StateData,
        W: StateData,
    {
        self.as_of::<K, J, V, W, Inner>(node, left, right, within)
    }

    pub fn left_outer_join_as_of<K, J, V, W>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, (Timestamp, V)>>,
        right: &Handle<Scatter<J, (Timestamp, W)>>,
        within: Option<Duration>,
    ) -> InTime<(K, (V, Option<W>))>
    where
        K: StateKey,
        J: StateKey + SameKey<K>,
        V: StateData,
        W: StateData,
    {
        self.as_of::<K, J, V, W, LeftOuter>(node, left, right, within)
    }

    fn as_of<K, J, V, W, H>(
        &mut self,
        node: NodeId,
        left: &Handle<Scatter<K, (Timestamp, V)>>,
        right: &Handle<Scatter<J, (Timestamp, W)>>,
        within: Option<Duration>,
    ) -> InTime<(K, H::Out)>
    where
        K: StateKey,
        J: StateKey,
        V: StateData,
        W: StateData,
        H: How<V, W, Out: Data>,
    {
        self.plan.set_detail(node, limit(within));
        let from = [(left.stage, left.index), (right.stage, right.index)];
        let join = JoinAsOf::<K, V, W, H> { within, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &from, join)
    }

    pub fn sessionize<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        gap: Duration,
    ) -> Stream<Rows<(Window, K, V)>> {
        self.sessions::<K, V, ByKey>(node, tail, gap)
    }

    pub fn sessionize_and_late<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        gap: Duration,
    ) -> Stream<Rows<Two<(Window, K, V), (K, V)>>> {
        self.sessions::<K, V, ByKeyAndLate>(node, tail, gap)
    }

    fn sessions<K: StateKey, V: StateData, R: Form<K, V, V> + 'static>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        gap: Duration,
    ) -> Stream<Rows<R::Row>> {
        let sessions = Windows::session(gap);
        if let Err(why) = sessions.check() {
            self.refuse(node, &why);
        }
        self.plan.set_detail(node, sessions.detail());
        let sessionize = Sessionize::<K, V, R> { sessions, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], sessionize)
    }

    pub fn lag<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        within: Option<Duration>,
    ) -> InTime<(K, (Option<V>, V))> {
        self.previous(node, tail, plain(within, beside))
    }

    pub fn lag_and_late<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        within: Option<Duration>,
    ) -> AndLate<(K, (Option<V>, V)), (K, V)> {
        self.previous(node, tail, and_late(within, beside))
    }

    pub fn delta<K, V, D, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        function: F,
        within: Option<Duration>,
    ) -> InTime<(K, D)>
    where
        K: StateKey,
        V: StateData,
        D: Data,
        F: Fn(&V, &V) -> D + Send + Sync + 'env,
    {
        self.previous(node, tail, plain(within, from_second(node, function)))
    }

    pub fn delta_and_late<K, V, D, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        function: F,
        within: Option<Duration>,
    ) -> AndLate<(K, D), (K, V)>
    where
        K: StateKey,
        V: StateData,
        D: Data,
        F: Fn(&V, &V) -> D + Send + Sync + 'env,
    {
        self.previous(node, tail, and_late(within, from_second(node, function)))
    }

    fn previous<K, V, R, F, O>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        previous: Previous<K, V, R, F, O>,
    ) -> Stream<Rows<O>>
    where
        K: StateKey,
        V: StateData,
        R: Data,
        F: Fn(K, Option<V>, &V) -> Option<R> + Send + Sync + 'env,
        O: Data,
    {
        self.plan.set_detail(node, limit(previous.within));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], previous)
    }
}

/// The step of `lag`.
fn beside<K, V: Clone>(key: K, before: Option<V>, now: &V) -> Option<(K, (Option<V>, V))> {
    Some((key, (before, now.clone())))
}

/// The step of `delta`.
fn from_second<K, V, D>(
    node: NodeId,
    function: impl Fn(&V, &V) -> D + Send + Sync,
) -> impl Fn(K, Option<V>, &V) -> Option<(K, D)> + Send + Sync {
    move |key, before, now| {
        let before = before?;
        Some((key, blame::at(node, || function(&before, now))))
    }
}

/// Late records go nowhere.
fn plain<K, V, R, F>(within: Option<Duration>, step: F) -> Previous<K, V, R, F, (Timestamp, R)> {
    Previous { within, step, row: |row| row, late: |_, _| None, types: PhantomData }
}

fn and_late<K, V, R, F>(within: Option<Duration>, step: F) -> Previous<K, V, R, F, OrLate<R, (K, V)>> {
    Previous {
        within,
        step,
        row: Two::First,
        late: |key, value| Some(Two::Second((key, value))),
        types: PhantomData,
    }
}
