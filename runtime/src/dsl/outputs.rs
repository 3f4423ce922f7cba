//! Outputs: where records leave the pipeline.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Deref;

use super::Stream;
use crate::exchange::{Known, KnownAt, Own, OwnAt};
use crate::op::for_each::Outcome;
use crate::sink::Sink;
use crate::tick::Tick;

impl<T> Stream<T> {
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
