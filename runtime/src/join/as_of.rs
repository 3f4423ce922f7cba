//! `join_as_of`: each record with the value that the other stream has for its key as of the record's time.

use std::any::Any;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::versions::Versions;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::event_time::{Waiting, Waits};
use crate::exchange::Owners;
use crate::key::Key;
use crate::op::gather::{self, Gather};
use crate::op::join::How;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateData, StateKey, Store};

/// `H` says what becomes of left records without a match. What leaves has the time of its left record.
pub(crate) struct JoinAsOf<K, V, W, H> {
    /// How old a match may be.
    pub(crate) within: Option<Duration>,
    pub(crate) types: PhantomData<fn(K, V, W, H)>,
}

/// What is kept of one key group.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "K: StateKey, V: StateData, W: StateData",
    deserialize = "K: StateKey, V: StateData, W: StateData"
))]
pub(super) struct Sides<K: Key, V, W> {
    /// Left records that the watermark has not passed.
    waiting: Waiting<K, V>,
    pub(super) versions: Versions<K, W>,
    late: u64,
}

impl<K: Key, V, W> Default for Sides<K, V, W> {
    fn default() -> Self {
        Sides { waiting: Waiting::default(), versions: Versions::default(), late: 0 }
    }
}

impl<K: StateKey, V, W: StateData> Sides<K, V, W> {
    /// The earliest watermark that makes a difference.
    fn first(&self) -> Option<Timestamp> {
        self.waiting.first().into_iter().chain(self.versions.turn()).min()
    }
}

impl<K, V, W, H> HeadOperator for JoinAsOf<K, V, W, H>
where
    K: StateKey,
    V: StateData,
    W: StateData,
    H: How<V, W, Out: Data>,
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
        let [left, right] = gather::two(inputs);
        let mut left = Gather::<K, (Timestamp, V)>::new(left);
        let mut right = Gather::<K, (Timestamp, W)>::new(right);
        let mut rows: Vec<(Timestamp, (K, H::Out))> = Vec::new();
        let due = cx.watermarks.due;
        for group in Owners::groups(cx.task, cx.partitions) {
            let (records, versions) = (left.take(group), right.take(group));
            let is_due = |kept: &Sides<K, V, W>| kept.first().is_some_and(|time| time <= due);
            if records.is_empty()
                && versions.is_empty()
                && !store.get::<Sides<K, V, W>>(group).is_some_and(is_due)
            {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let kept = store.group::<Sides<K, V, W>>(group);
            for entry in versions.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                if time <= cx.watermarks.late {
                    kept.late += 1;
                } else {
                    kept.versions.add(time, hash, entry.slot, value, self.within);
                }
            }
            for entry in records.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                if time <= cx.watermarks.late {
                    kept.late += 1;
                } else {
                    kept.waiting.add(time, hash, entry.slot, value);
                }
            }
            while let Some((time, records)) = kept.waiting.pop(due) {
                for record in records {
                    let found = kept.versions.at(time, record.hash(), &record.slot, self.within).cloned();
                    if found.is_some() || H::LEFT {
                        let Waits { slot, value, .. } = record;
                        rows.push((time, (K::from_slot(slot), H::out(Some(value), found))));
                    }
                }
            }
            kept.versions.drop_before(due, self.within);
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, kept) in store.iter::<Sides<K, V, W>>() {
            timing.late += kept.late;
            timing.wait_for(kept.waiting.first());
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Sides<K, V, W>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(Sides::<K, V, W>::schema())
    }
}
