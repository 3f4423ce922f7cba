//! A tail that deals pairs to their key groups: for operators that need all values of a key.
//!
//! Heads then work group by group: the table of one group is small enough for a near cache, and results leave in the
//! order of groups, which is the same for any number of partitions. (A radix join's partitioning phase; Kim et al.,
//! "Sort vs. Hash Revisited", 2009.) The hash is kept beside the key: a head reads it three times, and a long string
//! would have to be fetched for it.

use super::codec::{AsRecords, BySerde, Crosses, Tailed, Wire};
use super::groups::{GROUPS, Owners, group_of};
use super::Tail;
use crate::batch::Data;
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// A pair on its way.
pub struct Entry<K: Key, V> {
    pub(crate) hash: u64,
    pub(crate) slot: K::Slot,
    pub(crate) value: V,
}

impl<K: Key, V> Entry<K, V> {
    #[inline(always)]
    pub(crate) fn is_of(&self, hash: u64, slot: &K::Slot) -> bool {
        self.hash == hash && K::same_slots(&self.slot, slot)
    }
}

/// Keeps every pair, in order within its key group.
pub struct Scatter<K: Key, V> {
    groups: Box<[Vec<Entry<K, V>>; GROUPS]>,
    partitions: usize,
}

impl<K: Key<Owned = K>, V> Scatter<K, V> {
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q, value: V)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let hash = Q::hash(&key.probe());
        self.groups[group_of(hash)].push(Entry { hash, slot: key.into_slot(), value });
    }
}

impl<K: Key<Owned = K> + Data, V: Data> Tail for Scatter<K, V> {
    type Shared = ();

    fn share() {}

    fn open((): &(), cx: &TaskContext) -> Self {
        Scatter { groups: Box::new([const { Vec::new() }; GROUPS]), partitions: cx.partitions }
    }

    fn close(self) -> Vec<Bucket> {
        let mut groups = self.groups.into_iter();
        (0..self.partitions)
            .map(|partition| {
                let owned = Owners::groups(partition, self.partitions);
                let groups = groups.by_ref().take(owned.len()).collect();
                Box::new(Scattered::<K, V> { first: owned.start, groups }) as Bucket
            })
            .collect()
    }
}

/// A run of key groups, from `first` on: what goes to one partition.
pub struct Scattered<K: Key, V> {
    first: usize,
    groups: Vec<Vec<Entry<K, V>>>,
}

impl<K: Key, V> Scattered<K, V> {
    /// The pairs of a group, in order of arrival.
    pub(crate) fn take(&mut self, group: usize) -> Vec<Entry<K, V>> {
        let at = group.checked_sub(self.first).and_then(|at| self.groups.get_mut(at));
        at.map(std::mem::take).unwrap_or_default()
    }
}

impl<K: Key<Owned = K> + Wire, V: Wire> AsRecords for Scattered<K, V> {
    type Records = Vec<(K, V)>;

    fn into_records(self) -> Vec<(K, V)> {
        self.groups.into_iter().flatten().map(|e| (K::from_slot(e.slot), e.value)).collect()
    }

    fn from_records(records: Vec<(K, V)>) -> Self {
        // Which run of groups it was, its records don't say; so all of them.
        let mut groups: Vec<_> = (0..GROUPS).map(|_| Vec::new()).collect();
        for (key, value) in records {
            let hash = K::hash(&key.probe());
            groups[group_of(hash)].push(Entry { hash, slot: key.into_slot(), value });
        }
        Scattered { first: 0, groups }
    }
}

impl<K: Key, V> Crosses for Scatter<K, V> {
    type Records = (K, V);
}
impl<K: Key<Owned = K> + Wire, V: Wire> BySerde for Tailed<Scatter<K, V>> {
    type Crosses = Scatter<K, V>;
    type Bucket = Scattered<K, V>;
}
