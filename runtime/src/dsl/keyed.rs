//! Operators that bring the records of a key together, within a tick: groups, folds and joins.
//!
//! In all of them keys and values become owned, as they do for outputs: a `&str` key meets `String` keys on the other side,
//! and a `&str` value comes out as `String` (below the types say `V` for it).

use super::{AsStream, Stream, stream};
use crate::batch::Data;
use crate::key::{Key, Pair};
use crate::table::AsTable;

impl<T: Key> Stream<T> {
    /// Each different record of the tick, owned, once.
    ///
    /// Equal records become one on the map side, then again behind one exchange by the record's key group. So a record has to
    /// be a [`Key`](trait@Key). The order is that of hashes, as in [`count_by_value`](Stream::count_by_value).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b", "a"], vec!["a"]])).distinct().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec!["a", "b"], vec!["a"]]);
    /// ```
    pub fn distinct(&self) -> Stream<T::Owned> {
        stream()
    }
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// One pair for each key of the tick: all its values, in the order in which they came.
    ///
    /// Every pair crosses the exchange, and a group is held as a whole. Where a sum, a count or a maximum is wanted,
    /// [`reduce_by_key`](Stream::reduce_by_key) and [`aggregate_by_key`](Stream::aggregate_by_key) are many times as fast.
    /// One allocation a key. Keys leave in the order of key group, then of their first records.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec![("a", 1), ("b", 5), ("a", 2)]])).group_by_key().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", vec![1, 2]), ("b", vec![5])]]);
    /// ```
    pub fn group_by_key(&self) -> Stream<(<T::K as Key>::Owned, Vec<T::V>)>
    where
        T::K: Key,
        T::V: Data,
    {
        stream()
    }

    /// One pair for each key of the tick: its values, folded one by one, in the order in which they came.
    ///
    /// Nothing is combined before the exchange: so the function may be any, and need not be associative. `init` is cloned
    /// for each key. If the function is associative, [`aggregate_by_key`](Stream::aggregate_by_key) sends less.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let marks = source(queue([vec![("a", 1), ("b", 5), ("a", 2)]]));
    /// marks.fold_by_key(String::new(), |all, mark| format!("{all}{mark};")).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", "1;2;"), ("b", "5;")]]);
    /// ```
    pub fn fold_by_key<A>(&self, init: A, f: impl Fn(A, T::V) -> A) -> Stream<(<T::K as Key>::Owned, A)>
    where
        T::K: Key,
        T::V: Data,
        A: Data + Clone + Sync,
    {
        let _ = (init, f);
        stream()
    }

    /// As [`fold_by_key`](Stream::fold_by_key), but each task folds what it has before the exchange, and `merge` brings the
    /// results of two tasks together. Spark's `aggregateByKey`; with the first value in `f` also its `combineByKey`.
    ///
    /// # Contract
    /// - `init` is neutral: `merge(init, a)` is `a`. It comes in once for each key *and task*.
    /// - `merge(f(a, v), b)` is what `f` makes of both's values, whichever task had them: `merge` is associative. It is given
    ///   results in the order of tasks, so it need not be commutative.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let marks = source(queue([vec![("a", 1), ("b", 5), ("a", 2)]]));
    /// // Sum and number, for a mean.
    /// let sums = marks.aggregate_by_key((0, 0), |(sum, n), mark| (sum + mark, n + 1), |a, b| (a.0 + b.0, a.1 + b.1));
    /// sums.map_values(|(sum, n)| f64::from(sum) / f64::from(n)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(out.records().len(), 2);
    /// ```
    pub fn aggregate_by_key<A>(
        &self,
        init: A,
        f: impl Fn(A, T::V) -> A,
        merge: impl Fn(A, A) -> A,
    ) -> Stream<(<T::K as Key>::Owned, A)>
    where
        T::K: Key,
        T::V: Data,
        A: Data + Clone + Sync,
    {
        let _ = (init, f, merge);
        stream()
    }

    /// Each pair with each pair of `other` that has its key, within the tick.
    ///
    /// An inner join. A stream may be joined with itself, and the result with a third: `a.join(b).join(c)` gives
    /// `(key, ((a, b), c))`. Streams of different sources meet tick by tick: pairs of the same tick, and no others.
    ///
    /// Every pair of both sides crosses the exchange. In each key group the right side is indexed and the left one looked up in
    /// it, so the smaller stream belongs on the right. Values and keys are `Clone`: the right value is cloned for each
    /// match, the left pair for each but the last. The results are made while they are read, and never held as a whole.
    /// Matches leave in the order of key group, then of the left records, then of the right ones.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("eve", (7, "Toledo")), ("eve", (9, "Toledo"))]]);
    /// ```
    pub fn join<U: Pair>(&self, other: impl AsStream<U>) -> Stream<(<T::K as Key>::Owned, (T::V, U::V))>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Stream::join); a pair without a match comes once, with `None`.
    ///
    /// Matches leave in the order of key group, then of the left records, then of the right ones.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.left_outer_join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert!(out.records().contains(&("bob".to_string(), (3, None))));
    /// ```
    pub fn left_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (T::V, Option<U::V>))>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Stream::join); a pair of `other` without a match comes once, with `None`.
    ///
    /// Matches leave in the order of `join`; a key group's lone pairs follow its matches.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.right_outer_join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert!(out.records().contains(&("ann".to_string(), (None, "Oslo".to_string()))));
    /// ```
    pub fn right_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (Option<T::V>, U::V))>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// As [`join`](Stream::join); a pair of either stream without a match comes once, with `None`.
    ///
    /// Matches leave in the order of `join`, lone left pairs among them; a key group's lone right pairs follow.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.full_outer_join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert_eq!(out.records().len(), 4);
    /// ```
    pub fn full_outer_join<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (Option<T::V>, Option<U::V>))>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// The pairs whose key is in `other`, within the tick, each once.
    ///
    /// Of `other` only the keys cross the exchange; nothing is cloned. Pairs leave in the order of key group, then of their coming.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.left_semi_join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("eve", 7), ("eve", 9)]]);
    /// ```
    pub fn left_semi_join<U: Pair>(&self, other: impl AsStream<U>) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// The pairs whose key is not in `other`, within the tick.
    ///
    /// Of `other` only the keys cross the exchange; nothing is cloned. Pairs leave in the order of key group, then of their coming.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.left_anti_join(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("bob", 3)]]);
    /// ```
    pub fn left_anti_join<U: Pair>(&self, other: impl AsStream<U>) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// One pair for each key of either stream, within the tick: all its values in this one, and all in `other`.
    ///
    /// In order of their coming; a side without the key has an empty list. Every pair of both sides crosses the exchange.
    /// Keys leave in the order of key group, then of their first records, those of this stream before those of `other`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3), ("eve", 9)]]));
    /// let towns = source(queue([vec![("eve", "Toledo"), ("ann", "Oslo")]]));
    /// orders.cogroup(towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// assert!(out.records().contains(&("eve".to_string(), (vec![7, 9], vec!["Toledo".to_string()]))));
    /// ```
    pub fn cogroup<U: Pair>(
        &self,
        other: impl AsStream<U>,
    ) -> Stream<(<T::K as Key>::Owned, (Vec<T::V>, Vec<U::V>))>
    where
        T::K: Key,
        U::K: Key<Owned = <T::K as Key>::Owned>,
    {
        let _ = other;
        stream()
    }

    /// Each pair with each match in a [`Table`](crate::Table), which was read once, above `stream!`.
    ///
    /// `&table` is borrowed by the pipeline, as by a closure; a pipeline that owns all it has takes the table itself or an `Arc`
    /// of it. Nothing is exchanged: the look-up is a part of the stage, and the record stays borrowed. One look-up a record; the match is
    /// cloned, the pair for each match but the last. Matches come in the order in which the table was given them.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// let towns = Table::from_iter([("eve", "Toledo"), ("ann", "Oslo")]);
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3)]]));
    /// orders.join_table(&towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("eve", (7, "Toledo"))]]);
    /// ```
    pub fn join_table<S: AsTable>(&self, table: S) -> Stream<(T::K, (T::V, S::Value))>
    where
        T::K: Key<Owned = <S::Key as Key>::Owned>,
    {
        let _ = table;
        stream()
    }

    /// As [`join_table`](Stream::join_table); a pair without a match comes once, with `None`.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// let towns = Table::from_iter([("eve", "Toledo"), ("ann", "Oslo")]);
    /// # let pipeline = stream! {
    /// let orders = source(queue([vec![("eve", 7), ("bob", 3)]]));
    /// orders.left_outer_join_table(&towns).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![("eve", (7, Some("Toledo"))), ("bob", (3, None))]]);
    /// ```
    pub fn left_outer_join_table<S: AsTable>(&self, table: S) -> Stream<(T::K, (T::V, Option<S::Value>))>
    where
        T::K: Key<Owned = <S::Key as Key>::Owned>,
    {
        let _ = table;
        stream()
    }
}
