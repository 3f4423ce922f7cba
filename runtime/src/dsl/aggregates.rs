//! The aggregates of windows that come ready-made, as the editor sees them.

use std::ops::Add;

use crate::event_time::{
    Collect, Count, CountDistinct, Max, MaxBy, Mean, Min, MinBy, Number, Of, Sum, Top, TopBy,
};
use crate::state::StateData;

/// How many records: in [`aggregate`](super::Windowed::aggregate).
pub fn count() -> Count {
    Count
}

/// How many different values a function makes of the records: in [`aggregate`](super::Windowed::aggregate). Each of them is kept
/// while the window is open.
///
/// ```
/// # use millstream::prelude::*;
/// # let out = MemorySink::new(); let sink = out.clone();
/// # let pipeline = stream! {
/// let visits = source(queue([vec![(7u32, "/"), (8, "/"), (7, "/about")]])).event_time(|_| 0i64, secs(5));
/// let visitors = visits.tumbling(secs(10)).aggregate((count(), count_distinct(|(visitor, _)| *visitor)));
/// visitors.map(|(_, counts)| counts).sink(sink);
/// # };
/// # Engine::test().run(pipeline).unwrap();
/// out.assert_batches([vec![], vec![(3, 2)]]);
/// ```
pub fn count_distinct<V, M, F>(function: F) -> CountDistinct<F, M>
where
    M: StateData + Ord,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().count_distinct(function)
}

/// The sum of what a function makes of each record: in [`aggregate`](super::Windowed::aggregate). Floats are added in the order in
/// which records came.
pub fn sum<V, N, F>(function: F) -> Sum<F, N>
where
    N: StateData + Default + Add<Output = N>,
    F: Fn(&V) -> N + Send + Sync,
{
    Of::<V>::records().sum(function)
}

/// The least of what a function makes of each record: in [`aggregate`](super::Windowed::aggregate). Of what can't be compared (`NaN`),
/// the first.
pub fn min<V, M, F>(function: F) -> Min<F, M>
where
    M: StateData + PartialOrd,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().min(function)
}

/// The greatest of what a function makes of each record: in [`aggregate`](super::Windowed::aggregate). Of what can't be compared
/// (`NaN`), the first.
pub fn max<V, M, F>(function: F) -> Max<F, M>
where
    M: StateData + PartialOrd,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().max(function)
}

/// The record of which a function makes the least: in [`aggregate`](super::Windowed::aggregate). Of equal ones the first.
pub fn min_by<V, M, F>(function: F) -> MinBy<F, M>
where
    V: StateData,
    M: StateData + PartialOrd,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().min_by(function)
}

/// The record of which a function makes the greatest: in [`aggregate`](super::Windowed::aggregate). Of equal ones the first.
///
/// ```
/// # use millstream::prelude::*;
/// # let out = MemorySink::new(); let sink = out.clone();
/// # let pipeline = stream! {
/// let bids = source(queue([vec![("mill", (7u32, 3u64)), ("mill", (8, 5))]])).event_time(|_| 0i64, secs(5));
/// let highest = bids.tumbling(secs(10)).aggregate_by_key(max_by(|(_, price)| *price));
/// highest.map(|(_, what, bid)| (what, bid)).sink(sink);
/// # };
/// # Engine::test().run(pipeline).unwrap();
/// out.assert_batches_sorted([vec![], vec![("mill", (8, 5))]]);
/// ```
pub fn max_by<V, M, F>(function: F) -> MaxBy<F, M>
where
    V: StateData,
    M: StateData + PartialOrd,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().max_by(function)
}

/// The arithmetic mean of what a function makes of each record, an `f64`: in [`aggregate`](super::Windowed::aggregate).
pub fn mean<V, N, F>(function: F) -> Mean<F, N>
where
    N: Number,
    F: Fn(&V) -> N + Send + Sync,
{
    Of::<V>::records().mean(function)
}

/// The largest records, largest first: in [`aggregate`](super::Windowed::aggregate).
pub fn top(n: usize) -> Top {
    Of::<()>::records().top(n)
}

/// `top(n, f)`, as the editor sees it.
#[doc(hidden)]
pub fn top_by<V, M, F>(n: usize, function: F) -> TopBy<F, M>
where
    M: StateData + Ord,
    F: Fn(&V) -> M + Send + Sync,
{
    Of::<V>::records().top_by(n, function)
}

/// All records, in the order in which they came: in [`aggregate`](super::Windowed::aggregate).
pub fn collect() -> Collect {
    Collect
}
