//! Operators on the whole of a tick: they need no key, and what they take is owned.

use super::outputs::Outputs;
use super::{Stream, stream};
use crate::batch::Data;
use crate::exchange::{Known, KnownAt, Order, Own, OwnAt};

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

    /// The pairs of the tick in the order of their keys, ascending, or with `sort_by_key(Order::Descending)` the other way round.
    /// Pairs of one key stay in their order.
    ///
    /// Keys are any `Ord` type. Each task sorts its share, then one task merges them, to which every pair goes, owned: for the
    /// largest few [`top`](Stream::top) is cheaper.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![(2, "b"), (1, "c"), (2, "a")]])).sort_by_key().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(1, "c"), (2, "b"), (2, "a")]]);
    /// ```
    pub fn sort_by_key<K: Ord + Data, V: Data>(&self, order: Order) -> Stream<(K, V)>
    where
        T: Own<(K, V)>,
    {
        let _ = order;
        stream()
    }

    /// The `n` largest records of the tick, the largest first; of equal ones those that came first. With a second operand,
    /// `top(n, |x| …)`, the largest by what that returns.
    ///
    /// Each task keeps a heap of `n` records, so most records cost a comparison; every record becomes owned, and `n` a task
    /// are exchanged. `n` is a number of records; 0 gives none.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let (out, longest) = (MemorySink::new(), MemorySink::new());
    /// # let (sink, longest_sink) = (out.clone(), longest.clone());
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["stream", "mill", "water"]]));
    /// words.top(2).sink(sink);
    /// words.top(1, |word| word.len()).sink(longest_sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["water", "stream"]]);
    /// longest.assert_batches([vec!["stream"]]);
    /// ```
    pub fn top<O: Data + Ord>(&self, n: usize) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = n;
        stream()
    }

    /// [`top`](Stream::top) with both operands, as the editor sees it. Write `top`.
    #[doc(hidden)]
    pub fn top_by<O: Data, K: Ord>(&self, n: usize, by: impl Fn(&O) -> K) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = (n, by);
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

    /// See `Stream`.
    pub fn sort_by_key<K: Ord + Data, V: Data>(&self, order: Order) -> Stream<(K, V)>
    where
        T: OwnAt<LEVEL, (K, V)>,
    {
        let _ = order;
        stream()
    }

    /// See `Stream`.
    pub fn top<O: Data + Ord>(&self, n: usize) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = n;
        stream()
    }

    /// See `Stream`.
    pub fn top_by<O: Data, K: Ord>(&self, n: usize, by: impl Fn(&O) -> K) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (n, by);
        stream()
    }
}
