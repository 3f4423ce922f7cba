//! Event time: where it comes from, and its windows.
//!
//! In windows records are owned, as behind every exchange: `(Window, String, u64)` of pairs `(&str, u64)`.

use std::time::Duration;

use super::of_windows::{Windowed, windowed};
use super::{Stream, stream};
use crate::batch::Data;
use crate::event_time::EventTime;
use crate::key::{Key, Pair};
use crate::state::StateKey;

impl<T: Key> Stream<T> {
    /// Each record that did not come before, by event time.
    ///
    /// A record is remembered until the watermark is the operand behind its time. One that comes when the watermark has passed
    /// its own time is dropped, since nobody knows whether it came before. So what a source sends twice within its disorder
    /// comes through once, and the state is bounded. Records leave in the order of key group, then as they came.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let events = source(queue([vec![("a", 1i64), ("b", 2), ("a", 1)], vec![("b", 2), ("a", 3)]]));
    /// let timed = events.event_time(|(_, second)| 1000 * second, secs(10));
    /// timed.drop_duplicates_within_watermark(secs(10)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 1), ("b", 2)], vec![("a", 3)], vec![]]);
    /// ```
    ///
    /// Spark's `dropDuplicatesWithinWatermark`, where the operand is the bound of the event time.
    pub fn drop_duplicates_within_watermark(&self, remember: Duration) -> Stream<T::Owned>
    where
        T::Owned: StateKey,
    {
        let _ = remember;
        stream()
    }
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// As [`drop_duplicates_within_watermark`](Stream::drop_duplicates_within_watermark), by key: the first pair of each key.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let events = source(queue([vec![(7, 1i64), (8, 2), (7, 3)]])).event_time(|(_, second)| 1000 * second, secs(10));
    /// events.drop_duplicates_by_key_within_watermark(secs(10)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![(7, 1), (8, 2)], vec![]]);
    /// ```
    pub fn drop_duplicates_by_key_within_watermark(
        &self,
        remember: Duration,
    ) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
    {
        let _ = remember;
        stream()
    }
}

impl<T> Stream<T> {
    /// Says what the time of each record is, and how far records may be out of order.
    ///
    /// The closure returns a [`Timestamp`](crate::clock::Timestamp), milliseconds since 1970 (`i64`, `u64`) or a `SystemTime`.
    /// The records pass as they are; operators further down that go by event time ask for it: windows
    /// ([`tumbling`](Stream::tumbling), [`sliding`](Stream::sliding), [`session`](Stream::session)). Element-wise operators keep
    /// it, and so do those that give their results in its order ([`join_as_of`](Stream::join_as_of), [`lag`](Stream::lag),
    /// [`sessionize`](Stream::sessionize)); behind operators on whole ticks or on state it has to be given again.
    ///
    /// From the times a *watermark* is made, which says that no record before it is expected any more: the latest time seen so
    /// far without the bound, of the source partition that is furthest behind. A tick is judged by the watermark that was known
    /// behind the tick before it. A source partition that has ended (a file that was read) holds it back no more; one that is
    /// only silent does, unless [`idle_after`](Stream::idle_after) says otherwise.
    /// [`Progress::watermarks`](crate::Progress::watermarks) tells how far it is, and who holds it back.
    ///
    /// When all sources have ended, event time ends with them, and all windows are emitted
    /// ([`Engine::flush_at_end`](crate::Engine::flush_at_end)).
    ///
    /// It costs the closure and a comparison a record.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// // Pages, and seconds at which they were seen: the second came before the first.
    /// let views = source(queue([vec![("/", 61i64), ("/about", 59)], vec![("/", 75)]]));
    /// let timed = views.event_time(|(_, second)| 1000 * second, secs(5));
    /// timed.tumbling(minutes(1)).count().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// let minute = |n: i64| millstream::Window::millis(60_000 * n, 60_000 * (n + 1));
    /// out.assert_batches([vec![], vec![], vec![(minute(0), 1), (minute(1), 2)]]);
    /// ```
    ///
    /// Spark's `withWatermark`, Flink's `WatermarkStrategy.forBoundedOutOfOrderness`.
    pub fn event_time<E: EventTime>(&self, time: impl Fn(&T) -> E, bound: Duration) -> Stream<T> {
        let _ = (time, bound);
        *self
    }

    /// On [`event_time`](Stream::event_time): a source partition that had no records for so long holds the watermark back no
    /// more, until it has some again.
    ///
    /// Time is counted in batch times. What then comes of the partition may be late. Without it, a watermark waits for a silent
    /// partition for ever.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let views = source(queue([vec![1i64, 70, 3]])).event_time(|second| 1000 * second, secs(5)).idle_after(minutes(1));
    /// views.tumbling(minutes(1)).count().map(|(_, count)| count).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![2, 1]]);
    /// ```
    ///
    /// Flink's `withIdleness`.
    pub fn idle_after(&self, silence: Duration) -> Stream<T> {
        let _ = silence;
        *self
    }

    /// Windows of event time of this length, one behind the other, from multiples of the length since 1970 on. What follows is
    /// an aggregate: see [`Windowed`].
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let sales = source(queue([vec![("pear", 2, 1i64), ("fig", 1, 9), ("pear", 5, 12)]]));
    /// let timed = sales.event_time(|(_, _, second)| 1000 * second, secs(1)).map(|(what, n, _)| (what, n));
    /// let sums = timed.tumbling(secs(10)).reduce_by_key(|a, b| a + b);
    /// sums.map(|(window, what, n)| (window.start.millis() / 1000, what, n)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![], vec![(0, "fig", 1), (0, "pear", 2), (10, "pear", 5)]]);
    /// ```
    pub fn tumbling(&self, length: Duration) -> Windowed<T> {
        let _ = length;
        windowed()
    }

    /// Windows of event time of this length, one beginning at each multiple of the slide since 1970; so a record is in
    /// length / slide of them. What follows is an aggregate: see [`Windowed`].
    ///
    /// A record is put into one pane (of the greatest common divisor of the two); panes are merged when a window is emitted, so
    /// that costs as many merges for each key as the window has panes with it.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let seconds = source(queue([vec![2i64, 7, 11]])).event_time(|second| 1000 * second, secs(0));
    /// seconds.sliding(secs(10), secs(5)).count().map(|(w, n)| (w.start.millis() / 1000, n)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![(-5, 1), (0, 2), (5, 2), (10, 1)]]);
    /// ```
    pub fn sliding(&self, length: Duration, slide: Duration) -> Windowed<T> {
        let _ = (length, slide);
        windowed()
    }

    /// Windows that last for as long as records come within the gap: from the first record to the last one and a gap. By key,
    /// each key has its own. What follows is an aggregate: see [`Windowed`].
    ///
    /// Sessions that touch become one; a record may join two of them. To find its place costs O(log n) of the n open sessions
    /// of its key, however far out of order it comes.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let clicks = source(queue([vec![("eve", 0i64), ("bob", 4), ("eve", 30), ("eve", 8)]]));
    /// let visits = clicks.event_time(|(_, second)| 1000 * second, secs(30)).session(secs(10)).count_by_key();
    /// visits.map(|(visit, who, n)| (who, visit.length().as_secs(), n)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![], vec![("bob", 10, 1), ("eve", 10, 1), ("eve", 18, 2)]]);
    /// ```
    pub fn session(&self, gap: Duration) -> Windowed<T> {
        let _ = gap;
        windowed()
    }

    /// One window that holds all there is. What follows is an aggregate: see [`Windowed`].
    ///
    /// Its result comes at the end of input; with [`emit`](Windowed::emit)`(Emit::Update)` at each tick that changes it, with
    /// `Emit::Complete` at every tick. It needs no event time.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["a", "b"], vec!["a"]])).map(|word| (word, ()));
    /// let counts = words.global().emit(Emit::Complete).count_by_key();
    /// counts.map(|(_, word, count)| (word, count)).sink(sink);
    /// # };
    /// # Engine::test().flush_at_end(false).run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 1), ("b", 1)], vec![("a", 2), ("b", 1)]]);
    /// ```
    pub fn global(&self) -> Windowed<T> {
        windowed()
    }
}
