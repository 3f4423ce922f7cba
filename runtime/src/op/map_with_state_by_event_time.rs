//! `map_with_state` with time-outs by event time.

use std::any::Any;
use std::marker::PhantomData;
use std::time::Duration;

use millstream_plan::NodeId;

use super::ahead;
use super::gather::Gather;
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::exchange::Owners;
use crate::fused::Two;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{
    EventTimedStates, GroupState, Initial, Kept, Schema, State, StateData, StateKey, Store, TimedStates,
    never,
};
use crate::{BoxError, blame};

/// # Contract
/// - A value whose own time-out the watermark has passed is late: it is counted, and not seen.
/// - Keys that the watermark has passed time out before the tick's values are seen, as sessions close: so it makes no
///   difference whether there was a tick in between.
/// - Of what was said for a key's values the latest time holds, in whatever order they came.
pub(crate) struct MapWithStateByEventTime<K: StateKey, V, S, U, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) timeout: Duration,
    pub(crate) initial: Initial<K, S>,
    pub(crate) types: PhantomData<fn(V) -> U>,
}

impl<K, V, S, U, F> MapWithStateByEventTime<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U>,
{
    fn run(&self, cx: &TaskContext, store: &mut Store, inputs: Vec<Vec<Bucket>>, mut out: impl FnMut(U)) {
        let Watermarks { late, due } = cx.watermarks;
        // One for all records: a string is not made anew for each.
        let mut key: Option<K> = None;
        let mut input = Gather::<K, (Timestamp, V)>::new(inputs.into_iter().flatten().collect());
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let known = store.has(group);
            let initial = if known { None } else { self.initial.take(group) };
            let next = store.get::<EventTimedStates<K, S>>(group).and_then(|kept| kept.next);
            if chunks.is_empty() && initial.is_none() && next.is_none_or(|next| next > due) {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let kept = store.group::<EventTimedStates<K, S>>(group);
            let EventTimedStates { states, late: dropped, .. } = kept;
            // Nobody knows when their last values were: the first ones will tell.
            states.start_with(initial.into_iter().flatten(), never());
            self.time_out(cx, states, late, &mut out);
            ahead::each(states, chunks, |states, hash, at, entry| {
                let (time, value) = entry.value;
                let usual = time.plus(self.timeout);
                if usual <= late {
                    *dropped += 1;
                    return;
                }
                let (old, before) = at.map(|at| states.take(at)).unzip();
                let mut state = State::at(old, cx.tick, time);
                let key = match &mut key {
                    Some(key) => {
                        K::refill(&entry.slot, key);
                        key
                    }
                    none => none.insert(K::from_slot(entry.slot.clone())),
                };
                let result = blame::at(self.node, || (self.function)(key, Some(value), &mut state));
                let said = state.expires.unwrap_or(usual);
                let known = before.filter(|before| *before < never());
                let expires = known.map_or(said, |known| known.max(said));
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
            self.time_out(cx, states, due, &mut out);
            kept.next = kept.states.first_timeout();
        }
    }

    /// The last calls for keys that the watermark has passed.
    fn time_out(
        &self,
        cx: &TaskContext,
        states: &mut TimedStates<K, S>,
        watermark: Timestamp,
        out: &mut impl FnMut(U),
    ) {
        // Event time may have ended, and `never` not even then.
        let last = Timestamp::from_millis(never().millis() - 1);
        states.expire(watermark.min(last), |key, state| {
            let mut last = State::new(Some(state), cx.tick, true);
            let result = blame::at(self.node, || (self.function)(&key, None, &mut last));
            result.into_iter().for_each(&mut *out);
        });
    }
}

fn timing<K: StateKey, S: StateData>(store: &Store) -> Timing {
    let mut timing = Timing::default();
    for (_, kept) in store.iter::<EventTimedStates<K, S>>() {
        timing.late += kept.late;
        timing.wait_for(kept.next);
    }
    timing
}

impl<K, V, S, U, F> HeadOperator for MapWithStateByEventTime<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    U: Data,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync,
{
    fn is_timed(&self) -> bool {
        true
    }

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

    fn timing(&self, store: &Store) -> Timing {
        timing::<K, S>(store)
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<EventTimedStates<K, S>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(EventTimedStates::<K, S>::schema())
    }
}

/// `map_with_state_and_snapshots`: all keys with their states follow the results of the tick.
pub(crate) struct AndSnapshotsByEventTime<K: StateKey, V, S, U, F>(
    pub(crate) MapWithStateByEventTime<K, V, S, U, F>,
);

impl<K, V, S, U, F> HeadOperator for AndSnapshotsByEventTime<K, V, S, U, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    U: Data,
    F: Fn(&K, Option<V>, &mut State<S>) -> Option<U> + Send + Sync,
{
    fn is_timed(&self) -> bool {
        true
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut rows: Vec<Two<U, (K, S)>> = Vec::new();
        self.0.run(cx, store, inputs, |result| rows.push(Two::First(result)));
        for (_, kept) in store.iter_mut::<EventTimedStates<K, S>>() {
            let keys = &mut kept.states.keys;
            rows.extend((0..keys.len()).map(|at| Two::Second((keys.key(at), keys.get(at).state.clone()))));
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        timing::<K, S>(store)
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        self.0.restore(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        self.0.schema()
    }
}
