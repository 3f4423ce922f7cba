//! `drop_duplicates`, of records and by key: what did not come before.

use std::any::Any;
use std::marker::PhantomData;

use super::gather::{self, Gather};
use super::open;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::{KeyTable, group_of};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{Expiry, GroupState, Kept, Schema, Seen, StateKey, Store};

/// Of records, which are distinct within each task already.
pub(crate) struct DropDuplicates<K> {
    pub(crate) expiry: Expiry,
    pub(crate) records: PhantomData<fn(K)>,
}

fn sweep<K: StateKey>(store: &mut Store, cx: &TaskContext, expiry: Expiry) {
    for (_, seen) in store.iter_mut::<Seen<K>>() {
        seen.sweep(cx.tick.time, expiry);
    }
}

impl<K: StateKey> HeadOperator for DropDuplicates<K> {
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        sweep::<K>(store, cx, self.expiry);
        let mut sets = inputs.into_iter().flatten().map(open::<KeyTable<K, ()>>);
        let mut merged = sets.next().unwrap_or_default();
        for set in sets {
            merged.merge(set, |(), ()| ());
        }
        let mut rows: Vec<K> = Vec::new();
        for (hash, slot, ()) in merged.into_entries() {
            let seen = store.group::<Seen<K>>(group_of(hash));
            if seen.is_new(hash, &slot, cx.tick.time, self.expiry) {
                rows.push(K::from_slot(slot));
            }
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Seen<K>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(Seen::<K>::schema())
    }
}

/// Of pairs, by their keys.
pub(crate) struct DropDuplicatesByKey<K, V> {
    pub(crate) expiry: Expiry,
    pub(crate) pairs: PhantomData<fn(K, V)>,
}

impl<K: StateKey, V: Data> HeadOperator for DropDuplicatesByKey<K, V> {
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        sweep::<K>(store, cx, self.expiry);
        let groups = gather::groups(cx, &inputs);
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<(K, V)> = Vec::new();
        for group in groups {
            let chunks = input.take(group);
            if chunks.is_empty() {
                continue;
            }
            let seen = store.group::<Seen<K>>(group);
            for entry in chunks.into_iter().flatten() {
                if seen.is_new(entry.hash(), &entry.slot, cx.tick.time, self.expiry) {
                    rows.push((K::from_slot(entry.slot), entry.value));
                }
            }
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Seen<K>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(Seen::<K>::schema())
    }
}
