//! Modifiers: calls that say more about the operator before them.

use std::time::Duration;

use super::Stream;

/// Modifiers: they say more about the operator right before them, and are no operators themselves.
impl<T> Stream<T> {
    /// The name of a source, of an operator with state or of an output in checkpoints and in
    /// [`Pipeline::contract`](crate::Pipeline::contract).
    ///
    /// Without one a source is called as its stream (`clicks`), and state as its stream and operator
    /// (`counts/running_count`); so whoever renames the stream loses the state. The name is a string literal, and each stands
    /// once in a pipeline.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// let pipeline = stream! { <Pages>
    ///     let pages = source(queue([vec!["/", "/about", "/"]])).id("clicks");
    ///     let visits = pages.map(|page| (page, ())).running_count().id("visits");
    ///     visits.sink(sink).id("report");
    /// };
    /// assert!(pipeline.contract().contains("source clicks"));
    /// assert!(pipeline.contract().contains("state visits: running_count"));
    /// # Engine::test().run(pipeline).unwrap();
    /// # out.assert_batches_sorted([vec![("/", 2), ("/about", 1)]]);
    /// ```
    ///
    /// Flink's `uid`.
    pub fn id(&self, name: &'static str) -> Stream<T> {
        let _ = name;
        *self
    }

    /// Remembers for ever: on [`drop_duplicates`](Stream::drop_duplicates) and
    /// [`drop_duplicates_by_key`](Stream::drop_duplicates_by_key).
    ///
    /// Their state then grows for as long as new records come, up to the memory that there is. It has to be written, so that
    /// nobody gets it by leaving something out; the plan shows it.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b", "a"], vec!["b", "c"]])).drop_duplicates().unbounded().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec!["a", "b"], vec!["c"]]);
    /// ```
    pub fn unbounded(&self) -> Stream<T> {
        *self
    }

    /// Nothing is combined before the exchange: on [`reduce_by_key`](Stream::reduce_by_key),
    /// [`aggregate_by_key`](Stream::aggregate_by_key), [`running_reduce`](Stream::running_reduce),
    /// [`reduce`](Stream::reduce), [`aggregate`](Stream::aggregate), [`reduce_by_window`](Stream::reduce_by_window),
    /// [`reduce_by_key_and_window`](Stream::reduce_by_key_and_window) and the two with an inverse. (Windows of event time combine
    /// nothing there: they are as exact as they stand.)
    ///
    /// Values then meet one by one, in the order of source partition and offset. That order is the same for any number of
    /// threads and partitions; so is the rounding of floats, and with it every bit of their sum. Combined before the exchange,
    /// sums of floats differ in the last bits from one number of partitions to another (and never from run to run).
    ///
    /// Every record crosses the exchange, so it costs what a fold does: [`fold_by_key`](Stream::fold_by_key),
    /// [`fold`](Stream::fold). The function that merges two accumulators of an aggregate is not called.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let prices = source(queue([vec![("pear", 0.1), ("pear", 0.2), ("fig", 0.5), ("pear", 0.3)]]));
    /// prices.reduce_by_key(|a, b| a + b).exact().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("fig", 0.5), ("pear", (0.1 + 0.2) + 0.3)]]);
    /// ```
    pub fn exact(&self) -> Stream<T> {
        *self
    }

    /// A key times out once the watermark is so far behind the latest event time of its values: on
    /// [`map_with_state`](Stream::map_with_state) and
    /// [`map_with_state_and_snapshots`](Stream::map_with_state_and_snapshots), behind an [`event_time`](Stream::event_time).
    ///
    /// The closure is then called once more, without a value, and the key is forgotten.
    /// [`State::time_out_in`](crate::State::time_out_in) says another time for a value. Keys that the watermark has passed time
    /// out before the tick's values are seen. A value whose own time-out it has passed is late: it is left out, and
    /// [`Progress::late`](crate::Progress::late) counts it. What [`StateSpec::initial`](crate::StateSpec::initial) gives has no
    /// time until a first value comes. When all sources have ended, all other keys time out
    /// ([`Engine::flush_at_end`](crate::Engine::flush_at_end)).
    ///
    /// Each record carries its time through the exchange, 8 bytes more.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// // Users, and the seconds of their clicks; the third one comes out of order.
    /// let clicks = source(queue([vec![("eve", 1i64), ("bob", 4), ("eve", 3)], vec![("bob", 40)], vec![("bob", 41)]]));
    /// let timed = clicks.event_time(|(_, second)| 1000 * second, secs(5));
    /// let visits = timed.map_with_state(|user, click, visit: &mut State<u64>| {
    ///     let n = visit.get().copied().unwrap_or(0);
    ///     if click.is_some() {
    ///         visit.update(n + 1);
    ///         return None;
    ///     }
    ///     Some(format!("{user}: {n} clicks"))
    /// }).event_timeout(secs(30));
    /// visits.sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// // Behind the second tick the watermark is at 35 s, and eve's last click was at 3 s.
    /// out.assert_batches_sorted([vec![], vec![], vec!["eve: 2 clicks"], vec!["bob: 3 clicks"]]);
    /// ```
    ///
    /// Spark's `GroupStateTimeout.EventTimeTimeout`.
    pub fn event_timeout(&self, idle: Duration) -> Stream<T> {
        let _ = idle;
        *self
    }
}

/// What an output gives: nothing but a place for its [`id`](Output::id).
#[derive(Clone, Copy, Debug)]
pub struct Output;

impl Output {
    /// The output's name in checkpoints: see [`Stream::id`].
    pub fn id(&self, name: &'static str) {
        let _ = name;
    }
}

/// An operator with two outputs has modifiers too.
pub trait Identified: Sized {
    /// Its name in checkpoints: see [`Stream::id`].
    fn id(self, name: &'static str) -> Self {
        let _ = name;
        self
    }

    /// When its keys time out: see [`Stream::event_timeout`].
    fn event_timeout(self, idle: Duration) -> Self {
        let _ = idle;
        self
    }
}
impl<A, B> Identified for (Stream<A>, Stream<B>) {}
