//! Where each key stands in a list of pairs: a chained hash index of 32-bit positions.
//!
//! Keys that share a bucket are chained, and the pairs of one key are chained apart from that, in order of arrival. So a
//! key with many pairs costs its neighbours in the bucket nothing.

use super::gather::MANY;
use crate::exchange::Entry;
use crate::key::Key;

/// No position.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Links {
    /// The first pair of the next key in the bucket.
    key: u32,
    /// The next pair of the same key.
    same: u32,
}

/// Reused from group to group.
#[derive(Default)]
pub(crate) struct Index {
    /// The first pair of the first key of each bucket; a power of two of them.
    buckets: Vec<u32>,
    links: Vec<Links>,
}

impl Index {
    /// Indexes a list, and forgets what was indexed before.
    pub(crate) fn build<K: Key, V>(&mut self, entries: &[Entry<K, V>]) {
        assert!(u32::try_from(entries.len()).is_ok_and(|n| n < NONE), "{MANY}");
        self.buckets.clear();
        self.buckets.resize(entries.len().next_power_of_two(), NONE);
        self.links.clear();
        self.links.resize(entries.len(), Links { key: NONE, same: NONE });
        // From the back, so that what comes first stands first.
        for (i, entry) in entries.iter().enumerate().rev() {
            let bucket = self.bucket(entry.hash);
            let (mut before, mut at) = (NONE, self.buckets[bucket]);
            while at != NONE && !entries[at as usize].is_of(entry.hash, &entry.slot) {
                (before, at) = (at, self.links[at as usize].key);
            }
            // It takes the place of a pair of its key, or is put in front.
            if at == NONE {
                self.links[i].key = self.buckets[bucket];
            } else {
                self.links[i] = Links { key: self.links[at as usize].key, same: at };
            }
            if at == NONE || before == NONE {
                self.buckets[bucket] = i as u32;
            } else {
                self.links[before as usize].key = i as u32;
            }
        }
    }

    /// The first pair of a key, or [`NONE`]. `entries` is the list that was indexed.
    #[inline(always)]
    pub(crate) fn find<K: Key, V>(&self, entries: &[Entry<K, V>], hash: u64, slot: &K::Slot) -> u32 {
        let mut at = self.buckets[self.bucket(hash)];
        while at != NONE && !entries[at as usize].is_of(hash, slot) {
            at = self.links[at as usize].key;
        }
        at
    }

    /// The next pair of the same key, or [`NONE`].
    #[inline(always)]
    pub(crate) fn next_same(&self, at: u32) -> u32 {
        self.links[at as usize].same
    }

    /// The low bits: those that name the group are the same for all keys here.
    #[inline(always)]
    fn bucket(&self, hash: u64) -> usize {
        hash as usize & (self.buckets.len() - 1)
    }
}
