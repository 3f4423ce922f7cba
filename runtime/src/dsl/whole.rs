//! Operators on the whole of a tick: they need no key, and what they take is owned.

use super::outputs::Outputs;
use super::{Stream, stream};
use crate::batch::Data;
use crate::exchange::{Known, KnownAt, Own, OwnAt};

/// Operators on the whole of a tick. What they take is owned: `&str` arrives as `String`, also inside tuples; records of your own
/// types arrive as they are.
impl<T: Known> Stream<T> {
    /// One record a tick: its records, reduced. A tick without records gives none.
    ///
    /// The function must be associative: each task reduces its share as it comes, then what they found is reduced in the order
    /// of tasks, which is that of the source. Costs the function; each record becomes owned, and one record a task is exchanged.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2, 3], vec![]])).reduce(|a, b| a + b).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![6], vec![]]);
    /// ```
    pub fn reduce<O: Data>(&self, f: impl Fn(O, O) -> O) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = f;
        stream()
    }

    /// One value a tick: its records, folded in order into what begins as a clone of `init`. A tick without records gives
    /// `init`.
    ///
    /// Exact, and so done by one task: every record becomes owned and goes there. Where order between tasks does not matter,
    /// give a third operand, `fold(init, |acc, x| …, |a, b| …)`: then each task folds its share, beginning with `init`, and the
    /// third merges what they found, in the order of tasks. One value a task is exchanged. `init` has to be neutral for that: it
    /// is there as often as there are tasks.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let (out, longest) = (MemorySink::new(), MemorySink::new());
    /// # let (sink, longest_sink) = (out.clone(), longest.clone());
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["mill", "stream"], vec![]]));
    /// words.fold(String::new(), |all, word| all + &word).sink(sink);
    /// words.fold(0, |most, word| word.len().max(most), |a, b| a.max(b)).sink(longest_sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["millstream"], vec![""]]);
    /// longest.assert_batches([vec![6], vec![0]]);
    /// ```
    pub fn fold<A: Data + Clone + Sync, O: Data>(&self, init: A, f: impl Fn(A, O) -> A) -> Stream<A>
    where
        T: Own<O>,
    {
        let _ = (init, f);
        stream()
    }

    /// [`fold`](Stream::fold) with all its operands, as the editor sees it. Write `fold`.
    #[doc(hidden)]
    pub fn fold_combined<A: Data + Clone + Sync, O: Data>(
        &self,
        init: A,
        f: impl Fn(A, O) -> A,
        combine: impl Fn(A, A) -> A,
    ) -> Stream<A>
    where
        T: Own<O>,
    {
        let _ = (init, f, combine);
        stream()
    }
}

impl<const LEVEL: u8, T: KnownAt<LEVEL>> Outputs<LEVEL, T> {
    /// See `Stream`.
    pub fn reduce<O: Data>(&self, f: impl Fn(O, O) -> O) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        stream()
    }

    /// See `Stream`.
    pub fn fold<A: Data + Clone + Sync, O: Data>(&self, init: A, f: impl Fn(A, O) -> A) -> Stream<A>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (init, f);
        stream()
    }

    /// See `Stream`.
    pub fn fold_combined<A: Data + Clone + Sync, O: Data>(
        &self,
        init: A,
        f: impl Fn(A, O) -> A,
        combine: impl Fn(A, A) -> A,
    ) -> Stream<A>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (init, f, combine);
        stream()
    }
}
