//! A hash table from keys to accumulators, made for combining.

use hashbrown::HashTable;

use super::groups::{group_first, turned_back};
use crate::key::{Canonical, Key};

/// One accumulator a key.
///
/// The hash comes from outside (the stable one, which has already named the key's group). An entry is an
/// `Option` so that the accumulator can be moved through the user's function without `unsafe` and without a
/// clone; for strings the `None` hides in the slot's tag and takes no room.
///
/// What comes out is in the order of key group, hash, canonical bytes: the same for another number of partitions (which own
/// runs of groups), of threads, and on another machine. (Except among keys that differ and have the same canonical bytes, which
/// only a [`Keyed`](crate::key::Keyed) type can have.)
pub struct KeyTable<K: Key, A> {
    entries: HashTable<Option<(K::Slot, A)>>,
}

impl<K: Key, A> Default for KeyTable<K, A> {
    fn default() -> Self {
        KeyTable { entries: HashTable::new() }
    }
}

impl<K: Key, A> KeyTable<K, A> {
    /// With room for so many keys.
    pub(crate) fn with_capacity(keys: usize) -> Self {
        KeyTable { entries: HashTable::with_capacity(keys) }
    }
}

const FULL: &str = "an entry is empty only while the user's function runs, and a panic there ends the task";

impl<K: Key, A> KeyTable<K, A> {
    /// Sets the accumulator of `key`: to `combine(old, value)`, or to `value` where the key is new.
    #[inline(always)]
    pub fn combine<Q, V>(
        &mut self,
        hash: u64,
        key: Q,
        value: V,
        first: impl FnOnce(V) -> A,
        combine: impl FnOnce(A, V) -> A,
    ) where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let probe = key.probe();
        let found = self
            .entries
            .find_mut(hash, |entry| entry.as_ref().is_some_and(|(slot, _)| Q::same(&probe, slot)));
        if let Some(entry) = found {
            let (slot, old) = entry.take().expect(FULL);
            *entry = Some((slot, combine(old, value)));
        } else {
            drop(probe);
            self.insert_new(hash, key.into_slot(), first(value));
        }
    }

    #[inline(never)]
    fn insert_new(&mut self, hash: u64, slot: K::Slot, value: A) {
        let rehash = |entry: &Option<(K::Slot, A)>| K::slot_hash(&entry.as_ref().expect(FULL).0);
        self.entries.insert_unique(hash, Some((slot, value)), rehash);
    }

    /// Takes in what another table holds.
    pub(crate) fn merge(&mut self, other: KeyTable<K, A>, mut combine: impl FnMut(A, A) -> A) {
        for entry in other.entries {
            let (slot, value) = entry.expect(FULL);
            let hash = K::slot_hash(&slot);
            let found = self
                .entries
                .find_mut(hash, |entry| entry.as_ref().is_some_and(|(mine, _)| K::same_slots(mine, &slot)));
            if let Some(entry) = found {
                let (mine, old) = entry.take().expect(FULL);
                *entry = Some((mine, combine(old, value)));
            } else {
                self.insert_new(hash, slot, value);
            }
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// For how many there is room, full or not.
    pub(crate) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K::Slot, &A)> {
        self.entries.iter().flatten().map(|(slot, a)| (slot, a))
    }

    /// The keys as they lie here, with their hashes and accumulators, in no order that means anything.
    pub(crate) fn into_any_order(self) -> impl Iterator<Item = (u64, K::Slot, A)> {
        let entries = self.entries.into_iter().map(|entry| entry.expect(FULL));
        entries.map(|(slot, a)| (K::slot_hash(&slot), slot, a))
    }

    /// The keys, owned, with their accumulators, in the order that the type promises.
    pub(crate) fn into_rows(self) -> Vec<(K::Owned, A)> {
        self.into_entries().map(|(_, slot, a)| (K::from_slot(slot), a)).collect()
    }

    /// As [`KeyTable::into_rows`], with the keys as they lie here and their hashes.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (u64, K::Slot, A)> {
        let entries = self.entries.into_iter().map(|entry| entry.expect(FULL));
        let mut entries: Vec<(u64, K::Slot, A)> =
            entries.map(|(slot, a)| (group_first(K::slot_hash(&slot)), slot, a)).collect();
        entries.sort_unstable_by(|(hash, slot, _), (other, other_slot, _)| {
            // Equal hashes of different keys are rare, so their bytes are not kept.
            hash.cmp(other).then_with(|| canonical::<K>(slot).cmp(&canonical::<K>(other_slot)))
        });
        entries.into_iter().map(|(turned, slot, a)| (turned_back(turned), slot, a))
    }
}

/// Brings entries into the order that [`KeyTable`] promises; those of one key stay in theirs.
pub(crate) fn in_order<K: Key, A>(entries: &mut [(u64, K::Slot, A)]) {
    entries.sort_by(|(hash, slot, _), (other, other_slot, _)| {
        let groups_first = group_first(*hash).cmp(&group_first(*other));
        groups_first.then_with(|| canonical::<K>(slot).cmp(&canonical::<K>(other_slot)))
    });
}

fn canonical<K: Key>(slot: &K::Slot) -> Canonical {
    let mut bytes = Canonical::default();
    K::write_slot(slot, &mut bytes);
    bytes
}
