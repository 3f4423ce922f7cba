//! Running a pipeline on every engine, and the input of property tests.

use std::fmt::Debug;
use std::future::Future;

use millstream::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// What a pipeline gives, tick by tick. It is run on the test engine with several seeds, and on the local one, each with
/// 1, 2 and 7 partitions; all runs must give the same records in the same order.
#[track_caller]
pub fn ordered<'e, T>(make: impl Fn(MemorySink<T>) -> Pipeline<'e>) -> Vec<Vec<T>>
where
    T: Clone + Debug + PartialEq + Send + 'static,
{
    all_the_same(make, |_| ())
}

/// As [`ordered`], for pipelines whose order within a tick is unspecified: each tick's records are sorted.
#[track_caller]
pub fn sorted<'e, T>(make: impl Fn(MemorySink<T>) -> Pipeline<'e>) -> Vec<Vec<T>>
where
    T: Clone + Debug + Ord + Send + 'static,
{
    all_the_same(make, |tick| tick.sort())
}

/// As [`ordered`], for pipelines that want a tick in every interval.
#[track_caller]
pub fn ordered_at_intervals<'e, T>(make: impl Fn(MemorySink<T>) -> Pipeline<'e>) -> Vec<Vec<T>>
where
    T: Clone + Debug + PartialEq + Send + 'static,
{
    all_on(|partitions| at_once(partitions).trigger(Trigger::Interval(millis(1))), make, |_| ())
}

#[track_caller]
fn all_the_same<'e, T>(
    make: impl Fn(MemorySink<T>) -> Pipeline<'e>,
    arrange: impl Fn(&mut Vec<T>),
) -> Vec<Vec<T>>
where
    T: Clone + Debug + PartialEq + Send + 'static,
{
    all_on(at_once, make, arrange)
}

#[track_caller]
fn all_on<'e, T>(
    local_engine: impl Fn(usize) -> Engine,
    make: impl Fn(MemorySink<T>) -> Pipeline<'e>,
    arrange: impl Fn(&mut Vec<T>),
) -> Vec<Vec<T>>
where
    T: Clone + Debug + PartialEq + Send + 'static,
{
    let result = |run: &dyn Fn(Pipeline<'e>) -> millstream::Result<()>| {
        let out = MemorySink::new();
        run(make(out.clone())).expect("the pipeline runs");
        let mut batches = out.batches();
        batches.iter_mut().for_each(&arrange);
        batches
    };
    let first = result(&|pipeline| Engine::test().run(pipeline));
    for partitions in [1, 2, 7] {
        for seed in [1, 2, 3] {
            let again = result(&|pipeline| Engine::test().partitions(partitions).seed(seed).run(pipeline));
            assert_eq!(again, first, "test engine, {partitions} partitions, seed {seed}");
        }
        let local = result(&|pipeline| local_engine(partitions).run(pipeline));
        assert_eq!(local, first, "local engine, {partitions} partitions");
    }
    first
}

/// The local engine, without waiting for boundaries.
pub fn at_once(partitions: usize) -> Engine {
    Engine::local().partitions(partitions).threads(2).trigger(Trigger::AvailableNow)
}

/// Applies a model to each tick.
pub fn each<A, B>(ticks: &[Vec<A>], model: impl Fn(&[A]) -> Vec<B>) -> Vec<Vec<B>> {
    ticks.iter().map(|tick| model(tick)).collect()
}

pub fn few() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) }
}

/// Some ticks of numbers, empty ones among them.
pub fn numbers() -> impl Strategy<Value = Vec<Vec<i64>>> {
    vec(vec(-20i64..20, 0..12), 0..5)
}

/// Some ticks of lines of few words: empty lines, runs of blanks, and words too long to lie inline in a table.
pub fn lines() -> impl Strategy<Value = Vec<Vec<String>>> {
    let word =
        prop_oneof![Just(""), Just("a"), Just("ñandú"), Just("b"), Just("a-word-of-more-than-sixteen-bytes")];
    vec(vec(vec(word, 0..6).prop_map(|words| words.join(" ")), 0..6), 0..4)
}

/// Pairs of a key out of few and a number.
pub fn pairs() -> impl Strategy<Value = Vec<Vec<(u64, i64)>>> {
    vec(vec((0u64..5, -20i64..20), 0..12), 0..5)
}

/// Waits for a future on a small runtime of its own.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
