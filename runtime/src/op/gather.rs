//! The input of a keyed operator, key group by key group.

use std::ops::Range;

use hashbrown::HashTable;

use super::open;
use crate::batch::Data;
use crate::exchange::{Entry, Owners, Scattered};
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// What the upstream tasks sent through one input.
pub struct Gather<K: Key, V> {
    tasks: Vec<Scattered<K, V>>,
}

impl<K: Key<Owned = K> + Data, V: Data> Gather<K, V> {
    pub(crate) fn new(buckets: Vec<Bucket>) -> Self {
        Gather { tasks: buckets.into_iter().map(open::<Scattered<K, V>>).collect() }
    }
}

impl<K: Key, V> Gather<K, V> {
    /// The pairs of a group, a list for each upstream task that has any, in their order.
    pub(crate) fn take(&mut self, group: usize) -> Vec<Vec<Entry<K, V>>> {
        self.tasks.iter_mut().map(|task| task.take(group)).filter(|pairs| !pairs.is_empty()).collect()
    }

    /// The pairs of a group in one list.
    pub(crate) fn take_whole(&mut self, group: usize, into: &mut Vec<Entry<K, V>>) {
        into.clear();
        for task in &mut self.tasks {
            let mut pairs = task.take(group);
            if into.is_empty() {
                *into = pairs;
            } else {
                into.append(&mut pairs);
            }
        }
    }
}

/// The groups of the partition that a task works for; none where nothing came.
pub(crate) fn groups(cx: &TaskContext, inputs: &[Vec<Bucket>]) -> Range<usize> {
    if inputs.iter().all(Vec::is_empty) { 0..0 } else { Owners::groups(cx.task, cx.partitions) }
}

/// The two inputs of an operator.
pub(crate) fn two(inputs: Vec<Vec<Bucket>>) -> [Vec<Bucket>; 2] {
    inputs.try_into().expect("an operator on two streams is built with two inputs")
}

/// What a list of pairs can be at most, for 32-bit positions in it.
pub(crate) const MANY: &str = "fewer than 2^32 pairs of one key group fit into memory";

/// Numbers keys in the order of their arrival. Reused from group to group.
#[derive(Default)]
pub(crate) struct Numbers {
    /// Hash and number.
    known: HashTable<(u64, u32)>,
    /// For each pair the number of its key.
    pub of_pair: Vec<u32>,
    /// How often each key came.
    pub counts: Vec<u32>,
}

impl Numbers {
    /// Numbers the keys of the pairs of `a`, then those of `b`.
    pub(crate) fn number<K: Key, V, W>(&mut self, a: &[Vec<Entry<K, V>>], b: &[Vec<Entry<K, W>>]) {
        self.known.clear();
        self.of_pair.clear();
        self.counts.clear();
        let pairs = a.iter().map(Vec::len).sum::<usize>() + b.iter().map(Vec::len).sum::<usize>();
        assert!(u32::try_from(pairs).is_ok(), "{MANY}");
        self.of_pair.reserve(pairs);
        let mut firsts: Vec<&K::Slot> = Vec::new();
        for entry in a.iter().flatten() {
            self.add::<K>(&mut firsts, entry.hash, &entry.slot);
        }
        for entry in b.iter().flatten() {
            self.add::<K>(&mut firsts, entry.hash, &entry.slot);
        }
    }

    #[inline(always)]
    fn add<'e, K: Key>(&mut self, firsts: &mut Vec<&'e K::Slot>, hash: u64, slot: &'e K::Slot) {
        let same = |(other, number): &(u64, u32)| {
            *other == hash && K::same_slots(firsts[*number as usize], slot)
        };
        let number = match self.known.find(hash, same) {
            Some((_, number)) => *number,
            None => {
                let number = firsts.len() as u32;
                firsts.push(slot);
                self.counts.push(0);
                self.known.insert_unique(hash, (hash, number), |(hash, _)| *hash);
                number
            }
        };
        self.counts[number as usize] += 1;
        self.of_pair.push(number);
    }
}
