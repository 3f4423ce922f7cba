//! Joins of two streams by how near records are in event time.

use super::{AsStream, Stream, stream};
use crate::join::Interval;
use crate::key::{Key, Pair};
use crate::state::{StateData, StateKey};

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// The matches of each key whose times are no further apart than the interval says: bounds on the right record's time
    /// less the left one's. With a third operand, `|left, right| …`, those of them for which it is true.
    ///
    /// Both streams have an [`event_time`](Stream::event_time), each its own. A match leaves at once, in the tick that has the
    /// later of the two, and its event time is the later of both: so windows and further joins can follow. (A join of three
    /// streams is two of them.)
    ///
    /// **State.** A record is kept, by key and in order of time, until the watermark (the lower one of both sides) has passed
    /// the last time that it could meet. An interval without a bound on one side keeps records for ever, and has to be
    /// `.unbounded()`; with [`Interval::always`] the streams need no event time.
    ///
    /// **Late records**, those whose time the watermark has reached, are left out, and counted
    /// ([`Progress::late`](crate::Progress::late)).
    ///
    /// **Order.** Matches leave by key group; in it those of the tick's left records come first, then those of its right
    /// records, each in the order of arrival, and the matches of one record in order of time. It is the same for any number of partitions.
    ///
    /// **Cost.** Every pair of both sides crosses the exchange; a look-up by key and a binary search among the n records that
    /// are kept of it; two clones a match. A record that comes behind later ones of its key moves those.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad 1", 10i64), ("ad 2", 20)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad 1", 12i64)], vec![("ad 1", 9), ("ad 2", 99)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.interval_join(clicked, Interval::between(secs(0), minutes(1))).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("ad 1", (10, 12))], vec![], vec![]]);
    /// ```
    ///
    /// Flink's interval join; in Spark an inner join with a range condition on the times.
    pub fn interval_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
        interval: Interval,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, interval);
        stream()
    }

    /// As [`interval_join`](Stream::interval_join); a left pair without a match comes with `None` when none can come any more.
    ///
    /// That is when the watermark has passed the last time that it could meet; so its own time lies behind the watermark by the
    /// upper bound of the interval. What goes by event time behind this join waits that much longer, so that nothing is late there.
    ///
    /// A condition belongs into the join, as its third operand: a `filter` behind it would leave out pairs that come with
    /// `None` otherwise. What can be said of left pairs alone is cheaper said before the join (`split`), since they needn't wait.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad", 10i64), ("ad", 20)], vec![("ad", 60)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad", 21i64), ("ad", 22)], vec![("ad", 60)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.left_outer_interval_join(clicked, Interval::between(secs(0), secs(9)), |_, second| second % 2 == 0).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("ad", (20, Some(22)))], vec![("ad", (60, Some(60)))], vec![("ad", (10, None))]]);
    /// ```
    pub fn left_outer_interval_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
        interval: Interval,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, interval);
        stream()
    }

    /// As [`interval_join`](Stream::interval_join); a right pair without a match comes with `None` when none can come any more:
    /// see [`left_outer_interval_join`](Stream::left_outer_interval_join).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 10i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let paid = source(queue([vec![("eve", 12i64), ("bob", 13)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// orders.right_outer_interval_join(paid, Interval::around(secs(5))).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("eve", (Some(10), 12))], vec![("bob", (None, 13))]]);
    /// ```
    pub fn right_outer_interval_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
        interval: Interval,
    ) -> Stream<(<T::K as Key>::Owned, (Option<T::V>, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, interval);
        stream()
    }

    /// As [`interval_join`](Stream::interval_join); a pair of either side without a match comes with `None` when none can come
    /// any more: see [`left_outer_interval_join`](Stream::left_outer_interval_join).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("ann", 10i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let paid = source(queue([vec![("bob", 13i64)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// orders.full_outer_interval_join(paid, Interval::around(secs(5))).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![], vec![("ann", (Some(10), None)), ("bob", (None, Some(13)))]]);
    /// ```
    pub fn full_outer_interval_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
        interval: Interval,
    ) -> Stream<(<T::K as Key>::Owned, (Option<T::V>, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = (other, interval);
        stream()
    }

    /// The left pairs that have a match as of [`interval_join`](Stream::interval_join), each once, as soon as it has one.
    ///
    /// Of the right side only keys and times cross the exchange and are kept, unless there is a condition.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad 1", 10i64), ("ad 2", 20)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad 1", 12i64), ("ad 1", 13)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.left_semi_interval_join(clicked, Interval::between(secs(0), minutes(1))).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("ad 1", 10)], vec![]]);
    /// ```
    pub fn left_semi_interval_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
        interval: Interval,
    ) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = (other, interval);
        stream()
    }
}

macro_rules! with_a_condition {
    ($($name:ident of $plain:ident -> $out:ty;)+) => {$(
        /// The join with a condition, as the editor sees it.
        #[doc(hidden)]
        pub fn $name<U: Pair>(
            &self,
            other: impl AsStream<U>,
            interval: Interval,
            condition: impl Fn(&T::V, &U::V) -> bool,
        ) -> Stream<(<T::K as Key>::Owned, $out)>
        where
            T::K: Key<Owned: StateKey>,
            T::V: StateData,
            U::K: Key<Owned = <T::K as Key>::Owned>,
            U::V: StateData,
        {
            let _ = condition;
            self.$plain(other, interval)
        }
    )+};
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    with_a_condition! {
        interval_join_if of interval_join -> (T::V, U::V);
        left_outer_interval_join_if of left_outer_interval_join -> (T::V, Option<U::V>);
        right_outer_interval_join_if of right_outer_interval_join -> (Option<T::V>, U::V);
        full_outer_interval_join_if of full_outer_interval_join -> (Option<T::V>, Option<U::V>);
        left_semi_interval_join_if of left_semi_interval_join -> T::V;
    }
}
