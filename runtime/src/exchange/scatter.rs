//! A tail that deals pairs to their key groups: for operators that need all values of a key.
//!
//! Heads then work group by group: the table of one group is small enough for a near cache, and results leave in the
//! order of groups, which is the same for any number of partitions. (A radix join's partitioning phase; Kim et al.,
//! "Sort vs. Hash Revisited", 2009.)
//!
//! A group is a list of chunks, each twice as large as the one before up to a limit: so pairs are not moved when the
//! group grows. A few pairs are kept as they come instead, and are put in the order of their groups when the task ends: a tick
//! of a few would else take memory a hundred times, for a pair or two each, and give it back on another thread.

use std::ops::Range;

use serde::Serialize;

use super::Tail;
use super::codec::{AsRecords, BySerde, Crosses, Tailed, Wire};
use super::groups::{GROUPS, Owners, group_of};
use super::weight::{Held, Leaves, Measured, owned, owned_by_key, stride};
use crate::batch::Data;
use crate::key::{Key, Memo};
use crate::pipeline::{Bucket, TaskContext};

/// A pair on its way.
pub struct Entry<K: Key, V> {
    memo: K::Memo,
    pub(crate) slot: K::Slot,
    pub(crate) value: V,
}

impl<K: Key, V> Entry<K, V> {
    #[inline(always)]
    pub(super) fn new(hash: u64, slot: K::Slot, value: V) -> Self {
        Entry { memo: K::Memo::of(hash), slot, value }
    }

    #[inline(always)]
    pub(crate) fn hash(&self) -> u64 {
        self.memo.hash(|| K::slot_hash(&self.slot))
    }
}

/// Up to here pairs are few.
const FEW: usize = 4096;

/// The first chunk of a group, and the largest, in pairs.
const CHUNKS: std::ops::RangeInclusive<usize> = 32..=1024;

/// Pairs of one key group, in order of arrival.
pub(crate) type Chunks<K, V> = Vec<Vec<Entry<K, V>>>;

/// Pairs that are put and taken one by one, in any order.
type Places<K, V> = Vec<Option<Entry<K, V>>>;

/// Keeps every pair, in order within its key group.
pub struct Scatter<K: Key, V> {
    /// While they are few: each with its group.
    few: Vec<(u8, Entry<K, V>)>,
    /// Then all of them.
    many: Option<Box<Many<K, V>>>,
    partitions: usize,
}

struct Many<K: Key, V> {
    /// The chunk of each group that is being filled.
    open: [Vec<Entry<K, V>>; GROUPS],
    /// Those before it.
    full: [Chunks<K, V>; GROUPS],
}

impl<K: Key, V> Scatter<K, V> {
    pub(super) fn new(partitions: usize) -> Self {
        Scatter { few: Vec::new(), many: None, partitions }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, hash: u64, entry: Entry<K, V>) {
        let group = group_of(hash);
        match &mut self.many {
            Some(many) => many.add(group, entry),
            None => {
                self.few.push((group as u8, entry));
                if self.few.len() == FEW {
                    self.many = Some(Many::of(std::mem::take(&mut self.few)));
                }
            }
        }
    }

    /// What goes to each partition.
    fn into_parts(self) -> Vec<Scattered<K, V>> {
        let owned = (0..self.partitions).map(|partition| Owners::groups(partition, self.partitions));
        match self.many {
            Some(many) => {
                let mut groups = many.into_groups();
                owned
                    .map(|owned| Scattered {
                        first: owned.start,
                        pairs: Pairs::Many(groups.by_ref().take(owned.len()).collect()),
                    })
                    .collect()
            }
            None => in_order(self.few, owned),
        }
    }
}

impl<K: Key, V> Many<K, V> {
    #[cold]
    #[inline(never)]
    fn of(few: Vec<(u8, Entry<K, V>)>) -> Box<Self> {
        let (open, full) = ([const { Vec::new() }; GROUPS], [const { Vec::new() }; GROUPS]);
        let mut many = Box::new(Many { open, full });
        few.into_iter().for_each(|(group, entry)| many.add(group.into(), entry));
        many
    }

    #[inline(always)]
    fn add(&mut self, group: usize, entry: Entry<K, V>) {
        let chunk = &mut self.open[group];
        if chunk.len() == chunk.capacity() {
            next_chunk(chunk, &mut self.full[group]);
        }
        chunk.push(entry);
    }

    /// For each group its chunks.
    fn into_groups(self) -> impl Iterator<Item = Chunks<K, V>> {
        self.full.into_iter().zip(self.open).map(|(mut full, open)| {
            if !open.is_empty() {
                full.push(open);
            }
            full
        })
    }
}

/// Puts pairs in the order of their groups, in a list for each run of groups.
#[inline(never)]
fn in_order<K: Key, V>(
    few: Vec<(u8, Entry<K, V>)>,
    runs: impl Iterator<Item = Range<usize>>,
) -> Vec<Scattered<K, V>> {
    let mut counts = [0u32; GROUPS];
    few.iter().for_each(|(group, _)| counts[usize::from(*group)] += 1);
    // Of each group, its run and where its next pair goes there.
    let mut next = [(0u32, 0u32); GROUPS];
    let mut runs: Vec<(usize, Vec<u32>, Places<K, V>)> = runs
        .enumerate()
        .map(|(run, groups)| {
            let (first, mut all) = (groups.start, 0);
            let mut starts = Vec::with_capacity(groups.len() + 1);
            for group in groups {
                starts.push(all);
                next[group] = (run as u32, all);
                all += counts[group];
            }
            starts.push(all);
            let mut entries = Vec::new();
            entries.resize_with(all as usize, || None);
            (first, starts, entries)
        })
        .collect();
    for (group, entry) in few {
        let (run, at) = &mut next[usize::from(group)];
        runs[*run as usize].2[*at as usize] = Some(entry);
        *at += 1;
    }
    let runs = runs.into_iter();
    runs.map(|(first, starts, entries)| Scattered { first, pairs: Pairs::Few { starts, entries } }).collect()
}

#[cold]
#[inline(never)]
fn next_chunk<T>(chunk: &mut Vec<T>, full: &mut Vec<Vec<T>>) {
    let size = (2 * chunk.capacity()).clamp(*CHUNKS.start(), *CHUNKS.end());
    let before = std::mem::replace(chunk, Vec::with_capacity(size));
    if !before.is_empty() {
        full.push(before);
    }
}

impl<K: Key<Owned = K>, V> Scatter<K, V> {
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q, value: V)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let hash = Q::hash(&key.probe());
        self.add(hash, Entry::new(hash, key.into_slot(), value));
    }
}

impl<K: Key<Owned = K> + Data, V: Data> Tail for Scatter<K, V> {
    type Shared = ();

    fn share() {}

    fn open((): &(), cx: &TaskContext) -> Self {
        Scatter::new(cx.partitions)
    }

    fn close(self) -> Vec<Bucket> {
        self.into_parts().into_iter().map(|part| Box::new(part) as Bucket).collect()
    }
}

/// A run of key groups, from `first` on: what goes to one partition.
pub struct Scattered<K: Key, V> {
    first: usize,
    pairs: Pairs<K, V>,
}

enum Pairs<K: Key, V> {
    /// In the order of groups, with where each begins and the last one ends. What was taken is none.
    Few { starts: Vec<u32>, entries: Places<K, V> },
    /// By group.
    Many(Vec<Chunks<K, V>>),
}

impl<K: Key, V> Scattered<K, V> {
    /// The pairs of a group.
    pub(crate) fn take(&mut self, group: usize) -> Chunks<K, V> {
        let Some(at) = group.checked_sub(self.first) else { return Vec::new() };
        match &mut self.pairs {
            Pairs::Many(groups) => groups.get_mut(at).map(std::mem::take).unwrap_or_default(),
            Pairs::Few { starts, entries } => {
                let [from, to] =
                    [at, at + 1].map(|at| starts.get(at).map_or(entries.len(), |at| *at as usize));
                if from == to {
                    return Vec::new();
                }
                let mut chunk = Vec::with_capacity(to - from);
                chunk.extend(entries[from..to].iter_mut().filter_map(Option::take));
                if chunk.is_empty() { Vec::new() } else { vec![chunk] }
            }
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Entry<K, V>> {
        let (few, many) = match &self.pairs {
            Pairs::Few { entries, .. } => (Some(entries), None),
            Pairs::Many(groups) => (None, Some(groups)),
        };
        few.into_iter().flatten().flatten().chain(many.into_iter().flatten().flatten().flatten())
    }
}

impl<K: Key<Owned = K> + Wire, V: Wire> AsRecords for Scattered<K, V> {
    type Records = Vec<(K, V)>;

    fn into_records(self) -> Vec<(K, V)> {
        let pair = |e: Entry<K, V>| (K::from_slot(e.slot), e.value);
        match self.pairs {
            Pairs::Few { entries, .. } => entries.into_iter().flatten().map(pair).collect(),
            Pairs::Many(groups) => groups.into_iter().flatten().flatten().map(pair).collect(),
        }
    }

    fn from_records(records: Vec<(K, V)>) -> Self {
        // Which run of groups it was, the records don't say; so all of them.
        let mut scatter = Scatter::new(1);
        for (key, value) in records {
            scatter.push(key, value);
        }
        scatter.into_parts().remove(0)
    }
}

impl<K: Key<Owned = K> + Data, V: Data> Leaves for Scatter<K, V> {
    type Bucket = Scattered<K, V>;
}

impl<K: Key<Owned = K> + Data, V: Data> Held for Scattered<K, V> {
    fn records(&self) -> usize {
        match &self.pairs {
            Pairs::Few { entries, .. } => entries.len(),
            Pairs::Many(groups) => groups.iter().flatten().map(Vec::len).sum(),
        }
    }

    fn room(&self) -> usize {
        match &self.pairs {
            Pairs::Few { entries, .. } => entries.capacity() * size_of::<Option<Entry<K, V>>>(),
            Pairs::Many(groups) => {
                let entries: usize = groups.iter().flatten().map(Vec::capacity).sum();
                entries * size_of::<Entry<K, V>>()
            }
        }
    }
}

impl<K: Key<Owned = K> + Data, V: Data + Serialize> Measured for Scattered<K, V> {
    fn sample(&self) -> (usize, usize) {
        let some = self.entries().step_by(stride(self.records()));
        some.fold((0, 0), |(n, bytes), e| (n + 1, bytes + owned_by_key::<K>(&e.slot) + owned(&e.value)))
    }
}

impl<K: Key, V> Crosses for Scatter<K, V> {
    type Records = (K, V);
}
impl<K: Key<Owned = K> + Wire, V: Wire> BySerde for Tailed<Scatter<K, V>> {
    type Crosses = Scatter<K, V>;
    type Bucket = Scattered<K, V>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::stable_hash;

    type Pairs = Vec<(u16, u32)>;

    fn scatter(pairs: &Pairs) -> Scatter<u16, u32> {
        let mut scatter = Scatter::new(1);
        for (key, value) in pairs {
            scatter.push(*key, *value);
        }
        scatter
    }

    fn of_group(chunks: Chunks<u16, u32>) -> Pairs {
        chunks.into_iter().flatten().map(|e| (e.slot, e.value)).collect()
    }

    proptest! {
        #[test]
        fn a_group_has_its_pairs_in_order(few: Pairs, copies in 0..3 * FEW) {
            // Up to so many of one group that its chunks stop growing.
            let pairs: Pairs = few.into_iter().chain((0..copies).map(|i| (7, i as u32))).collect();
            let mut whole = scatter(&pairs).into_parts().remove(0);
            for group in 0..GROUPS {
                let chunks = whole.take(group);
                let is_here = |pair: &&(u16, u32)| group_of(stable_hash(&pair.0)) == group;
                prop_assert_eq!(of_group(chunks), pairs.iter().filter(is_here).copied().collect::<Pairs>());
            }
        }

        #[test]
        fn each_partition_gets_its_groups(pairs: Pairs, are_many: bool, partitions in 1usize..=GROUPS) {
            let pairs = if are_many { pairs.repeat(FEW / pairs.len().max(1) + 1) } else { pairs };
            let buckets = Scatter { partitions, ..scatter(&pairs) }.close();
            prop_assert_eq!(buckets.len(), partitions);
            let mut whole = scatter(&pairs).into_parts().remove(0);
            for (partition, bucket) in buckets.into_iter().enumerate() {
                let mut bucket = crate::op::open::<Scattered<u16, u32>>(bucket);
                for group in Owners::groups(partition, partitions) {
                    prop_assert_eq!(of_group(bucket.take(group)), of_group(whole.take(group)));
                }
                for group in 0..GROUPS {
                    prop_assert!(bucket.take(group).is_empty());
                }
            }
        }

        #[test]
        fn pairs_that_were_bytes_are_in_the_same_groups(pairs: Pairs) {
            let bucket = |pairs| crate::op::open::<Scattered<u16, u32>>(scatter(pairs).close().remove(0));
            let (mut here, mut there) = (bucket(&pairs), Scattered::from_records(bucket(&pairs).into_records()));
            for group in 0..GROUPS {
                prop_assert_eq!(of_group(there.take(group)), of_group(here.take(group)));
            }
        }
    }

    #[test]
    fn pairs_weigh_what_they_take_and_own() {
        let mut scatter = Scatter::<String, String>::new(1);
        for n in 0..10_000 {
            scatter.push(format!("a key of some length: {n:010}"), "a value".repeat(n % 3));
        }
        let bucket = scatter.close().remove(0);
        let weight = crate::exchange::weight::by_serde::<Scattered<String, String>>(&*bucket) as usize;
        let (entry, texts) = (size_of::<Entry<String, String>>(), 32 + 7);
        assert!((10_000 * (entry + texts)..20_000 * (entry + texts)).contains(&weight), "{weight}");
    }
}
