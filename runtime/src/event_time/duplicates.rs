//! `drop_duplicates_within_watermark`, of records and by key: what did not come before, until the watermark has passed it.

use std::any::Any;
use std::marker::PhantomData;
use std::time::Duration;

use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::exchange::Owners;
use crate::op::gather::Gather;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateKey, Store, TimedStates};

/// `V` is what comes with a key, and `R` what leaves of the two.
pub(crate) struct DropDuplicatesWithinWatermark<K, V, R> {
    /// For how long behind its time a record is remembered.
    pub(crate) remember: Duration,
    pub(crate) row: fn(K, V) -> R,
    pub(crate) types: PhantomData<fn(K, V) -> R>,
}

impl<K: StateKey, V: Data, R: Data> HeadOperator for DropDuplicatesWithinWatermark<K, V, R> {
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
        let mut rows: Vec<R> = Vec::new();
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            if chunks.is_empty() && !store.has(group) {
                continue;
            }
            let seen = store.group::<TimedStates<K, ()>>(group);
            for entry in chunks.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                // Whether it came before is not known any more.
                let is_late = time <= cx.watermarks.late;
                if is_late || seen.keys.find(hash, &entry.slot).is_some() {
                    continue;
                }
                rows.push((self.row)(K::from_slot(entry.slot.clone()), value));
                seen.add(hash, entry.slot, (), time.plus(self.remember));
            }
            seen.expire(cx.watermarks.due, |_, ()| {});
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, seen) in store.iter::<TimedStates<K, ()>>() {
            timing.wait_for(seen.next_alarm());
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<TimedStates<K, ()>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(TimedStates::<K, ()>::schema())
    }
}
