//! Operators that keep something from tick to tick.
//!
//! What is kept lies in tables by key group, in memory, and each partition works on its own: no record waits for a lock. Keys
//! and states can be written to a checkpoint ([`StateKey`], [`StateData`]: `Clone`, `Serialize`, `Deserialize`). Without one
//! ([`Engine::checkpoint`](crate::Engine::checkpoint)), state ends with the pipeline.
//!
//! A state's name is that of its stream and its operator, `counts/running_count`, so a pipeline may have but one of each name.

use std::time::Duration;

use super::{Stream, stream};
use crate::batch::Data;
use crate::key::{Key, Pair};
use crate::state::{State, StateData, StateKey, StateSpec};
use crate::tick::Tick;

impl<T: Key> Stream<T> {
    /// Each record that did not come before, in this tick or in an earlier one.
    ///
    /// A record is remembered for as long as the operand says, from the tick that emitted it on: `minutes(10)`, by batch time; a
    /// record that comes again at or after the end of that time is emitted again. Duplicates prolong nothing.
    /// For ever is `.drop_duplicates().unbounded()`: see [`unbounded`](Stream::unbounded).
    ///
    /// As [`distinct`](Stream::distinct) within the tick; then a look-up in the state for each different record. The state
    /// holds the records of that time and up to a quarter more. Records leave in the order of hashes.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// source(queue([vec!["a", "b", "a"], vec!["b", "c"]])).drop_duplicates(minutes(10)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec!["a", "b"], vec!["c"]]);
    /// ```
    ///
    /// Spark's `dropDuplicates`, which needs a watermark to forget.
    pub fn drop_duplicates(&self, remember: Duration) -> Stream<T::Owned>
    where
        T::Owned: StateKey,
    {
        let _ = remember;
        stream()
    }
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Stream<T> {
    /// As [`drop_duplicates`](Stream::drop_duplicates), by key: the first pair of each key.
    ///
    /// Every pair crosses the exchange. The state holds keys, and no values. Pairs leave in the order of key group, then as they
    /// came.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let events = source(queue([vec![(7, "open"), (7, "again")], vec![(7, "late"), (8, "open")]]));
    /// events.drop_duplicates_by_key().unbounded().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![(7, "open")], vec![(8, "open")]]);
    /// ```
    pub fn drop_duplicates_by_key(&self, remember: Duration) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
    {
        let _ = remember;
        stream()
    }

    /// Each key of the tick with how many pairs it has had since the start.
    ///
    /// Only keys that have pairs in the tick are emitted. Counted on the map side; then a look-up in the state for each key of
    /// the tick. Keys are never forgotten, so the state grows with them; the plan says so.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec![("a", ()), ("b", ()), ("a", ())], vec![("a", ())]]));
    /// words.running_count().sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 2), ("b", 1)], vec![("a", 3)]]);
    /// ```
    pub fn running_count(&self) -> Stream<(<T::K as Key>::Owned, u64)>
    where
        T::K: Key<Owned: StateKey>,
    {
        stream()
    }

    /// Each key of the tick with all its values since the start, reduced.
    ///
    /// The function must be associative: values are combined on the map side, and then with the state, which comes first.
    /// Only keys that have values in the tick are emitted. Keys are never forgotten, so the state grows with them.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let marks = source(queue([vec![("a", 3), ("b", 5), ("a", 9)], vec![("a", 4)]]));
    /// marks.running_reduce(i32::max).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 9), ("b", 5)], vec![("a", 9)]]);
    /// ```
    pub fn running_reduce(&self, f: impl Fn(T::V, T::V) -> T::V) -> Stream<(<T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = f;
        stream()
    }

    /// Each key of the tick with all its values since the start, folded one by one, in the order in which they came.
    ///
    /// Nothing is combined before the exchange, so the function may be any; `init` is cloned for each new key. Only keys that
    /// have values in the tick are emitted. Keys are never forgotten, so the state grows with them.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let marks = source(queue([vec![("a", 1), ("b", 5), ("a", 2)], vec![("a", 3)]]));
    /// marks.running_fold(String::new(), |all, mark| format!("{all}{mark};")).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", "1;2;"), ("b", "5;")], vec![("a", "1;2;3;")]]);
    /// ```
    pub fn running_fold<A>(&self, init: A, f: impl Fn(A, T::V) -> A) -> Stream<(<T::K as Key>::Owned, A)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        A: StateData + Sync,
    {
        let _ = (init, f);
        stream()
    }

    /// Every known key with its state, every tick: what the closure makes of the key's new values and its old state.
    ///
    /// The closure is called each tick for *every* key that has a state or new values, also in a tick without data: then with
    /// no values. `None` forgets the key. A second operand is what keys begin with, any pairs of key and state:
    /// `update_state_by_key(f, [("a", 1)])`.
    ///
    /// Every pair crosses the exchange. Each tick costs a call and a clone of key and state for every known key, so
    /// [`map_with_state`](Stream::map_with_state) and the running aggregates are the better choice where only
    /// changes matter. Keys leave in the order of key group, then of their first values.
    ///
    /// # Errors
    /// Since it means something in every tick, it is for ticks at intervals: `run` and `start` refuse it under
    /// [`Trigger::Eager`](crate::Trigger::Eager) and [`Trigger::AvailableNow`](crate::Trigger::AvailableNow).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec![("a", 1), ("b", 1), ("a", 1)], vec![], vec![("a", 1)]]));
    /// let counts: Stream<(String, i32)> = words.update_state_by_key(|new, old| Some(old.unwrap_or(0) + new.iter().sum::<i32>()));
    /// counts.sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 2), ("b", 1)], vec![("a", 2), ("b", 1)], vec![("a", 3), ("b", 1)]]);
    /// ```
    ///
    /// Spark's `updateStateByKey`.
    pub fn update_state_by_key<S>(
        &self,
        f: impl Fn(&[T::V], Option<S>) -> Option<S>,
    ) -> Stream<(<T::K as Key>::Owned, S)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
    {
        let _ = f;
        stream()
    }

    /// [`update_state_by_key`](Stream::update_state_by_key) with both operands, as the editor sees it.
    #[doc(hidden)]
    pub fn update_state_by_key_from<S, Q: Key<Owned = <T::K as Key>::Owned>>(
        &self,
        f: impl Fn(&[T::V], Option<S>) -> Option<S>,
        initial: impl IntoIterator<Item = (Q, S)>,
    ) -> Stream<(<T::K as Key>::Owned, S)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
    {
        let _ = (f, initial);
        stream()
    }

    /// As [`update_state_by_key`](Stream::update_state_by_key); the closure gets the key and the tick too.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let words = source(queue([vec![("a", 1)], vec![("b", 1)], vec![]]));
    /// // When each key was seen last; it is forgotten after two seconds.
    /// let seen: Stream<(String, Timestamp)> = words.update_state_by_key_with(|_key, new, old, tick| {
    ///     let last = if new.is_empty() { old? } else { tick.time };
    ///     (tick.time.since(last) < secs(2)).then_some(last)
    /// });
    /// seen.map(|(key, last)| (key, last.millis())).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("a", 1000)], vec![("a", 1000), ("b", 2000)], vec![("b", 2000)]]);
    /// ```
    pub fn update_state_by_key_with<S>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, &[T::V], Option<S>, Tick) -> Option<S>,
    ) -> Stream<(<T::K as Key>::Owned, S)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
    {
        let _ = f;
        stream()
    }

    /// [`update_state_by_key_with`](Stream::update_state_by_key_with) with both operands, as the editor sees it.
    #[doc(hidden)]
    pub fn update_state_by_key_with_from<S, Q: Key<Owned = <T::K as Key>::Owned>>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, &[T::V], Option<S>, Tick) -> Option<S>,
        initial: impl IntoIterator<Item = (Q, S)>,
    ) -> Stream<(<T::K as Key>::Owned, S)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
    {
        let _ = (f, initial);
        stream()
    }

    /// What the closure makes of each pair and the [`State`] of its key, where it is `Some`.
    ///
    /// It is called once for each pair, with `Some(value)`, in the order in which they came. Keys without new values cost
    /// nothing. A second operand, a [`StateSpec`], gives a time-out or what keys begin with. A key that times out gets one more
    /// call, with `None`, behind the tick's values, and is forgotten then; [`State::time_out_in`] sets the time of a single key.
    /// Times are batch times, so a key times out in a tick, also in one without data;
    /// [`event_timeout`](Stream::event_timeout) behind it goes by event time instead.
    ///
    /// To see all values of a key at once, put [`group_by_key`](Stream::group_by_key) before it. To emit several
    /// records, return a list and [`flatten`](Stream::flatten) the stream.
    ///
    /// Every pair crosses the exchange; then a look-up in the state a record (and for a string key of up to 16 bytes an
    /// allocation, since the closure gets a `&String`). Results leave in the order of key group, then of the records.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let logins = source(queue([vec![("eve", 1u64), ("bob", 1)], vec![("eve", 1)]]));
    /// let nth = logins.map_with_state(|name, login, state: &mut State<u64>| {
    ///     let n = login? + state.get().copied().unwrap_or(0);
    ///     state.update(n);
    ///     Some(format!("{name}: {n}"))
    /// });
    /// nth.sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec!["bob: 1", "eve: 1"], vec!["eve: 2"]]);
    /// ```
    ///
    /// Spark's `mapWithState`.
    pub fn map_with_state<S, U>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, Option<T::V>, &mut State<S>) -> Option<U>,
    ) -> Stream<U>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
        U: Data,
    {
        let _ = f;
        stream()
    }

    /// [`map_with_state`](Stream::map_with_state) with both operands, as the editor sees it.
    #[doc(hidden)]
    pub fn map_with_state_spec<S, U>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, Option<T::V>, &mut State<S>) -> Option<U>,
        spec: StateSpec<<T::K as Key>::Owned, S>,
    ) -> Stream<U>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
        U: Data,
    {
        let _ = (f, spec);
        stream()
    }

    /// As [`map_with_state`](Stream::map_with_state), and a second stream: every key with its state, every tick.
    ///
    /// The snapshot is that of the tick's end, without keys that timed out in it. It costs a clone of every key and state,
    /// each tick.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let logins = source(queue([vec![("eve", 1u64), ("bob", 1)], vec![("eve", 1)]]));
    /// let (_, sums) = logins.map_with_state_and_snapshots(|_name, n, state: &mut State<u64>| -> Option<()> {
    ///     let n = n?;
    ///     *state.get_or_insert_with(|| 0) += n;
    ///     None
    /// });
    /// sums.sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![("bob", 1), ("eve", 1)], vec![("bob", 1), ("eve", 2)]]);
    /// ```
    ///
    /// Spark's `stateSnapshots`.
    pub fn map_with_state_and_snapshots<S, U>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, Option<T::V>, &mut State<S>) -> Option<U>,
    ) -> (Stream<U>, Stream<(<T::K as Key>::Owned, S)>)
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
        U: Data,
    {
        let _ = f;
        (stream(), stream())
    }

    /// [`map_with_state_and_snapshots`](Stream::map_with_state_and_snapshots) with both operands, as the editor sees it.
    #[doc(hidden)]
    pub fn map_with_state_and_snapshots_spec<S, U>(
        &self,
        f: impl Fn(&<T::K as Key>::Owned, Option<T::V>, &mut State<S>) -> Option<U>,
        spec: StateSpec<<T::K as Key>::Owned, S>,
    ) -> (Stream<U>, Stream<(<T::K as Key>::Owned, S)>)
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
        S: StateData,
        U: Data,
    {
        let _ = (f, spec);
        (stream(), stream())
    }
}
