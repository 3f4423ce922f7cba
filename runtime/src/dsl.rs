//! The operators, as the editor and rustdoc show them.
//!
//! Inside `stream!` a [`Stream`] is no value: the macro compiles the chain to fused loops. This facade has the
//! same methods with their types, so that completion, hover and go-to-definition work, and so that every
//! operator has a page. Nothing here runs.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::batch::{Batch, Data};
use crate::exchange::{Known, KnownAt, Own, OwnAt};
use crate::fused::Bad;
use crate::key::{Key, Pair};
use crate::op::for_each::Outcome;
use crate::pipeline::Pipeline;
use crate::sink::Sink;
use crate::source::Source;
use crate::tick::Tick;

/// A stream of records of type `T`, as `stream!` sees it.
///
/// Records are borrowed as long as their stage lasts (`&str` out of a line) and owned behind an exchange (`String`). In the
/// signatures below `T` is the record as the next closure receives it.
#[derive(Debug)]
pub struct Stream<T> {
    records: PhantomData<fn() -> T>,
}

// A stream's name may stand anywhere and any number of times.
impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Stream<T> {}

fn stream<T>() -> Stream<T> {
    Stream { records: PhantomData }
}

/// The stream of what `source` delivers. The root of every chain.
///
/// The argument is evaluated once, where `stream!` stands; it is opened when the pipeline runs.
///
/// ```
/// # use millstream::prelude::*;
/// # let pipeline =
/// stream! {
///     source(queue([vec!["one line"], vec!["another"]])).print();
/// }
/// # ; Engine::test().run(pipeline).unwrap();
/// ```
pub fn source<'a, S: Source>(source: S) -> Stream<<S::Batch as Batch>::Item<'a>> {
    let _ = source;
    stream()
}

/// The value of the whole, for the editor.
#[doc(hidden)]
pub fn pipeline<'env>() -> Pipeline<'env> {
    crate::rt::broken()
}

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

    /// Prints the first `n` records of every tick under its batch time: 10 for `print()`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let pipeline = stream! {
    /// source(queue([vec!["a"]])).print();
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// ```
    pub fn print(&self, n: usize)
    where
        T: Debug,
    {
        let _ = n;
    }
}

/// Outputs. What leaves its stage is owned: `&str` arrives as `String`, also inside tuples; records of your own types
/// arrive as they are.
impl<T: Known> Stream<T> {
    /// Calls the closure with every record, on the driver's thread, in order.
    ///
    /// It may change what it captures. An error that it returns stops the pipeline.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let mut longest = String::new();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "bcd"]])).for_each(|w| if w.len() > longest.len() { longest = w });
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(longest, "bcd");
    /// ```
    pub fn for_each<O, R: Outcome>(&self, f: impl FnMut(O) -> R)
    where
        T: Own<O>,
    {
        let _ = f;
    }

    /// Calls the closure once a tick, with all its records and the tick's number, time and epoch.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let mut sizes = Vec::new();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2], vec![3]])).for_each_batch(|batch, tick| sizes.push((tick.number, batch.len())));
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(sizes, [(0, 2), (1, 1)]);
    /// ```
    pub fn for_each_batch<O, R: Outcome>(&self, f: impl FnMut(Vec<O>, Tick) -> R)
    where
        T: Own<O>,
    {
        let _ = f;
    }

    /// Hands every tick to a sink: begin, write, commit.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// let out = MemorySink::new();
    /// # let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a"]])).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a"]]);
    /// ```
    pub fn sink<O, S>(&self, sink: S)
    where
        T: Own<O>,
        S: Sink<O>,
    {
        let _ = sink;
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

/// A stream as an argument: by name, or as a chain.
pub trait AsStream<T> {}
impl<T> AsStream<T> for Stream<T> {}
impl<T> AsStream<T> for &Stream<T> {}

/// The outputs of records whose owned form is not known as a whole: see `exchange::Own`'s levels. `Stream` comes first,
/// then each level, as method lookup goes through the `Deref`s and passes over those whose bounds don't hold.
#[doc(hidden)]
#[derive(Debug)]
pub struct Outputs<const LEVEL: u8, T> {
    records: PhantomData<fn() -> T>,
}

impl<const LEVEL: u8, T: KnownAt<LEVEL>> Outputs<LEVEL, T> {
    /// See `Stream`.
    pub fn for_each<O, R: Outcome>(&self, f: impl FnMut(O) -> R)
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
    }

    /// See `Stream`.
    pub fn for_each_batch<O, R: Outcome>(&self, f: impl FnMut(Vec<O>, Tick) -> R)
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
    }

    /// See `Stream`.
    pub fn sink<O, S>(&self, sink: S)
    where
        T: OwnAt<LEVEL, O>,
        S: Sink<O>,
    {
        let _ = sink;
    }
}

macro_rules! next {
    ($($from:ty => $level:literal),+) => {$(
        #[doc(hidden)]
        impl<T> Deref for $from {
            type Target = Outputs<$level, T>;

            fn deref(&self) -> &Outputs<$level, T> {
                &Outputs { records: PhantomData }
            }
        }
    )+};
}

next!(
    Stream<T> => 1,
    Outputs<1, T> => 2,
    Outputs<2, T> => 3,
    Outputs<3, T> => 4,
    Outputs<4, T> => 5,
    Outputs<5, T> => 6,
    Outputs<6, T> => 7
);
