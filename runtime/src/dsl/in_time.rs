//! Operators that bring records of different ticks together: by tick, or in the order of event time.

use std::time::Duration;

use super::{AsStream, Stream, stream};
use crate::batch::Data;
use crate::event_time::Window;
use crate::key::{Key, Pair};
use crate::state::{StateData, StateKey};

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// Each pair with the newest value that the other stream has brought for its key, in this tick or before.
    ///
    /// It goes by ticks, whatever time the records speak of. The other stream's pairs of a tick come first, all of them: then
    /// the tick's own pairs meet what is newest. Of several values in a tick the last counts, in the order of (source
    /// partition, offset). A pair whose key has no value yet is left out.
    ///
    /// Which tick a record is read in depends on when it arrives; a tick that runs again after a restart reads the same, so
    /// its results are the same. For results that follow from the records alone take [`join_as_of`](Stream::join_as_of).
    ///
    /// Pairs of both sides cross the exchange, and each result clones the right value. A value is kept for every key that the
    /// other stream ever had: the state grows with the keys, and the plan says so. Results leave by key group, then in the
    /// order in which the pairs came.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let quotes = source(queue([vec![("pear", 3), ("pear", 4)], vec![("fig", 9)]]));
    /// let trades = source(queue([vec![("pear", "a"), ("fig", "b")], vec![("fig", "c"), ("pear", "d")]]));
    /// trades.join_latest(quotes).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("pear", ("a", 4))], vec![("fig", ("c", 9)), ("pear", ("d", 4))]]);
    /// ```
    ///
    /// A join of a `KStream` with a `KTable` in Kafka Streams.
    pub fn join_latest<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// As [`join_latest`](Stream::join_latest); a pair whose key has no value yet comes with `None`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let quotes = source(queue([vec![("pear", 3)], vec![("fig", 9)]]));
    /// let trades = source(queue([vec![("fig", "a")], vec![("fig", "b")]]));
    /// trades.left_outer_join_latest(quotes).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("fig", ("a", None))], vec![("fig", ("b", Some(9)))]]);
    /// ```
    pub fn left_outer_join_latest<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// Each pair with the value that the other stream has for its key as of its event time: the latest at or before it.
    ///
    /// Both streams have an event time. A pair waits until the watermark has passed its time (the lower one of the two streams'),
    /// so that no earlier value can come any more, and then leaves; a pair without a match is left out. Equal times match. Of
    /// two values of a key at one time the one that came later counts. `within`, which may be left out, is how old a match may
    /// be, at most: an older one is none.
    ///
    /// A record of either side whose time the watermark has passed is late: it is left out, and counted
    /// ([`Progress::late`](crate::Progress::late)). (A stream of its own it is not: those of the two sides would be of two types.)
    ///
    /// Results have the time of their left record, so windows can follow. They leave by key group, then in the order of time,
    /// those of one time as they came. State: the pairs and values that the watermark has not passed, and of each key the last
    /// value before it. That grows with the keys of the right side, and the plan says so; with `within` it is dropped when
    /// it is too old for all that may come. To find its place costs a record O(log n) of the n times that wait.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// // What, at which second, and a price or an amount.
    /// let quotes = source(queue([vec![("fig", 10i64, 3), ("fig", 20, 4)]])).event_time(|(_, s, _)| 1000 * s, secs(5));
    /// let orders = source(queue([vec![("fig", 21i64, "c"), ("fig", 20, "b"), ("fig", 9, "a"), ("fig", 19, "d")]]));
    /// let trades = orders.event_time(|(_, s, _)| 1000 * s, secs(15)).map(|(what, _, trade)| (what, trade));
    /// trades.join_as_of(quotes.map(|(what, _, price)| (what, price))).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![("fig", ("d", 3)), ("fig", ("b", 4)), ("fig", ("c", 4))]]);
    /// ```
    ///
    /// `merge_asof` of pandas, with its `tolerance`; kdb+'s `aj`; Flink's temporal join.
    pub fn join_as_of<U: Pair>(
        &self,
        other: impl AsStream<U>,
        within: Duration,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, within);
        stream()
    }

    /// As [`join_as_of`](Stream::join_as_of); a pair whose key has no value as of its time comes with `None`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let quotes = source(queue([vec![("fig", 10i64)]])).event_time(|(_, second)| 1000 * second, secs(0));
    /// let trades = source(queue([vec![("fig", 9i64), ("fig", 12), ("fig", 80)]])).event_time(|(_, second)| 1000 * second, secs(99));
    /// trades.left_outer_join_as_of(quotes, minutes(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![("fig", (9, None)), ("fig", (12, Some(10))), ("fig", (80, None))]]);
    /// ```
    pub fn left_outer_join_as_of<U: Pair>(
        &self,
        other: impl AsStream<U>,
        within: Duration,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, within);
        stream()
    }

    /// Each pair with the session of its key that it is in, when that is over.
    ///
    /// A session lasts from its first record to a gap behind its last one, as with [`session`](Stream::session), and leaves when
    /// the watermark has passed its end: all its records, one by one, in the order of their times, those of one time as they
    /// came. So what aggregates of windows can't say (which page came third, how long one was read) is said by closures
    /// downstream. Results have the last millisecond of their session for a time, so windows can follow.
    ///
    /// A record is late if the session that it would make by itself is over; it is left out, and counted
    /// ([`Progress::late`](crate::Progress::late)). `let (visits, late) = ….sessionize(gap);` gives late pairs as a stream of their
    /// own.
    ///
    /// Sessions leave by key group, then by their ends. Every pair crosses the exchange and is kept until its session is over;
    /// what is kept is dropped then.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let clicks = source(queue([vec![("eve", 61i64, "/b"), ("eve", 60, "/a"), ("eve", 90, "/c")]]));
    /// let timed = clicks.event_time(|(_, second, _)| 1000 * second, secs(30));
    /// let visits = timed.map(|(who, _, page)| (who, page)).sessionize(secs(10));
    /// visits.map(|(visit, who, page)| (visit.start.millis() / 1000, who, page)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![(60, "eve", "/a"), (60, "eve", "/b"), (90, "eve", "/c")]]);
    /// ```
    pub fn sessionize(&self, gap: Duration) -> Stream<(Window, <T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = gap;
        stream()
    }

    /// Each pair with the value before it, of its key and in the order of event time; `None` at the first.
    ///
    /// A pair waits until the watermark has passed its time, so that nothing can come before it any more, and then leaves. Values
    /// of one time follow each other as they came. `within`, which may be left out, is how long ago the value before may be:
    /// one that is longer ago is none.
    ///
    /// A pair whose time the watermark has passed is late: it is left out, and counted ([`Progress::late`](crate::Progress::late)).
    /// `let (lags, late) = ….lag();` gives late pairs as a stream of their own.
    ///
    /// Results have the time of their pair, so windows can follow. They leave by key group, then in the order of time. State: the
    /// pairs that the watermark has not passed, and of each key the last value. That grows with the keys, and the plan says so;
    /// with `within` it is dropped when it is too long ago for all that may come. To find its place costs a pair O(log n) of the
    /// n times that wait; each value is cloned once.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let readings = source(queue([vec![("attic", 20i64, 7), ("attic", 10, 5), ("attic", 90, 9)]]));
    /// let timed = readings.event_time(|(_, second, _)| 1000 * second, secs(99)).map(|(room, _, degrees)| (room, degrees));
    /// timed.lag(minutes(1)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![("attic", (None, 5)), ("attic", (Some(5), 7)), ("attic", (None, 9))]]);
    /// ```
    ///
    /// SQL's `LAG(…) OVER (PARTITION BY … ORDER BY …)`.
    pub fn lag(&self, within: Duration) -> Stream<(<T::K as Key>::Owned, (Option<T::V>, T::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = within;
        stream()
    }

    /// What the closure makes of each value and the one before it, of its key and in the order of event time: from the second
    /// value of a key on. In all else it is as [`lag`](Stream::lag).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let meters = source(queue([vec![("gas", 20i64, 107), ("gas", 10, 105), ("gas", 30, 112)]]));
    /// let timed = meters.event_time(|(_, second, _)| 1000 * second, secs(30)).map(|(meter, _, count)| (meter, count));
    /// timed.delta(|before, now| now - before).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![("gas", 2), ("gas", 5)]]);
    /// ```
    pub fn delta<D>(
        &self,
        function: impl Fn(&T::V, &T::V) -> D,
        within: Duration,
    ) -> Stream<(<T::K as Key>::Owned, D)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        D: Data,
    {
        let _ = (function, within);
        stream()
    }

    /// [`sessionize`](Stream::sessionize) and its late records, as the editor sees it.
    #[doc(hidden)]
    pub fn sessionize_and_late(
        &self,
        gap: Duration,
    ) -> (Stream<(Window, <T::K as Key>::Owned, T::V)>, Late<T>)
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        (self.sessionize(gap), stream())
    }

    /// [`lag`](Stream::lag) and its late records, as the editor sees it.
    #[doc(hidden)]
    pub fn lag_and_late(
        &self,
        within: Duration,
    ) -> (Stream<(<T::K as Key>::Owned, (Option<T::V>, T::V))>, Late<T>)
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        (self.lag(within), stream())
    }

    /// [`delta`](Stream::delta) and its late records, as the editor sees it.
    #[doc(hidden)]
    pub fn delta_and_late<D>(
        &self,
        function: impl Fn(&T::V, &T::V) -> D,
        within: Duration,
    ) -> (Stream<(<T::K as Key>::Owned, D)>, Late<T>)
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        D: Data,
    {
        (self.delta(function, within), stream())
    }
}

/// The pairs of a stream, owned, that came too late.
type Late<T> = Stream<(<<T as Pair>::K as Key>::Owned, <T as Pair>::V)>;
