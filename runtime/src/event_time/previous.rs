//! `lag` and `delta`: each record with the one before it, of its key and by event time.

use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Table, Waiting};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::exchange::Owners;
use crate::key::Key;
use crate::op::gather::Gather;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateData, StateKey, Store};

/// `step` makes what leaves of a key, the value before and the value. It leaves with the time of its record.
pub(crate) struct Previous<K, V, R, F, O> {
    /// How long ago the value before may be.
    pub(crate) within: Option<Duration>,
    pub(crate) step: F,
    /// How results leave, and late records.
    pub(crate) row: fn((Timestamp, R)) -> O,
    pub(crate) late: fn(K, V) -> Option<O>,
    pub(crate) types: PhantomData<fn(K, V) -> R>,
}

/// What is kept of one key group.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "K: StateKey, V: StateData", deserialize = "K: StateKey, V: StateData"))]
struct Values<K: Key, V> {
    waiting: Waiting<K, V>,
    /// Of each key the last one that has left, with its time.
    last: Table<K, (Timestamp, V)>,
    /// Where there is a limit: when a value is too long ago for all that may come, and its key's hash.
    ends: BTreeSet<(Timestamp, u64)>,
    late: u64,
}

impl<K: Key, V> Default for Values<K, V> {
    fn default() -> Self {
        Values { waiting: Waiting::default(), last: Table::default(), ends: BTreeSet::new(), late: 0 }
    }
}

impl<K: Key, V> fmt::Debug for Values<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("waiting", &self.waiting).field("last", &self.last).finish()
    }
}

impl<K: StateKey, V: StateData> Values<K, V> {
    /// Puts a key's value in the place of the one before, and gives that one.
    fn replace(&mut self, time: Timestamp, hash: u64, slot: K::Slot, value: V) -> Option<(Timestamp, V)> {
        match self.last.find(hash, &slot) {
            Some(at) => Some(std::mem::replace(self.last.own(at), (time, value))),
            None => {
                self.last.add(hash, slot, (time, value));
                None
            }
        }
    }

    /// The earliest watermark that makes a difference.
    fn first(&self) -> Option<Timestamp> {
        self.waiting.first().into_iter().chain(self.ends.first().map(|(end, _)| *end)).min()
    }

    /// Forgets what is too long ago.
    fn forget(&mut self, watermark: Timestamp, within: Duration) {
        while let Some((_, hash)) = self.ends.first().copied().filter(|(end, _)| *end <= watermark) {
            self.ends.pop_first();
            let is_over = |(time, _): &(Timestamp, V)| time.plus(within) <= watermark;
            while let Some(at) = self.last.find_by(hash, is_over) {
                self.last.remove(at);
            }
        }
    }
}

impl<K, V, R, F, O> HeadOperator for Previous<K, V, R, F, O>
where
    K: StateKey,
    V: StateData,
    R: Data,
    F: Fn(K, Option<V>, &V) -> Option<R> + Send + Sync,
    O: Data,
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
        let mut input = Gather::<K, (Timestamp, V)>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<O> = Vec::new();
        let due = cx.watermarks.due;
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let is_due = |values: &Values<K, V>| values.first().is_some_and(|time| time <= due);
            if chunks.is_empty() && !store.get::<Values<K, V>>(group).is_some_and(is_due) {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let values = store.group::<Values<K, V>>(group);
            let mut dropped = Vec::new();
            for entry in chunks.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                if time <= cx.watermarks.late {
                    values.late += 1;
                    dropped.extend((self.late)(K::from_slot(entry.slot), value));
                } else {
                    values.waiting.add(time, hash, entry.slot, value);
                }
            }
            while let Some((time, records)) = values.waiting.pop(due) {
                for record in records {
                    let hash = record.hash();
                    let key = K::from_slot(record.slot.clone());
                    let before = values.replace(time, hash, record.slot, record.value.clone());
                    values.ends.extend(self.within.map(|within| (time.plus(within), hash)));
                    let is_near =
                        |since: Timestamp| self.within.is_none_or(|within| time.since(since) <= within);
                    let before = before.filter(|(since, _)| is_near(*since)).map(|(_, value)| value);
                    rows.extend((self.step)(key, before, &record.value).map(|row| (self.row)((time, row))));
                }
            }
            if let Some(within) = self.within {
                values.forget(due, within);
            }
            rows.append(&mut dropped);
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, values) in store.iter::<Values<K, V>>() {
            timing.late += values.late;
            timing.wait_for(values.waiting.first());
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Values<K, V>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(Values::<K, V>::schema())
    }
}
