//! The keys of one key group, each with something of its own.

use std::fmt;

use hashbrown::HashTable;
use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::key::{Key, Memo};
use crate::state::StateKey;

/// A dense list, in the order in which keys came first, and an index into it.
pub(crate) struct Table<K: Key, S> {
    index: HashTable<u32>,
    entries: Vec<Entry<K, S>>,
}

struct Entry<K: Key, S> {
    memo: K::Memo,
    slot: K::Slot,
    own: S,
}

impl<K: Key, S> Entry<K, S> {
    fn hash(&self) -> u64 {
        self.memo.hash(|| K::slot_hash(&self.slot))
    }
}

impl<K: Key, S> Default for Table<K, S> {
    fn default() -> Self {
        Table { index: HashTable::new(), entries: Vec::new() }
    }
}

impl<K: Key, S> Table<K, S> {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where a key is.
    #[inline(always)]
    pub fn find(&self, hash: u64, slot: &K::Slot) -> Option<usize> {
        let same = |at: &u32| K::same_slots(&self.entries[*at as usize].slot, slot);
        self.index.find(hash, same).map(|at| *at as usize)
    }

    /// Where a key of this hash is whose own thing fits.
    pub fn find_by(&self, hash: u64, fits: impl Fn(&S) -> bool) -> Option<usize> {
        let found = |at: &u32| {
            let entry = &self.entries[*at as usize];
            entry.hash() == hash && fits(&entry.own)
        };
        self.index.find(hash, found).map(|at| *at as usize)
    }

    /// Takes in a key that is not here, and says where it is.
    pub fn add(&mut self, hash: u64, slot: K::Slot, own: S) -> usize {
        let at = self.entries.len();
        let number = u32::try_from(at).expect("fewer than 2^32 keys of one key group fit into memory");
        self.entries.push(Entry { memo: K::Memo::of(hash), slot, own });
        let entries = &self.entries;
        self.index.insert_unique(hash, number, |at| entries[*at as usize].hash());
        at
    }

    #[inline(always)]
    pub fn own(&mut self, at: usize) -> &mut S {
        &mut self.entries[at].own
    }

    /// The key at a place, with what it has.
    pub fn entry(&self, at: usize) -> (u64, &K::Slot, &S) {
        let entry = &self.entries[at];
        (entry.hash(), &entry.slot, &entry.own)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &K::Slot, &S)> {
        self.entries.iter().map(|entry| (entry.hash(), &entry.slot, &entry.own))
    }

    /// In order.
    pub fn into_entries(self) -> impl Iterator<Item = (K::Slot, S)> {
        self.entries.into_iter().map(|entry| (entry.slot, entry.own))
    }

    /// Forgets a key; the last one takes its place.
    pub fn remove(&mut self, at: usize) -> (K::Slot, S) {
        let hash = self.entries[at].hash();
        if let Ok(number) = self.index.find_entry(hash, |n| *n as usize == at) {
            number.remove();
        }
        let last = self.entries.len() - 1;
        if at != last {
            let hash = self.entries[last].hash();
            let number = self.index.find_mut(hash, |n| *n as usize == last);
            *number.expect("every key is in the index") = at as u32;
        }
        let entry = self.entries.swap_remove(at);
        (entry.slot, entry.own)
    }
}

impl<K: StateKey, S: Serialize> Serialize for Table<K, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        serializer.collect_seq(self.entries.iter().map(|e| (K::from_slot(e.slot.clone()), &e.own)))
    }
}

impl<'de, K: StateKey, S: Deserialize<'de>> Deserialize<'de> for Table<K, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::default();
        for (key, own) in Vec::<(K, S)>::deserialize(deserializer)? {
            let hash = K::hash(&key.probe());
            table.add(hash, key.into_slot(), own);
        }
        Ok(table)
    }
}

impl<K: Key, S> fmt::Debug for Table<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("keys", &self.entries.len()).finish()
    }
}
