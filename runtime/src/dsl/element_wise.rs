//! Element-wise operators: fused, no exchange.

use super::{AsStream, Stream, stream};
use crate::fused::Bad;
use crate::key::Pair;

impl<T> Stream<T> {
    /// Each record, changed.
    ///
    /// What the closure returns may borrow from the record (`|line| line.trim()`). Costs the closure: no clone, no
    /// allocation.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2, 3]])).map(|n| n * 10).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![10, 20, 30]]);
    /// ```
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Stream<U> {
        let _ = f;
        stream()
    }

    /// The records for which the closure is true.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2, 3]])).filter(|n| n % 2 == 1).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![1, 3]]);
    /// ```
    pub fn filter(&self, f: impl Fn(&T) -> bool) -> Stream<T> {
        let _ = f;
        stream()
    }

    /// All that the closure's iterators yield, in order.
    ///
    /// A nested loop: nothing is collected, and the iterator may borrow from the record.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a b", "c"]])).flat_map(|line| line.split(' ')).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a", "b", "c"]]);
    /// ```
    pub fn flat_map<I: IntoIterator>(&self, f: impl Fn(T) -> I) -> Stream<I::Item> {
        let _ = f;
        stream()
    }

    /// What the closure returns, where it is `Some`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["1", "x", "3"]])).filter_map(|s| s.parse::<u32>().ok()).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![1, 3]]);
    /// ```
    pub fn filter_map<U>(&self, f: impl Fn(T) -> Option<U>) -> Stream<U> {
        let _ = f;
        stream()
    }

    /// What the closure returns: the good results, and the bad records with their errors.
    ///
    /// So bad input goes where you say. Costs one clone of each record, kept for the case that it is bad (free for `&str`
    /// and other `Copy` records).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let (good, bad) = (MemorySink::new(), MemorySink::new());
    /// # let (good_sink, bad_sink) = (good.clone(), bad.clone());
    /// # let pipeline = stream! {
    /// let (numbers, rest) = source(queue([vec!["1", "x"]])).try_map(|s| s.parse::<u32>());
    /// numbers.sink(good_sink);
    /// rest.map(|b| format!("{}: {}", b.record, b.error)).sink(bad_sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// good.assert_batches([vec![1]]);
    /// bad.assert_batches([vec!["x: invalid digit found in string"]]);
    /// ```
    pub fn try_map<U, E>(&self, f: impl Fn(T) -> Result<U, E>) -> (Stream<U>, Stream<Bad<T, E>>) {
        let _ = f;
        (stream(), stream())
    }

    /// Each record with its key before it: `(key, record)`.
    ///
    /// Costs one clone of the record, for the closure (free for `Copy` records). Where that is dear, write
    /// `.map(|r| (key, r))`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![7, 12]])).key_by(|n| n % 10).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(7, 7), (2, 12)]]);
    /// ```
    pub fn key_by<K>(&self, f: impl Fn(T) -> K) -> Stream<(K, T)> {
        let _ = f;
        stream()
    }

    /// The same records; the closure sees each of them pass.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    /// let seen = AtomicU64::new(0);
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2]])).inspect(|_| { seen.fetch_add(1, Relaxed); }).print();
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(seen.into_inner(), 2);
    /// ```
    pub fn inspect(&self, f: impl Fn(&T)) -> Stream<T> {
        let _ = f;
        stream()
    }

    /// Two streams: the records for which the closure is true, and the others.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let (few, many) = (MemorySink::new(), MemorySink::new());
    /// # let (few_sink, many_sink) = (few.clone(), many.clone());
    /// # let pipeline = stream! {
    /// let (small, large) = source(queue([vec![3, 30]])).split(|n| *n < 10);
    /// small.sink(few_sink);
    /// large.sink(many_sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// few.assert_batches([vec![3]]);
    /// many.assert_batches([vec![30]]);
    /// ```
    pub fn split(&self, f: impl Fn(&T) -> bool) -> (Stream<T>, Stream<T>) {
        let _ = f;
        (stream(), stream())
    }

    /// The records of both streams.
    ///
    /// Streams that come from one head meet within the stage, record by record. Of streams from different heads the
    /// records become owned, and those of the first stand before those of the second in each tick.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let n = source(queue([vec![1, 2]]));
    /// n.union(n.map(|n| n * 10)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![1, 10, 2, 20]]);
    /// ```
    pub fn union(&self, other: impl AsStream<T>) -> Stream<T> {
        let _ = other;
        stream()
    }
}

impl<T: Pair> Stream<T> {
    /// Each pair with its value changed.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1)]])).map_values(|n| n + 1).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("a", 2)]]);
    /// ```
    pub fn map_values<W>(&self, f: impl Fn(T::V) -> W) -> Stream<(T::K, W)> {
        let _ = f;
        stream()
    }

    /// A pair for each value that the closure's iterators yield, with the key of its own.
    ///
    /// Costs a clone of the key for each pair.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", "x y")]])).flat_map_values(|text| text.split(' ')).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("a", "x"), ("a", "y")]]);
    /// ```
    pub fn flat_map_values<I: IntoIterator>(&self, f: impl Fn(T::V) -> I) -> Stream<(T::K, I::Item)>
    where
        T::K: Clone,
    {
        let _ = f;
        stream()
    }

    /// The pairs for whose values the closure is true.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1), ("b", 2)]])).filter_values(|n| *n > 1).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("b", 2)]]);
    /// ```
    pub fn filter_values(&self, f: impl Fn(&T::V) -> bool) -> Stream<(T::K, T::V)> {
        let _ = f;
        stream()
    }

    /// The key of each pair.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1), ("b", 2)]])).keys().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a", "b"]]);
    /// ```
    pub fn keys(&self) -> Stream<T::K> {
        stream()
    }

    /// The value of each pair.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1), ("b", 2)]])).values().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![1, 2]]);
    /// ```
    pub fn values(&self) -> Stream<T::V> {
        stream()
    }
}

impl<T: IntoIterator> Stream<T> {
    /// The items of each record, which is a collection, an `Option` or an iterator.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![vec![1, 2], vec![], vec![3]]])).flatten().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![1, 2, 3]]);
    /// ```
    pub fn flatten(&self) -> Stream<T::Item> {
        stream()
    }
}
