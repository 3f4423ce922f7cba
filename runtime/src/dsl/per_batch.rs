//! Operators on all records of a tick.

use super::{Stream, stream};
use crate::batch::Data;
use crate::key::{Key, Pair};

impl<T> Stream<T> {
    /// One number a tick: how many records it had, 0 for none.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b"], vec![]])).count().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![2], vec![0]]);
    /// ```
    pub fn count(&self) -> Stream<u64> {
        stream()
    }

    /// Each distinct record of the tick, owned, with how often it came.
    ///
    /// Counted on the map side, then one exchange by the record's key group. The order of the pairs is that of their
    /// hashes: the same for every schedule, number of partitions and machine.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b", "a"]])).count_by_value().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 2), ("b", 1)]]);
    /// ```
    pub fn count_by_value(&self) -> Stream<(T::Owned, u64)>
    where
        T: Key,
    {
        stream()
    }
}

impl<T: Pair> Stream<T> {
    /// One pair for each key of the tick: its values, reduced.
    ///
    /// The function must be associative; values come to it in (source partition, offset) order. It combines on the map side
    /// first, so one pair a key and task crosses the exchange. Allocates only for a key that is new.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1), ("b", 5), ("a", 2)]])).reduce_by_key(|a, b| a + b).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 3), ("b", 5)]]);
    /// ```
    pub fn reduce_by_key(&self, f: impl Fn(T::V, T::V) -> T::V) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key,
        T::V: Data,
    {
        let _ = f;
        stream()
    }
}
