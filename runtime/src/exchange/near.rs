//! Tails that combine what lies near to one another, then deal it to key groups: for states, where heads work group by group anyway.
//!
//! What is new to a small table goes in; when the table is full, all of it moves on, in the order in which its keys came, and it
//! begins anew. Where keys repeat it is given more room; where they hardly do, records go straight on for a while. So a stream of
//! few keys crosses as a few pairs, and one of many is not hashed into a table that fits no cache. (The adaptive
//! pre-aggregation of Larson, "Data Reduction by Partial Preaggregation", 2002.)
//!
//! In the order of arrival a key's first pair stands where its first record stood, however the tables were cut: so the order of
//! results does not depend on how a tick's input was cut into tasks.

use std::sync::{Arc, OnceLock};

use hashbrown::HashTable;

use super::Tail;
use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::combine::Reducer;
use super::scatter::{Entry, Scatter, Scattered};
use super::weight::Leaves;
use crate::batch::Data;
use crate::key::{Key, Pair};
use crate::pipeline::{Bucket, TaskContext};

/// How many keys the table takes at first, and at most.
pub(super) const ROOM: std::ops::RangeInclusive<usize> = 1 << 14..=1 << 17;
/// How many records go straight on when the table was of no use, in tables.
pub(super) const STRAIGHT: usize = 16;

struct Near<K: Key, V> {
    index: HashTable<u32>,
    /// In the order in which the keys came; a value is gone only while the user's function runs.
    entries: Vec<(u64, K::Slot, Option<V>)>,
    room: usize,
    /// Records since the table was empty.
    seen: usize,
    /// Records that still go straight on.
    straight: usize,
    scatter: Scatter<K, V>,
}

impl<K: Key<Owned = K>, V> Near<K, V> {
    fn new(partitions: usize) -> Self {
        Near {
            index: HashTable::new(),
            entries: Vec::new(),
            room: *ROOM.start(),
            seen: 0,
            straight: 0,
            scatter: Scatter::new(partitions),
        }
    }

    #[inline(always)]
    fn push<Q>(&mut self, key: Q, value: V, combine: impl FnOnce(V, V) -> V)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let probe = key.probe();
        let hash = Q::hash(&probe);
        if self.straight > 0 {
            drop(probe);
            self.straight -= 1;
            self.scatter.add(hash, Entry::new(hash, key.into_slot(), value));
            return;
        }
        self.seen += 1;
        let entries = &mut self.entries;
        let same = |at: &u32| {
            let (known, slot, _) = &entries[*at as usize];
            *known == hash && Q::same(&probe, slot)
        };
        if let Some(at) = self.index.find(hash, same) {
            let known = &mut entries[*at as usize].2;
            *known = known.take().map(|old| combine(old, value));
        } else {
            drop(probe);
            let entries = &self.entries;
            self.index.insert_unique(hash, entries.len() as u32, |at| entries[*at as usize].0);
            self.entries.push((hash, key.into_slot(), Some(value)));
            if self.entries.len() == self.room {
                self.full();
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn full(&mut self) {
        if self.seen >= 2 * self.room && self.room < *ROOM.end() {
            self.room *= 2;
            return;
        }
        if self.seen < self.room + self.room / 4 {
            self.straight = STRAIGHT * self.room;
        }
        self.flush();
    }

    fn flush(&mut self) {
        for (hash, slot, value) in self.entries.drain(..) {
            let value = value.expect("a panic in the user's function ends the task");
            self.scatter.add(hash, Entry::new(hash, slot, value));
        }
        self.index.clear();
        self.seen = 0;
    }
}

impl<K: Key<Owned = K> + Data, V: Data> Near<K, V> {
    fn close(mut self) -> Vec<Bucket> {
        self.flush();
        self.scatter.close()
    }
}

/// `running_reduce`'s tail.
pub struct CombineNear<K: Key, V, F> {
    near: Near<K, V>,
    reducer: Arc<Reducer<F>>,
}

impl<K: Key<Owned = K>, V, F: Fn(V, V) -> V> CombineNear<K, V, F> {
    #[inline(always)]
    pub fn push<P>(&mut self, pair: P)
    where
        P: Pair<V = V>,
        V: 'static,
        P::K: Key<Owned = K, Slot = K::Slot>,
    {
        let (key, value) = pair.pair();
        self.near.push(key, value, |a, b| self.reducer.call(a, b));
    }
}

impl<K: Key<Owned = K> + Data, V: Data, F: Fn(V, V) -> V + Send + Sync> Tail for CombineNear<K, V, F> {
    type Shared = Arc<OnceLock<Arc<Reducer<F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let reducer = shared.get().expect("the operator gave its function when the pipeline was built");
        CombineNear { near: Near::new(cx.partitions), reducer: Arc::clone(reducer) }
    }

    fn close(self) -> Vec<Bucket> {
        self.near.close()
    }
}

/// `running_count`'s tail.
pub struct CountNear<K: Key> {
    near: Near<K, u64>,
}

impl<K: Key<Owned = K>> CountNear<K> {
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        self.near.push(key, 1, |a, b| a + b);
    }
}

impl<K: Key<Owned = K> + Data> Tail for CountNear<K> {
    type Shared = ();

    fn share() {}

    fn open((): &(), cx: &TaskContext) -> Self {
        CountNear { near: Near::new(cx.partitions) }
    }

    fn close(self) -> Vec<Bucket> {
        self.near.close()
    }
}

impl<K: Key<Owned = K> + Data, V: Data, F> Leaves for CombineNear<K, V, F> {
    type Bucket = Scattered<K, V>;
}
impl<K: Key, V, F> Crosses for CombineNear<K, V, F> {
    type Records = (K, V);
}
impl<K: Key<Owned = K> + Wire, V: Wire, F> BySerde for Tailed<CombineNear<K, V, F>> {
    type Crosses = CombineNear<K, V, F>;
    type Bucket = Scattered<K, V>;
}

impl<K: Key<Owned = K> + Data> Leaves for CountNear<K> {
    type Bucket = Scattered<K, u64>;
}
impl<K: Key> Crosses for CountNear<K> {
    type Records = K;
}
impl<K: Key<Owned = K> + Wire> BySerde for Tailed<CountNear<K>> {
    type Crosses = CountNear<K>;
    type Bucket = Scattered<K, u64>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::exchange::{GROUPS, group_of};
    use crate::key::stable_hash;

    /// The pairs by group, with all of a key's values together where its first one stands.
    fn in_order(pairs: impl Iterator<Item = (u64, Vec<u32>)>) -> BTreeMap<usize, Vec<(u64, Vec<u32>)>> {
        let mut groups: BTreeMap<usize, Vec<(u64, Vec<u32>)>> = BTreeMap::new();
        for (key, mut values) in pairs {
            let group = groups.entry(group_of(stable_hash(&key))).or_default();
            match group.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => known.append(&mut values),
                None => group.push((key, values)),
            }
        }
        groups
    }

    fn through(pairs: &[(u64, u32)], room: usize) -> Vec<(u64, Vec<u32>)> {
        let mut near = Near::<u64, Vec<u32>> { room, ..Near::new(1) };
        for (key, value) in pairs {
            near.push(*key, vec![*value], |a, b| [a, b].concat());
        }
        let mut bucket = crate::op::open::<Scattered<u64, Vec<u32>>>(near.close().remove(0));
        let groups = (0..GROUPS).flat_map(|group| bucket.take(group).into_iter().flatten());
        groups.map(|entry| (entry.slot, entry.value)).collect()
    }

    proptest! {
        #[test]
        fn values_and_first_keys_keep_their_order_whatever_is_combined(
            keys in prop_oneof![Just(3u64), Just(40), Just(1_000_000)],
            pairs in prop::collection::vec(any::<(u64, u32)>(), 0..500),
            room in 1usize..60,
        ) {
            let pairs: Vec<(u64, u32)> = pairs.into_iter().map(|(key, value)| (key % keys, value)).collect();
            let all = pairs.iter().map(|(key, value)| (*key, vec![*value]));
            prop_assert_eq!(in_order(through(&pairs, room).into_iter()), in_order(all));
        }
    }

    #[test]
    fn few_keys_cross_as_few_pairs_and_many_as_they_are() {
        let few: Vec<(u64, u32)> = (0..100_000).map(|n| (n % 5_000, 0)).collect();
        assert_eq!(through(&few, *ROOM.start()).len(), 5_000);
        let mut near = Near::<u64, u32>::new(1);
        (0..100_000u64).for_each(|n| near.push(n, 0, |a, _| a));
        assert!(near.straight > 0 && near.entries.is_empty());
    }
}
