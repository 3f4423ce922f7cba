//! Records that wait until the watermark has passed their time.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Deserializer;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::key::{Key, Memo};
use crate::state::{StateData, StateKey};

/// Of one key group, by time; those of one time in the order in which they came. A record that comes out of order finds its
/// place in O(log n) of the n times that wait.
pub(crate) struct Waiting<K: Key, V> {
    times: BTreeMap<Timestamp, Vec<Waits<K, V>>>,
}

pub(crate) struct Waits<K: Key, V> {
    memo: K::Memo,
    pub slot: K::Slot,
    pub value: V,
}

impl<K: Key, V> Waits<K, V> {
    pub fn hash(&self) -> u64 {
        self.memo.hash(|| K::slot_hash(&self.slot))
    }
}

impl<K: Key, V> Default for Waiting<K, V> {
    fn default() -> Self {
        Waiting { times: BTreeMap::new() }
    }
}

impl<K: Key, V> fmt::Debug for Waiting<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").field("times", &self.times.len()).finish()
    }
}

impl<K: Key, V> Waiting<K, V> {
    pub fn add(&mut self, time: Timestamp, hash: u64, slot: K::Slot, value: V) {
        self.times.entry(time).or_default().push(Waits { memo: K::Memo::of(hash), slot, value });
    }

    /// The earliest time.
    pub fn first(&self) -> Option<Timestamp> {
        self.times.first_key_value().map(|(time, _)| *time)
    }

    /// The records of the earliest time, if that is not behind `watermark`.
    pub fn pop(&mut self, watermark: Timestamp) -> Option<(Timestamp, Vec<Waits<K, V>>)> {
        let first = self.times.first_entry().filter(|first| *first.key() <= watermark)?;
        Some(first.remove_entry())
    }
}

impl<K: StateKey, V: StateData> Serialize for Waiting<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // So many, said first: the format wants to know.
        let mut all = serializer.serialize_seq(Some(self.times.values().map(Vec::len).sum()))?;
        for (time, records) in &self.times {
            for record in records {
                all.serialize_element(&(time, K::from_slot(record.slot.clone()), &record.value))?;
            }
        }
        all.end()
    }
}

impl<'de, K: StateKey, V: StateData> Deserialize<'de> for Waiting<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut waiting = Waiting::default();
        for (time, key, value) in Vec::<(Timestamp, K, V)>::deserialize(deserializer)? {
            let hash = K::hash(&key.probe());
            waiting.add(time, hash, key.into_slot(), value);
        }
        Ok(waiting)
    }
}
