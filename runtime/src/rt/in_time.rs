//! The builder's calls for operators that bring records of different ticks together, by tick or in event time.

use std::marker::PhantomData;
use std::time::Duration;

use millstream_plan::NodeId;

use super::stateful::GROWS;
use super::{Builder, Stream};
use crate::batch::{Data, Rows};
use crate::blame;
use crate::clock::Timestamp;
use crate::event_time::{Previous, Sessionize, Window, Windows};
use crate::exchange::{Handle, Scatter};
use crate::join::{JoinAsOf, JoinLatest};
use crate::key::SameKey;
use crate::op::join::{How, Inner, LeftOuter};
use crate::pipeline::HeadTasks;
use crate::state::{StateData, StateKey};

/// What an operator gives whose records leave with their times.
type InTime<T> = Stream<Rows<(Timestamp, T)>>;

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
        let sessions = Windows::session(gap);
        if let Err(why) = sessions.check() {
            self.refuse(node, &why);
        }
        self.plan.set_detail(node, sessions.detail());
        let sessionize = Sessionize::<K, V> { sessions, types: PhantomData };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], sessionize)
    }

    pub fn lag<K: StateKey, V: StateData>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        within: Option<Duration>,
    ) -> InTime<(K, (Option<V>, V))> {
        self.previous(node, tail, within, |key, before, now: &V| Some((key, (before, now.clone()))))
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
        self.previous(node, tail, within, move |key, before: Option<V>, now: &V| {
            let before = before?;
            Some((key, blame::at(node, || function(&before, now))))
        })
    }

    fn previous<K, V, R, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Scatter<K, (Timestamp, V)>>,
        within: Option<Duration>,
        step: F,
    ) -> InTime<R>
    where
        K: StateKey,
        V: StateData,
        R: Data,
        F: Fn(K, Option<V>, &V) -> Option<R> + Send + Sync + 'env,
    {
        self.plan.set_detail(node, limit(within));
        let previous = Previous { within, step, types: PhantomData::<fn(K, V) -> R> };
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], previous)
    }
}
