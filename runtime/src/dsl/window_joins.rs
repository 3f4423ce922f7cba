//! Joins of two streams in windows of event time.

use super::of_windows::Windowed;
use super::{AsStream, Stream, stream};
use crate::event_time::Window;
use crate::key::{Key, Pair};
use crate::state::{StateData, StateKey};

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Windowed<T> {
    /// The matches of each key that are in one window; of windows that overlap, in each that they are both in. With a second
    /// operand, `|left, right| …`, those of them for which it is true.
    ///
    /// The windows are said once, before the join, and are those of both sides: the other stream stands as it is, with an
    /// [`event_time`](Stream::event_time) of its own. They are tumbling or sliding. A match leaves at once, in the tick that has
    /// the later of the two; its event time is the last millisecond of the window, as that of every result of windows.
    ///
    /// **State.** A record is kept, by key and in order of time, until the watermark (the lower one of both sides) has passed the end
    /// of the last window that it is in. **Late records** are those whose windows are all closed: they are left out, and counted.
    /// **Order and cost** are those of [`interval_join`](Stream::interval_join), for each window that two records share.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad", 1i64), ("ad", 12)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad", 9i64), ("ad", 21)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.tumbling(secs(10)).join(clicked).map(|(w, ad, times)| (w.start.millis(), ad, times)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(0, "ad", (1, 9))], vec![]]);
    /// ```
    pub fn join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, (T::V, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Windowed::join); a left pair without a match in a window comes with `None` when that is closed.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad", 1i64), ("ad", 12)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad", 9i64), ("ad", 21)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.tumbling(secs(10)).left_outer_join(clicked).map(|(_, ad, times)| (ad, times)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("ad", (1, Some(9)))], vec![("ad", (12, None))]]);
    /// ```
    pub fn left_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, (T::V, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Windowed::join); a right pair without a match in a window comes with `None` when that is closed.
    pub fn right_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, (Option<T::V>, U::V))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Windowed::join); a pair of either side without a match in a window comes with `None` when that is closed.
    pub fn full_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, (Option<T::V>, Option<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
        stream()
    }

    /// The left pairs that have a match as of [`join`](Windowed::join), each once a window, as soon as it has one.
    pub fn left_semi_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// Each key of each window with all its values of both sides, each in the order in which they came.
    ///
    /// It is an aggregate of windows as [`group_by_key`](Windowed::group_by_key) is: in sessions too, in any emission mode, and once a
    /// window, when that is closed. The other stream stands as it is, with an event time of its own.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let shown = source(queue([vec![("ad", 1i64), ("ad", 2)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// let clicked = source(queue([vec![("ad", 9i64), ("ad", 21)]])).event_time(|(_, s)| 1000 * s, secs(5));
    /// shown.tumbling(secs(10)).cogroup(clicked).map(|(_, ad, both)| (ad, both)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![("ad", (vec![1, 2], vec![9])), ("ad", (vec![], vec![21]))]]);
    /// ```
    pub fn cogroup<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(Window, <T::K as Key>::Owned, (Vec<T::V>, Vec<U::V>))>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
        U::K: Key<Owned = <T::K as Key>::Owned>,
        U::V: StateData,
    {
        let _ = other;
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
            condition: impl Fn(&T::V, &U::V) -> bool,
        ) -> Stream<(Window, <T::K as Key>::Owned, $out)>
        where
            T::K: Key<Owned: StateKey>,
            T::V: StateData,
            U::K: Key<Owned = <T::K as Key>::Owned>,
            U::V: StateData,
        {
            let _ = condition;
            self.$plain(other)
        }
    )+};
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Windowed<T> {
    with_a_condition! {
        join_if of join -> (T::V, U::V);
        left_outer_join_if of left_outer_join -> (T::V, Option<U::V>);
        right_outer_join_if of right_outer_join -> (Option<T::V>, U::V);
        full_outer_join_if of full_outer_join -> (Option<T::V>, Option<U::V>);
        left_semi_join_if of left_semi_join -> T::V;
    }
}
