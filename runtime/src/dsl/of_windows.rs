//! What is made of windows of event time.

use std::marker::PhantomData;
use std::time::Duration;

use super::{Stream, stream};
use crate::batch::Data;
use crate::event_time::{Aggregate, Emit, Window};
use crate::key::{Key, Pair};
use crate::state::{StateData, StateKey};

/// A stream whose records are in windows of event time, as `stream!` sees it: an aggregate follows.
///
/// What a window came to is a record `(Window, A)`, or `(Window, K, A)` by key; its event time is the last millisecond of
/// the window, so windows can follow windows. A window has a result if it has a record.
///
/// **When.** By default ([`Emit::Append`]) a result leaves once, when the watermark has passed the end of its window (and the
/// [`allowed_lateness`](Windowed::allowed_lateness)); then the window is closed, and its state dropped. [`Emit::Update`] shows
/// results as they change, [`Emit::Complete`] all of them in each tick.
///
/// **Late records.** A record is late if all windows that it is in are closed. It is left out, and counted
/// ([`Progress::late`](crate::Progress::late)). Whoever binds two streams gets it: `let (results, late) = ….count();`.
///
/// **Order.** Values of a key are folded in the order in which they came. Results leave by key group, then by window, then in
/// the order in which keys came first: the same for any number of partitions.
///
/// **Cost.** Every record crosses the exchange (of `count` only its key and time), then a look-up in the table of its pane. State is
/// dropped as the watermark passes.
#[derive(Debug)]
pub struct Windowed<T> {
    records: PhantomData<fn() -> T>,
}

impl<T> Clone for Windowed<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Windowed<T> {}

pub(super) fn windowed<T>() -> Windowed<T> {
    Windowed { records: PhantomData }
}

impl<T> Windowed<T> {
    /// A window takes records until the watermark is so far behind its end, and in append mode waits with its result until
    /// then. By default none: it is closed when the watermark reaches its end.
    ///
    /// A larger bound of [`event_time`](Stream::event_time) waits too, and delays everything behind it; this is for one
    /// aggregate, and in update mode shows results early.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let seconds = source(queue([vec![3i64], vec![12], vec![4], vec![25], vec![5]]));
    /// let timed = seconds.event_time(|second| 1000 * second, secs(0));
    /// let counts = timed.tumbling(secs(10)).allowed_lateness(secs(10)).count();
    /// counts.map(|(window, count)| (window.start.millis() / 1000, count)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// // The third was out of order by 8 seconds, and the last by 20.
    /// out.assert_batches([vec![], vec![], vec![], vec![], vec![(0, 2)], vec![(10, 1), (20, 1)]]);
    /// ```
    pub fn allowed_lateness(&self, lateness: Duration) -> Windowed<T> {
        let _ = lateness;
        *self
    }

    /// When results leave: see [`Emit`]. Sessions can't be in update mode.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let seconds = source(queue([vec![3i64, 4], vec![12, 5]])).event_time(|second| 1000 * second, secs(10));
    /// let counts = seconds.tumbling(secs(10)).emit(Emit::Update).count();
    /// counts.map(|(window, count)| (window.start.millis() / 1000, count)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![(0, 2)], vec![(0, 3), (10, 1)], vec![]]);
    /// ```
    pub fn emit(&self, emit: Emit) -> Windowed<T> {
        let _ = emit;
        *self
    }

    /// Each window with how many records it has.
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let seconds = source(queue([vec![3i64, 4, 11], vec![30], vec![5]])).event_time(|second| 1000 * second, secs(5));
    /// let (counts, late) = seconds.tumbling(secs(10)).count();
    /// counts.map(|(window, count)| (window.start.millis() / 1000, count)).sink(sink);
    /// late.print();
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![], vec![(0, 2), (10, 1)], vec![(30, 1)]]);
    /// ```
    pub fn count(&self) -> Stream<(Window, u64)> {
        stream()
    }

    /// Each window with its records reduced to one. The function must be associative; records meet in the order in which they
    /// came.
    pub fn reduce(&self, f: impl Fn(T, T) -> T) -> Stream<(Window, T)>
    where
        T: StateData,
    {
        let _ = f;
        stream()
    }

    /// Each window with its records folded into one value, in the order in which they came.
    ///
    /// Nothing tells how two folds become one, so windows that overlap and sessions keep their records until they are closed;
    /// then those of the earlier part come first.
    pub fn fold<A: StateData>(&self, init: A, f: impl Fn(A, T) -> A) -> Stream<(Window, A)> {
        let _ = (init, f);
        stream()
    }

    /// Each window with what an aggregate makes of its records, or several at once, in a tuple of up to six.
    ///
    /// Ready-made are `count()`, [`count_distinct`](super::count_distinct)`(f)`, [`sum`](super::sum)`(f)`,
    /// [`min`](super::min)`(f)`, [`max`](super::max)`(f)`, [`min_by`](super::min_by)`(f)`, [`max_by`](super::max_by)`(f)`,
    /// [`mean`](super::mean)`(f)`, `top(n)`, `top(n, f)`, `collect()`, `reduce(f)` and `fold(init, f)`: names that mean
    /// themselves between these parentheses, so there is nothing to import. One of your own implements [`Aggregate`].
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let waits = source(queue([vec![(1i64, 30u64), (2, 10), (3, 20)]])).event_time(|(second, _)| 1000 * second, secs(5));
    /// let stats = waits.tumbling(secs(10)).aggregate((count(), mean(|(_, ms)| *ms), max(|(_, ms)| *ms)));
    /// stats.map(|(_, stats)| stats).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches([vec![], vec![(3, 20.0, 30)]]);
    /// ```
    pub fn aggregate<A: Aggregate<T>>(&self, aggregate: A) -> Stream<(Window, A::Out)> {
        let _ = aggregate;
        stream()
    }

    /// Each window with its `n` largest records, largest first; with a second operand by what that makes of them. Of equal ones
    /// those that came first.
    pub fn top(&self, n: usize) -> Stream<(Window, Vec<T>)>
    where
        T: StateData + Ord,
    {
        let _ = n;
        stream()
    }

    /// [`top`](Windowed::top) with both operands, as the editor sees it.
    #[doc(hidden)]
    pub fn top_by<O: StateData + Ord>(&self, n: usize, by: impl Fn(&T) -> O) -> Stream<(Window, Vec<T>)>
    where
        T: StateData,
    {
        let _ = (n, by);
        stream()
    }

    /// Each window with all its records, in the order in which they came.
    pub fn collect(&self) -> Stream<(Window, Vec<T>)>
    where
        T: StateData,
    {
        stream()
    }
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair> Windowed<T> {
    /// Each key of each window with how many pairs it has.
    pub fn count_by_key(&self) -> Stream<(Window, <T::K as Key>::Owned, u64)>
    where
        T::K: Key<Owned: StateKey>,
    {
        stream()
    }

    /// Each key of each window with its values reduced to one. The function must be associative; values meet in the order in
    /// which they came.
    pub fn reduce_by_key(
        &self,
        f: impl Fn(T::V, T::V) -> T::V,
    ) -> Stream<(Window, <T::K as Key>::Owned, T::V)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        let _ = f;
        stream()
    }

    /// Each key of each window with its values folded into one, in the order in which they came: see [`fold`](Windowed::fold).
    pub fn fold_by_key<A: StateData>(
        &self,
        init: A,
        f: impl Fn(A, T::V) -> A,
    ) -> Stream<(Window, <T::K as Key>::Owned, A)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: Data,
    {
        let _ = (init, f);
        stream()
    }

    /// Each key of each window with what an aggregate makes of its values, or several at once: see
    /// [`aggregate`](Windowed::aggregate).
    ///
    /// ```
    /// # use millstream::prelude::*;
    /// # let out = MemorySink::new(); let sink = out.clone();
    /// # let pipeline = stream! {
    /// let times = source(queue([vec![("/", 30u64), ("/about", 7), ("/", 10)]])).event_time(|_| 0i64, secs(5));
    /// let stats = times.tumbling(secs(10)).aggregate_by_key((count(), min(|ms| *ms), top(1)));
    /// stats.map(|(_, page, stats)| (page, stats)).sink(sink);
    /// # };
    /// # Engine::test().run(pipeline).unwrap();
    /// out.assert_batches_sorted([vec![], vec![("/", (2, 10, vec![30])), ("/about", (1, 7, vec![7]))]]);
    /// ```
    pub fn aggregate_by_key<A: Aggregate<T::V>>(
        &self,
        aggregate: A,
    ) -> Stream<(Window, <T::K as Key>::Owned, A::Out)>
    where
        T::K: Key<Owned: StateKey>,
    {
        let _ = aggregate;
        stream()
    }

    /// Each key of each window with all its values, in the order in which they came.
    pub fn group_by_key(&self) -> Stream<(Window, <T::K as Key>::Owned, Vec<T::V>)>
    where
        T::K: Key<Owned: StateKey>,
        T::V: StateData,
    {
        stream()
    }
}

macro_rules! with_late {
    ($($late:ident of $plain:ident [$($of:tt)*] ($($arg:ident: $arg_type:ty),*) -> $out:ty, $record:ty [$($bounds:tt)*];)+) => {$(
        /// The aggregate and its late records, as the editor sees it.
        #[doc(hidden)]
        pub fn $late<$($of)*>(&self, $($arg: $arg_type),*) -> (Stream<$out>, Stream<$record>)
        where
            $($bounds)*
        {
            (self.$plain($($arg),*), stream())
        }
    )+};
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T> Windowed<T> {
    with_late! {
        count_and_late of count [] () -> (Window, u64), T [];
        reduce_and_late of reduce [] (f: impl Fn(T, T) -> T) -> (Window, T), T [T: StateData];
        fold_and_late of fold [A: StateData] (init: A, f: impl Fn(A, T) -> A) -> (Window, A), T [];
        aggregate_and_late of aggregate [A: Aggregate<T>] (aggregate: A) -> (Window, A::Out), T [];
        top_and_late of top [] (n: usize) -> (Window, Vec<T>), T [T: StateData + Ord];
        collect_and_late of collect [] () -> (Window, Vec<T>), T [T: StateData];
    }
}

#[allow(clippy::type_complexity, reason = "a signature says what comes out")]
impl<T: Pair<K: Key<Owned: StateKey>>> Windowed<T> {
    with_late! {
        count_by_key_and_late of count_by_key []
            () -> (Window, <T::K as Key>::Owned, u64), (<T::K as Key>::Owned, T::V) [];
        reduce_by_key_and_late of reduce_by_key [] (f: impl Fn(T::V, T::V) -> T::V)
            -> (Window, <T::K as Key>::Owned, T::V), (<T::K as Key>::Owned, T::V) [T::V: StateData];
        fold_by_key_and_late of fold_by_key [A: StateData] (init: A, f: impl Fn(A, T::V) -> A)
            -> (Window, <T::K as Key>::Owned, A), (<T::K as Key>::Owned, T::V) [T::V: Data];
        aggregate_by_key_and_late of aggregate_by_key [A: Aggregate<T::V>] (aggregate: A)
            -> (Window, <T::K as Key>::Owned, A::Out), (<T::K as Key>::Owned, T::V) [];
        group_by_key_and_late of group_by_key [] ()
            -> (Window, <T::K as Key>::Owned, Vec<T::V>), (<T::K as Key>::Owned, T::V) [T::V: StateData];
    }
}
