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
    /// How many keys it takes room for when it is no longer small.
    expected: usize,
}

/// As many keys as fit into 512 slots. Up to here a table grows as it needs: a tick of a few records pays for no more.
const SMALL: usize = 448;

impl<K: Key, A> Default for KeyTable<K, A> {
    fn default() -> Self {
        KeyTable::expecting(0)
    }
}

impl<K: Key, A> KeyTable<K, A> {
    /// With room for so many keys.
    pub(crate) fn with_capacity(keys: usize) -> Self {
        KeyTable { entries: HashTable::with_capacity(keys), expected: 0 }
    }

    /// Which takes room for so many keys when it is no longer small.
    pub(crate) fn expecting(keys: usize) -> Self {
        KeyTable { entries: HashTable::new(), expected: keys }
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
        if self.entries.len() == SMALL && self.expected > SMALL {
            self.entries.reserve(self.expected - SMALL, rehash);
        }
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
        let mut entries: Vec<Option<(K::Slot, A)>> = self.entries.into_iter().collect();
        let hash = |entry: &Option<(K::Slot, A)>| group_first(K::slot_hash(&entry.as_ref().expect(FULL).0));
        let hashes = entries.iter().map(hash).zip(0..).collect();
        let places = sorted(hashes, |one, other| {
            // Equal hashes of different keys are rare, so their bytes are not kept.
            let [one, other] =
                [one, other].map(|at: usize| canonical::<K>(&entries[at].as_ref().expect(FULL).0));
            one.cmp(&other)
        });
        places.into_iter().map(move |(turned, at)| {
            let (slot, a) = entries[at].take().expect("each has one place");
            (turned_back(turned), slot, a)
        })
    }
}

/// Sorts hashes, which stand beside the places of their keys; `tie` compares the keys of two places.
///
/// Hashes are spread evenly, so each belongs nearly where its share of their range says: they are dealt by it, to about one a
/// bucket, and sorted in there. (A bucket sort.)
fn sorted(hashes: Vec<(u64, usize)>, tie: impl Fn(usize, usize) -> std::cmp::Ordering) -> Vec<(u64, usize)> {
    let order = |(hash, at): &(u64, usize), (other, other_at): &(u64, usize)| {
        hash.cmp(other).then_with(|| tie(*at, *other_at))
    };
    let (least, most) = hashes.iter().fold((u64::MAX, 0), |(l, m), (hash, _)| (l.min(*hash), m.max(*hash)));
    let bits = u64::BITS - most.saturating_sub(least).leading_zeros();
    let shift = bits.saturating_sub(hashes.len().max(1).ilog2() + 1);
    // Where the next of each bucket goes.
    let mut next = vec![0usize; (most.saturating_sub(least) >> shift) as usize + 2];
    let bucket = |hash: u64| ((hash - least) >> shift) as usize;
    hashes.iter().for_each(|(hash, _)| next[bucket(*hash) + 1] += 1);
    for at in 1..next.len() {
        next[at] += next[at - 1];
    }
    let mut dealt = vec![(0, 0); hashes.len()];
    for (hash, at) in hashes {
        let next = &mut next[bucket(hash)];
        dealt[*next] = (hash, at);
        *next += 1;
    }
    let mut begin = 0;
    for end in next {
        // Behind the last bucket there is none.
        if let Some(bucket) = dealt.get_mut(begin..end).filter(|bucket| bucket.len() > 1) {
            bucket.sort_unstable_by(order);
        }
        begin = end;
    }
    dealt
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hashes_are_sorted_however_they_are_spread(
            hashes in prop_oneof![
                prop::collection::vec(any::<u64>(), 0..300),
                prop::collection::vec(0u64..40, 0..300),
                prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), 0u64..9, any::<u64>()], 0..60),
            ],
        ) {
            let hashes: Vec<(u64, usize)> = hashes.into_iter().zip(0..).collect();
            let mut model = hashes.clone();
            model.sort_unstable_by(|(hash, at), (other, other_at)| hash.cmp(other).then(other_at.cmp(at)));
            prop_assert_eq!(sorted(hashes, |one, other| other.cmp(&one)), model);
        }
    }

    #[test]
    fn a_table_takes_the_room_it_expects_when_it_is_no_longer_small() {
        let mut table = KeyTable::<u64, ()>::expecting(10_000);
        let mut add = |keys: std::ops::Range<u64>| {
            keys.for_each(|key| table.combine(crate::key::stable_hash(&key), key, (), |()| (), |(), ()| ()));
            table.capacity()
        };
        assert!(add(0..SMALL as u64) < 1000);
        let room = add(SMALL as u64..SMALL as u64 + 1);
        assert!(room >= 10_000);
        assert_eq!(add(SMALL as u64 + 1..10_000), room);
    }
}
