//! How much memory a bucket takes, about: what the engine's budget for a tick is held against.
//!
//! A record counts its own size, and what it owns on the heap by what its `Serialize` tells (`sizer.rs`), where it is a
//! serde type: so a `String` counts its text, a `Vec` its items, and nothing has to be implemented for a user's types. A
//! few records of a bucket stand for all, and a few items of a record.

use std::any::Any;

use serde::Serialize;

use super::sizer;
use super::{
    AggregateAll, Combine, Count, CountValues, Deal, First, Give, KeyTable, Rank, ReduceAll, Sort, Tailed,
    Top,
};
use crate::batch::Data;
use crate::key::{Canonical, Key};

/// Bytes that a bucket holds.
pub type Weigh = fn(&(dyn Any + Send)) -> u64;

/// How many records of a bucket are measured.
const SAMPLE: usize = 16;

/// What the allocator adds to a record that owns something, if only to round it up.
const ALLOCATION: usize = 16;

/// A bucket, seen from outside.
pub trait Held: Data {
    /// How many records.
    fn records(&self) -> usize;
    /// The bucket's own size, without what its records own.
    fn room(&self) -> usize;
}

/// A bucket of which it is known what its records own.
pub trait Measured: Held {
    /// Of some records, evenly spread: how many they are, and the bytes that they own.
    fn sample(&self) -> (usize, usize);
}

/// A tail, by its buckets.
pub trait Leaves {
    type Bucket: Held;
}

impl<K: Key<Owned = K> + Data, V: Data, F> Leaves for Combine<K, V, F> {
    type Bucket = KeyTable<K, V>;
}
impl<K: Key<Owned = K> + Data> Leaves for CountValues<K> {
    type Bucket = KeyTable<K, u64>;
}
impl Leaves for Count {
    type Bucket = u64;
}
impl<T: Data> Leaves for Give<T> {
    type Bucket = Vec<T>;
}
impl<T: Data> Leaves for First<T> {
    type Bucket = Vec<T>;
}

impl<T: Data, F> Leaves for ReduceAll<T, F> {
    type Bucket = Option<T>;
}
impl<T, A: Data, F> Leaves for AggregateAll<T, A, F> {
    type Bucket = Option<A>;
}
impl<K: Data, V: Data> Leaves for Sort<K, V> {
    type Bucket = Vec<(K, V)>;
}
impl<T: Data, R: Rank<T>> Leaves for Top<T, R> {
    type Bucket = Vec<T>;
}
impl<T: Data> Leaves for Deal<T> {
    type Bucket = Vec<T>;
}

/// Where the records are serde types; found first. (As in `codec.rs`, the expansion probes, by method lookup.)
pub trait WeighedBySerde {
    type Bucket: Measured;
    fn weigher(&self) -> Weigh {
        by_serde::<Self::Bucket>
    }
}

impl<T: Leaves<Bucket: Measured>> WeighedBySerde for &&Tailed<T> {
    type Bucket = T::Bucket;
}

/// Where they are not.
pub trait WeighedBySize {
    type Bucket: Held;
    fn weigher(&self) -> Weigh {
        by_size::<Self::Bucket>
    }
}

impl<T: Leaves> WeighedBySize for &Tailed<T> {
    type Bucket = T::Bucket;
}

/// Where they can't leave a stage at all, which the tail itself has said.
pub trait Unweighed {
    fn weigher(&self) -> Weigh {
        unknown
    }
}

impl<T> Unweighed for Tailed<T> {}

/// Says how what leaves through a tail is weighed.
#[doc(hidden)]
#[macro_export]
macro_rules! __weigher {
    ($tailed:expr) => {{
        #[allow(unused_imports, reason = "one of them is found")]
        use $crate::rt::{Unweighed as _, WeighedBySerde as _, WeighedBySize as _};
        (&&&$tailed).weigher()
    }};
}

pub(crate) fn unknown(_bucket: &(dyn Any + Send)) -> u64 {
    0
}

pub(crate) fn by_size<B: Held>(bucket: &(dyn Any + Send)) -> u64 {
    bucket.downcast_ref::<B>().map_or(0, |bucket| bucket.room() as u64)
}

pub(crate) fn by_serde<B: Measured>(bucket: &(dyn Any + Send)) -> u64 {
    let Some(bucket) = bucket.downcast_ref::<B>() else { return 0 };
    let records = bucket.records();
    let owned = if records == 0 {
        0
    } else {
        let (sampled, bytes) = bucket.sample();
        (bytes as u128 * records as u128 / sampled.max(1) as u128) as u64
    };
    bucket.room() as u64 + owned
}

/// What a value owns, about.
pub(super) fn owned<T: Serialize>(value: &T) -> usize {
    if !std::mem::needs_drop::<T>() {
        return 0;
    }
    sizer::size(value) + ALLOCATION
}

/// What a key owns, about.
pub(super) fn owned_by_key<K: Key>(slot: &K::Slot) -> usize {
    if !std::mem::needs_drop::<K::Slot>() {
        return 0;
    }
    let mut canonical = Canonical::default();
    K::write_slot(slot, &mut canonical);
    canonical.len()
}

/// Every how manyth record is looked at.
pub(super) fn stride(records: usize) -> usize {
    records.div_ceil(SAMPLE).max(1)
}

impl<T: Data> Held for Vec<T> {
    fn records(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity() * size_of::<T>()
    }
}

impl<T: Data + Serialize> Measured for Vec<T> {
    fn sample(&self) -> (usize, usize) {
        self.iter()
            .step_by(stride(self.len()))
            .fold((0, 0), |(n, bytes), record| (n + 1, bytes + owned(record)))
    }
}

impl<K: Key<Owned = K> + Data, A: Data> Held for KeyTable<K, A> {
    fn records(&self) -> usize {
        self.len()
    }

    fn room(&self) -> usize {
        self.capacity() * size_of::<Option<(K::Slot, A)>>()
    }
}

impl<K: Key<Owned = K> + Data, A: Data + Serialize> Measured for KeyTable<K, A> {
    fn sample(&self) -> (usize, usize) {
        // The first ones will do: they lie where their hashes say. (To step on to the others would visit all.)
        self.iter()
            .take(SAMPLE)
            .fold((0, 0), |(n, bytes), (slot, value)| (n + 1, bytes + owned_by_key::<K>(slot) + owned(value)))
    }
}

impl<T: Data> Held for Option<T> {
    fn records(&self) -> usize {
        self.iter().len()
    }

    fn room(&self) -> usize {
        size_of::<Self>()
    }
}

impl<T: Data + Serialize> Measured for Option<T> {
    fn sample(&self) -> (usize, usize) {
        (self.iter().len(), self.iter().map(owned).sum())
    }
}

impl Held for u64 {
    fn records(&self) -> usize {
        1
    }

    fn room(&self) -> usize {
        size_of::<u64>()
    }
}

impl Measured for u64 {
    fn sample(&self) -> (usize, usize) {
        (1, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(weight: u64, expected: usize) -> bool {
        let expected = expected as u64;
        weight >= expected && weight <= expected + expected / 2
    }

    #[test]
    fn records_count_what_they_own() {
        let texts: Vec<String> = (0..1000).map(|n| "x".repeat(n % 200)).collect();
        let bytes = texts.iter().map(|t| size_of::<String>() + t.len()).sum();
        assert!(near(by_serde::<Vec<String>>(&texts), bytes));
        assert_eq!(by_size::<Vec<String>>(&texts), 24_000);
        let numbers = vec![1u64; 1000];
        assert_eq!(by_serde::<Vec<u64>>(&numbers), 8000);
        let nested = vec![vec![vec![1u8; 100]; 10]; 100];
        assert!(near(by_serde::<Vec<Vec<Vec<u8>>>>(&nested), 100 * (24 + 10 * 100)));
        assert_eq!(by_serde::<Vec<String>>(&Vec::<String>::new()), 0);
    }

    #[test]
    fn tables_count_keys_and_values() {
        let mut table = KeyTable::<String, Vec<u8>>::default();
        for n in 0..1000u32 {
            let key = format!("{n:0100}");
            table.combine(String::hash(&key.probe()), key.as_str(), (), |()| vec![0u8; 50], |a, ()| a);
        }
        assert!(near(by_serde::<KeyTable<String, Vec<u8>>>(&table), 1000 * (16 + 24 + 150)));
    }

    #[test]
    fn what_a_task_reduced_or_folded_counts_once() {
        assert!(near(by_serde::<Option<String>>(&Some("x".repeat(1000))), 1024));
        assert_eq!(by_serde::<Option<String>>(&None::<String>), 24);
    }

    #[test]
    fn a_bucket_of_another_tail_weighs_nothing() {
        assert_eq!(by_serde::<Vec<u64>>(&vec![1u8]), 0);
    }
}
