//! Operators on windows of processing time: the records of the last ticks, every so often.
//!
//! A window has a length, and windows follow each other at a slide: `count_by_window(secs(30), secs(10))` says every ten seconds
//! what came in the last thirty. With the slide left out there is a window for each batch of the stream. Both are whole
//! numbers of the time between two batches: of the batch interval, or behind another window of its slide. Anything else is
//! refused by `run` and `start`, which name the nearest numbers that fit; so are
//! [`Trigger::Eager`](crate::Trigger::Eager) and [`Trigger::AvailableNow`](crate::Trigger::AvailableNow), whose ticks come at no times
//! that could be cut into windows.
//!
//! # What a window holds
//! A record belongs to the tick that read it, and counts by that tick's batch time. Windows end at the multiples of the slide
//! since 1970-01-01 00:00 UTC (in tests: since the clock's zero), and hold the ticks of one length up to and with that time. The
//! first ones hold what there is. Late ticks, boundaries that were passed over ([`Overrun::Skip`](crate::Overrun::Skip)) and restarts
//! shift nothing; where the tick at the end of a window was passed over, the next one emits it.
//!
//! # When a stream has a batch
//! The stream of a window has a batch in ticks where a window ends, and in no others. Whatever follows, up to the outputs, does
//! not see those: a `count` behind `window(secs(30), secs(10))` says one number every ten seconds, `update_state_by_key`
//! calls its function as often, and a sink is given as many batches. A union has a batch where one of its streams has; a join
//! of streams with batches at different times is refused.
//!
//! # Cost
//! Time is cut into panes, as long as the greatest common divisor of length and slide, and what came in one pane is combined
//! once. Behind that a window costs a few calls of the function for each key, however many panes it has, also without an inverse.
//! The state holds a value for each key and pane that the key has values in; it is a `Clone`, `Serialize` and `Deserialize` type
//! ([`StateData`](crate::StateData)).

use std::time::Duration;

use super::outputs::Outputs;
use super::{Stream, stream};
use crate::exchange::{Known, KnownAt, Own, OwnAt};
use crate::key::{Key, Pair};
use crate::state::{StateData, StateKey};

/// Windows of processing time; what they take is owned.
impl<T: Known> Stream<T> {
    /// The records of each window, tick by tick, in the order in which they came.
    ///
    /// With `slide` left out there is a window for each batch. Every record is kept for the length of the window, and cloned for each window that
    /// it is read in. The stage behind it has one task, which reads all records of the window in order; where there is an
    /// operator for what is wanted ([`count_by_window`](Stream::count_by_window),
    /// [`reduce_by_key_and_window`](Stream::reduce_by_key_and_window)) it keeps and does far less.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["a"], vec!["b"], vec![], vec!["c"]])); // a tick each, every second
    /// words.window(secs(3), secs(2)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a", "b"], vec!["b", "c"]]);
    /// ```
    ///
    /// # Errors
    /// `run` and `start` refuse lengths and slides that are no multiple of the time between two batches, and triggers other
    /// than [`Trigger::Interval`](crate::Trigger::Interval).
    ///
    /// Spark's `window`.
    pub fn window<O: StateData>(&self, length: Duration, slide: Duration) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = (length, slide);
        stream()
    }

    /// One record a window: its records, reduced. A window without records gives none.
    ///
    /// With `slide` left out there is a window for each batch. The function must be associative: each task reduces its share of
    /// a tick as it comes, and what was reduced stays so. A window costs six calls of the function at most, however many ticks
    /// it has. (DABA Lite: Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case constant time",
    /// 2021.)
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let numbers = source(queue([vec![3, 9], vec![5], vec![], vec![4]]));
    /// numbers.reduce_by_window(i32::max, secs(2), secs(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![9], vec![9], vec![5], vec![4]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `reduceByWindow`.
    pub fn reduce_by_window<O: StateData>(
        &self,
        f: impl Fn(O, O) -> O,
        length: Duration,
        slide: Duration,
    ) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = (f, length, slide);
        stream()
    }

    /// As [`reduce_by_window`](Stream::reduce_by_window), by adding to a total what comes, and taking from it what goes:
    /// `inverse(total, gone)` is the total without what is gone.
    ///
    /// Two calls a window and pane. Once a record has come there is a total in every window: behind the last record, what the
    /// inverse makes of it (0 for a sum). What is lost by rounding stays lost: for sums of `f64` the form without an
    /// inverse is the exact one.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let numbers = source(queue([vec![3, 9], vec![5], vec![], vec![]]));
    /// numbers.reduce_by_window_with_inverse(|a, b| a + b, |total, gone| total - gone, secs(2)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![12], vec![17], vec![5], vec![0]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `reduceByWindow` with `invReduceFunc`.
    pub fn reduce_by_window_with_inverse<O: StateData>(
        &self,
        f: impl Fn(O, O) -> O,
        inverse: impl Fn(O, O) -> O,
        length: Duration,
        slide: Duration,
    ) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = (f, inverse, length, slide);
        stream()
    }
}

/// Windows over records of any type.
impl<T> Stream<T> {
    /// One number a window: how many records came. A window without records gives 0.
    ///
    /// With `slide` left out there is a window for each batch. Costs an addition a record and two a window; nothing but numbers
    /// is kept.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let lines = source(queue([vec!["a", "b"], vec!["c"], vec![], vec![]]));
    /// lines.count_by_window(secs(2), secs(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![2], vec![3], vec![1], vec![0]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `countByWindow`.
    pub fn count_by_window(&self, length: Duration, slide: Duration) -> Stream<u64> {
        let _ = (length, slide);
        stream()
    }

    /// Each distinct record of each window with how often it came.
    ///
    /// With `slide` left out there is a window for each batch. Counted on the map side in each tick; then two additions for each
    /// record that comes or goes. A record that is in the window no more is forgotten.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["a", "b", "a"], vec!["a"], vec![]]));
    /// words.count_by_value_and_window(secs(2)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 2), ("b", 1)], vec![("a", 3), ("b", 1)], vec![("a", 1)]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `countByValueAndWindow`.
    pub fn count_by_value_and_window(&self, length: Duration, slide: Duration) -> Stream<(T::Owned, u64)>
    where
        T: Key<Owned: StateKey>,
    {
        let _ = (length, slide);
        stream()
    }
}

/// Windows by key.
#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// Each key of each window with its values, reduced.
    ///
    /// With `slide` left out there is a window for each batch. The function must be associative: values are combined on the map
    /// side, and what came in one pane is combined once. In each window a key costs six calls of the function at most,
    /// however long it is, so an inverse is seldom worth it. A key without a value in the window is gone. Keys leave
    /// in the order of their groups, and in a group in that of their first values, with gaps filled by later ones.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec![("a", 1), ("b", 1)], vec![("a", 1)], vec![], vec![]]));
    /// words.reduce_by_key_and_window(|a, b| a + b, secs(2), secs(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 1), ("b", 1)], vec![("a", 2), ("b", 1)], vec![("a", 1)], vec![]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `reduceByKeyAndWindow`. DABA Lite: Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in
    /// worst-case constant time" (The VLDB Journal, 2021).
    pub fn reduce_by_key_and_window(
        &self,
        f: impl Fn(T::V, T::V) -> T::V,
        length: Duration,
        slide: Duration,
    ) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = (f, length, slide);
        stream()
    }

    /// As [`reduce_by_key_and_window`](Stream::reduce_by_key_and_window), by adding to each key's total what comes, and taking
    /// from it what goes: `inverse(total, gone)` is the total without what is gone.
    ///
    /// A call for each pane of a key that comes, and one for each that goes. A key is known, and emitted, for ever: behind its
    /// last value with what the inverse makes of it (0 for a sum). A filter as last operand says otherwise,
    /// `…, secs(30), secs(10), |key, total| *total != 0)`: keys for which it is false are not emitted, and forgotten once they
    /// have no value in the window. What is lost by rounding stays lost: for sums of `f64` the form without an inverse is the
    /// exact one.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let (out, some) = (MemorySink::new(), MemorySink::new());
    /// # let (sink, sink_of_some) = (out.clone(), some.clone());
    /// # let pipeline = stream! {
    /// let words = source(queue([vec![("a", 1), ("b", 1)], vec![("a", 1)], vec![]]));
    /// let sums = words.reduce_by_key_and_window_with_inverse(|a, b| a + b, |total, gone| total - gone, secs(2));
    /// sums.sink(sink);
    /// let filtered = words.reduce_by_key_and_window_with_inverse(
    ///     |a, b| a + b,
    ///     |total, gone| total - gone,
    ///     secs(2),
    ///     secs(1),
    ///     |_key, total| *total > 0,
    /// );
    /// filtered.sink(sink_of_some);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 1), ("b", 1)], vec![("a", 2), ("b", 1)], vec![("a", 1), ("b", 0)]]);
    /// some.assert_batches_sorted([vec![("a", 1), ("b", 1)], vec![("a", 2), ("b", 1)], vec![("a", 1)]]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `reduceByKeyAndWindow` with `invFunc` and `filterFunc`.
    pub fn reduce_by_key_and_window_with_inverse(
        &self,
        f: impl Fn(T::V, T::V) -> T::V,
        inverse: impl Fn(T::V, T::V) -> T::V,
        length: Duration,
        slide: Duration,
    ) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = (f, inverse, length, slide);
        stream()
    }

    /// With a filter, as the editor sees it.
    #[doc(hidden)]
    pub fn reduce_by_key_and_window_with_inverse_and_filter(
        &self,
        f: impl Fn(T::V, T::V) -> T::V,
        inverse: impl Fn(T::V, T::V) -> T::V,
        length: Duration,
        slide: Duration,
        keep: impl Fn(&<T::K as Key>::Owned, &T::V) -> bool,
    ) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = (f, inverse, length, slide, keep);
        stream()
    }

    /// Each key of each window with all its values, in the order in which they came.
    ///
    /// With `slide` left out there is a window for each batch. Every pair crosses the exchange, every value is kept for the length
    /// of the window and cloned for each window: where the values are to be reduced,
    /// [`reduce_by_key_and_window`](Stream::reduce_by_key_and_window) keeps and does far less.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let marks = source(queue([vec![("a", 3), ("b", 1)], vec![("a", 1)], vec![]]));
    /// marks.group_by_key_and_window(secs(2), secs(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([
    ///     vec![("a", vec![3]), ("b", vec![1])],
    ///     vec![("a", vec![3, 1]), ("b", vec![1])],
    ///     vec![("a", vec![1])],
    /// ]);
    /// ```
    ///
    /// # Errors
    /// As [`window`](Stream::window).
    ///
    /// Spark's `groupByKeyAndWindow`.
    pub fn group_by_key_and_window(
        &self,
        length: Duration,
        slide: Duration,
    ) -> Stream<(<T::K as Key>::Owned, Vec<T::V>)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = (length, slide);
        stream()
    }
}

/// As the methods of `Stream`, by the rule of its level.
impl<const LEVEL: u8, T: KnownAt<LEVEL>> Outputs<LEVEL, T> {
    /// See `Stream`.
    pub fn window<O: StateData>(&self, length: Duration, slide: Duration) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (length, slide);
        stream()
    }

    /// See `Stream`.
    pub fn reduce_by_window<O: StateData>(
        &self,
        f: impl Fn(O, O) -> O,
        length: Duration,
        slide: Duration,
    ) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (f, length, slide);
        stream()
    }

    /// See `Stream`.
    pub fn reduce_by_window_with_inverse<O: StateData>(
        &self,
        f: impl Fn(O, O) -> O,
        inverse: impl Fn(O, O) -> O,
        length: Duration,
        slide: Duration,
    ) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (f, inverse, length, slide);
        stream()
    }
}
