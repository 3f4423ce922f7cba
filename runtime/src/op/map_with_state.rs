//! `map_with_state`: the keys that have new values, and those that time out.

use std::any::Any;
use std::marker::PhantomData;
use std::time::Duration;

use millstream_plan::NodeId;

use super::ahead;
use super::gather::Gather;
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::exchange::Owners;
use crate::fused::Two;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{
    GroupState, Initial, Kept, Schema, State, StateData, StateKey, Store, TimedStates, never,
};
use crate::{BoxError, blame};

pub(crate) struct MapWithState<K: StateKey, V, S, U, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) timeout: Option<Duration>,
    pub(crate) initial: Initial<K, S>,
    pub(crate) types: PhantomData<fn(V) -> U>,
}

impl<K, V, S, U, F> MapWithState<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U>,
{
    fn run(&self, cx: &TaskContext, store: &mut Store, inputs: Vec<Vec<Bucket>>, mut out: impl FnMut(U)) {
        let now = cx.tick.time;
        let idle = self.timeout.map_or(never(), |timeout| now.plus(timeout));
        // One for all records: a string is not made anew for each.
        let mut key: Option<K> = None;
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let known = store.has(group);
            let initial = if known { None } else { self.initial.take(group) };
            if chunks.is_empty() && !known && initial.is_none() {
                continue;
            }
            let states = store.group::<TimedStates<K, S>>(group);
            states.start_with(initial.into_iter().flatten(), idle);
            ahead::each(states, chunks, |states, hash, at, entry| {
                let (value, before) = at.map(|at| states.take(at)).unzip();
                let mut state = State::new(value, cx.tick, false);
                let key = match &mut key {
                    Some(key) => {
                        K::refill(&entry.slot, key);
                        key
                    }
                    none => none.insert(K::from_slot(entry.slot.clone())),
                };
                let result = blame::at(self.node, || (self.function)(key, Some(entry.value), &mut state));
                let expires: Timestamp = state.expires.unwrap_or(idle);
                match (state.value, at.zip(before)) {
                    (Some(value), Some((at, before))) => {
                        states.put(at, value, expires, before, state.updated);
                    }
                    (Some(value), None) => states.add(hash, entry.slot, value, expires),
                    (None, Some((at, _))) => states.remove(at),
                    (None, None) => {}
                }
                result.into_iter().for_each(&mut out);
            });
            states.expire(now, |key, state| {
                let mut last = State::new(Some(state), cx.tick, true);
                let result = blame::at(self.node, || (self.function)(&key, None, &mut last));
                result.into_iter().for_each(&mut out);
            });
        }
    }
}

impl<K, V, S, U, F> HeadOperator for MapWithState<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    U: Data,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut rows: Vec<U> = Vec::new();
        self.run(cx, store, inputs, |result| rows.push(result));
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<TimedStates<K, S>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(TimedStates::<K, S>::schema())
    }
}

/// `map_with_state_and_snapshots`: all keys with their states follow the results of the tick.
pub(crate) struct AndSnapshots<K: StateKey, V, S, U, F>(pub(crate) MapWithState<K, V, S, U, F>);

impl<K, V, S, U, F> HeadOperator for AndSnapshots<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    U: Data,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut rows: Vec<Two<U, (K, S)>> = Vec::new();
        self.0.run(cx, store, inputs, |result| rows.push(Two::First(result)));
        for (_, states) in store.iter_mut::<TimedStates<K, S>>() {
            let keys = &mut states.keys;
            rows.extend((0..keys.len()).map(|at| Two::Second((keys.key(at), keys.get(at).state.clone()))));
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        self.0.restore(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        self.0.schema()
    }
}
