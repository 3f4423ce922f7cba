//! The keys of one key group in the order of their first pairs, each with something of its own.
//!
//! A chained hash index of 32-bit positions: one place to look at in the buckets, and one in a dense list, which both lie
//! in a near cache.

use crate::key::Key;

const NONE: u32 = u32::MAX;

struct Known<S, T> {
    hash: u64,
    slot: S,
    own: T,
    /// The next key in the bucket.
    next: u32,
}

/// Reused from group to group.
pub(crate) struct Arrivals<K: Key, T> {
    /// The first key of each bucket; a power of two of them.
    buckets: Vec<u32>,
    keys: Vec<Known<K::Slot, T>>,
}

impl<K: Key, T> Default for Arrivals<K, T> {
    fn default() -> Self {
        Arrivals { buckets: Vec::new(), keys: Vec::new() }
    }
}

impl<K: Key, T> Arrivals<K, T> {
    /// The number of a key in order of arrival; `new` makes what a new one has.
    #[inline(always)]
    pub(crate) fn number(&mut self, hash: u64, slot: K::Slot, new: impl FnOnce() -> T) -> u32 {
        if 2 * self.keys.len() >= self.buckets.len() {
            self.grow();
        }
        // The low bits: those that name the group are the same for all keys here.
        let bucket = hash as usize & (self.buckets.len() - 1);
        let mut at = self.buckets[bucket];
        while at != NONE {
            let known = &self.keys[at as usize];
            if known.hash == hash && K::same_slots(&known.slot, &slot) {
                return at;
            }
            at = known.next;
        }
        let number = self.keys.len() as u32;
        self.keys.push(Known { hash, slot, own: new(), next: self.buckets[bucket] });
        self.buckets[bucket] = number;
        number
    }

    /// What a key has, by its number.
    #[inline(always)]
    pub(crate) fn own(&mut self, number: u32) -> &mut T {
        &mut self.keys[number as usize].own
    }

    /// The keys with what they have, in order of arrival; none are left.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (K::Owned, T)> {
        self.buckets.fill(NONE);
        self.keys.drain(..).map(|known| (K::from_slot(known.slot), known.own))
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let size = (2 * self.buckets.len()).max(16);
        assert!(u32::try_from(size).is_ok(), "fewer than 2^30 keys of one key group fit into memory");
        self.buckets.clear();
        self.buckets.resize(size, NONE);
        for (number, known) in self.keys.iter_mut().enumerate() {
            let bucket = known.hash as usize & (size - 1);
            known.next = std::mem::replace(&mut self.buckets[bucket], number as u32);
        }
    }
}
