//! Operators on the whole of a tick: they need no key, and what they take is owned.

use super::outputs::Outputs;
use super::{AsStream, Stream, stream};
use crate::batch::Data;
use crate::exchange::{Known, KnownAt, Order, Own, OwnAt};
use crate::tick::Tick;

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
    /// Exact, and so done by one task: every record becomes owned and goes there. Where what two tasks found can be merged,
    /// [`aggregate`](Stream::aggregate) is cheaper.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["mill", "stream"], vec![]])).fold(String::new(), |all, word| all + &word).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["millstream"], vec![""]]);
    /// ```
    ///
    /// Spark's `RDD.fold`, though that one folds each partition apart.
    pub fn fold<A: Data + Clone + Sync, O: Data>(&self, init: A, f: impl Fn(A, O) -> A) -> Stream<A>
    where
        T: Own<O>,
    {
        let _ = (init, f);
        stream()
    }

    /// One value a tick: each task folds its share into what begins as a clone of `init`, then `merge` merges what they found,
    /// in the order of tasks, which is that of the source. A tick without records gives `init`.
    ///
    /// `init` must be neutral (`merge(init, a)` equals `a`), since it is there as often as there are tasks, and results must
    /// not depend on how records are grouped. If they do, use [`fold`](Stream::fold). Costs the function; each record
    /// becomes owned, and one value a task is exchanged.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["mill", "stream"], vec![]]));
    /// words.aggregate(0, |most, word| word.len().max(most), |a, b| a.max(b)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![6], vec![0]]);
    /// ```
    ///
    /// Spark's `RDD.aggregate`.
    pub fn aggregate<A: Data + Clone + Sync, O: Data>(
        &self,
        init: A,
        f: impl Fn(A, O) -> A,
        merge: impl Fn(A, A) -> A,
    ) -> Stream<A>
    where
        T: Own<O>,
    {
        let _ = (init, f, merge);
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

    /// The records of each partition of the tick, as one `Vec`. Spark's `glom`.
    ///
    /// One record for each task that made them, also for one that made none; a tick of a source that had nothing to read
    /// may have no task, and then gives none. Costs nothing but that the records become owned: none leaves its task.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2, 3, 4]])).repartition(2).chunks().sink(sink);
    /// # };
    /// # Engine::test().partitions(1).run(pipeline).unwrap();
    /// out.assert_batches([vec![vec![1, 3], vec![2, 4]]]);
    /// ```
    pub fn chunks<O: Data>(&self) -> Stream<Vec<O>>
    where
        T: Own<O>,
    {
        stream()
    }

    /// What the closure returns for all records of a partition at once. It is called once a partition and tick: the place for
    /// what is dear to begin, such as a connection.
    ///
    /// A partition may have no records, as in [`chunks`](Stream::chunks). Every record becomes owned; what the iterator
    /// yields is collected.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b"]])).map_partitions(|words| [words.concat()]).sink(sink);
    /// # };
    /// # Engine::test().partitions(1).run(pipeline).unwrap();
    /// out.assert_batches([vec!["ab"]]);
    /// ```
    pub fn map_partitions<O: Data, I: IntoIterator<Item: Data>>(
        &self,
        f: impl Fn(Vec<O>) -> I,
    ) -> Stream<I::Item>
    where
        T: Own<O>,
    {
        let _ = f;
        stream()
    }

    /// The same records, dealt to `n` tasks, one after the other: what follows runs in so many, each with an even share.
    ///
    /// For a stream that comes in fewer or less even tasks than what follows deserves. `n` is 1 to 128; a literal that is
    /// not is refused by the compiler, another number by `run` ([`Error::Config`](crate::Error::Config)). Every record becomes
    /// owned and is exchanged. Which record goes where follows from the tasks that it came from, so the order of what comes
    /// out depends on the number of partitions, and on nothing else.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![1, 2, 3, 4, 5]])).repartition(3).chunks().map(|chunk| chunk.len()).sink(sink);
    /// # };
    /// # Engine::test().partitions(1).run(pipeline).unwrap();
    /// out.assert_batches([vec![2, 2, 1]]);
    /// ```
    pub fn repartition<O: Data>(&self, n: usize) -> Stream<O>
    where
        T: Own<O>,
    {
        let _ = n;
        stream()
    }

    /// What the closure returns for all records of the tick at once. It is called every tick, also for one without records,
    /// and gets the tick's number, time and epoch.
    ///
    /// For what no other operator does: every record becomes owned and goes to one task.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let readings = source(queue([vec![3, 1, 9], vec![]]));
    /// readings.transform(|mut batch, tick| { batch.sort(); batch.get(batch.len() / 2).map(|m| (tick.number, *m)) }).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(0, 3)], vec![]]);
    /// ```
    pub fn transform<O: Data, I: IntoIterator<Item: Data>>(
        &self,
        f: impl Fn(Vec<O>, Tick) -> I,
    ) -> Stream<I::Item>
    where
        T: Own<O>,
    {
        let _ = f;
        stream()
    }

    /// As [`transform`](Stream::transform), with the records of another stream's tick beside them.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec!["a", "b", "c"]]));
    /// let stopwords = source(queue([vec!["b"]]));
    /// words
    ///     .transform_with(stopwords, |words, stop, _| words.into_iter().filter(move |w| !stop.contains(w)))
    ///     .sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec!["a", "c"]]);
    /// ```
    pub fn transform_with<U, O: Data, P: Data, I: IntoIterator<Item: Data>>(
        &self,
        other: impl AsStream<U>,
        f: impl Fn(Vec<O>, Vec<P>, Tick) -> I,
    ) -> Stream<I::Item>
    where
        T: Own<O>,
        U: Own<P>,
    {
        let _ = (other, f);
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
    pub fn aggregate<A: Data + Clone + Sync, O: Data>(
        &self,
        init: A,
        f: impl Fn(A, O) -> A,
        merge: impl Fn(A, A) -> A,
    ) -> Stream<A>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = (init, f, merge);
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

    /// See `Stream`.
    pub fn chunks<O: Data>(&self) -> Stream<Vec<O>>
    where
        T: OwnAt<LEVEL, O>,
    {
        stream()
    }

    /// See `Stream`.
    pub fn map_partitions<O: Data, I: IntoIterator<Item: Data>>(
        &self,
        f: impl Fn(Vec<O>) -> I,
    ) -> Stream<I::Item>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        stream()
    }

    /// See `Stream`.
    pub fn repartition<O: Data>(&self, n: usize) -> Stream<O>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = n;
        stream()
    }

    /// See `Stream`.
    pub fn transform<O: Data, I: IntoIterator<Item: Data>>(
        &self,
        f: impl Fn(Vec<O>, Tick) -> I,
    ) -> Stream<I::Item>
    where
        T: OwnAt<LEVEL, O>,
    {
        let _ = f;
        stream()
    }

    /// See `Stream`.
    pub fn transform_with<U, O: Data, P: Data, I: IntoIterator<Item: Data>>(
        &self,
        other: impl AsStream<U>,
        f: impl Fn(Vec<O>, Vec<P>, Tick) -> I,
    ) -> Stream<I::Item>
    where
        T: OwnAt<LEVEL, O>,
        U: Own<P>,
    {
        let _ = (other, f);
        stream()
    }
}
