//! Modifiers: calls that say more about the operator before them.

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
    /// [`reduce`](Stream::reduce) and [`aggregate`](Stream::aggregate).
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

/// An operator with two outputs has an [`id`](Stream::id) too.
pub trait Identified: Sized {
    /// Its name in checkpoints: see [`Stream::id`].
    fn id(self, name: &'static str) -> Self {
        let _ = name;
        self
    }
}
impl<A, B> Identified for (Stream<A>, Stream<B>) {}
