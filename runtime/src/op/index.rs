//! The right side of a join, for one key group: pairs with a chained hash index of 32-bit positions.
//!
//! Keys that share a bucket are chained, and the pairs of one key are chained apart from that, in order of arrival. So a
//! key with many pairs costs its neighbours in the bucket nothing. The links lie beside the pair: a look-up reads one
//! place in the buckets, and for most keys one pair.

use crate::exchange::{Chunks, Entry};
use crate::key::Key;

/// No position.
pub(crate) const NONE: u32 = u32::MAX;

struct Indexed<K: Key, V> {
    entry: Entry<K, V>,
    /// The first pair of the next key in the bucket.
    next_key: u32,
    /// The next pair of the same key.
    next_same: u32,
}

/// Reused from group to group.
pub(crate) struct Index<K: Key, V> {
    /// The first pair of the first key of each bucket; a power of two of them.
    buckets: Vec<u32>,
    pairs: Vec<Indexed<K, V>>,
}

impl<K: Key, V> Default for Index<K, V> {
    fn default() -> Self {
        Index { buckets: Vec::new(), pairs: Vec::new() }
    }
}

impl<K: Key, V> Index<K, V> {
    /// Indexes pairs in place of those that were here.
    pub(crate) fn build(&mut self, chunks: Chunks<K, V>) {
        self.pairs.clear();
        let all = chunks.into_iter().flatten();
        self.pairs.extend(all.map(|entry| Indexed { entry, next_key: NONE, next_same: NONE }));
        // Several buckets a pair: chains are a branch that nothing foretells (at one a pair, the join took 1.2 of the time).
        let size = (4 * self.pairs.len()).next_power_of_two();
        assert!(u32::try_from(size).is_ok(), "fewer than 2^29 pairs of one key group fit into memory");
        self.buckets.clear();
        self.buckets.resize(size, NONE);
        // From the back, so that what comes first stands first.
        for i in (0..self.pairs.len()).rev() {
            let Entry { slot, .. } = &self.pairs[i].entry;
            let bucket = self.bucket(self.pairs[i].entry.hash());
            let (mut before, mut at) = (NONE, self.buckets[bucket]);
            while at != NONE && !self.is(at, slot) {
                (before, at) = (at, self.pairs[at as usize].next_key);
            }
            // It takes the place of a pair of its key, or is put in front.
            self.pairs[i].next_same = at;
            self.pairs[i].next_key =
                if at == NONE { self.buckets[bucket] } else { self.pairs[at as usize].next_key };
            if at == NONE || before == NONE {
                self.buckets[bucket] = i as u32;
            } else {
                self.pairs[before as usize].next_key = i as u32;
            }
        }
    }

    /// The first pair of a key, or [`NONE`].
    #[inline(always)]
    pub(crate) fn find<W>(&self, entry: &Entry<K, W>) -> u32 {
        let mut at = self.buckets[self.bucket(entry.hash())];
        while at != NONE && !self.is(at, &entry.slot) {
            at = self.pairs[at as usize].next_key;
        }
        at
    }

    /// The value of a pair, and the position of the next one of its key, or [`NONE`].
    #[inline(always)]
    pub(crate) fn value(&self, at: u32) -> (&V, u32) {
        let pair = &self.pairs[at as usize];
        (&pair.entry.value, pair.next_same)
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The pairs, in order of arrival; none are left.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Entry<K, V>> + use<K, V> {
        std::mem::take(&mut self.pairs).into_iter().map(|pair| pair.entry)
    }

    #[inline(always)]
    fn is(&self, at: u32, slot: &K::Slot) -> bool {
        K::same_slots(&self.pairs[at as usize].entry.slot, slot)
    }

    /// The low bits: those that name the group are the same for all keys here.
    #[inline(always)]
    fn bucket(&self, hash: u64) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }
}
