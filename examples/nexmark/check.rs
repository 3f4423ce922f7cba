//! Whether a query gives what loops over its events give.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use millstream::prelude::*;
use millstream::source::FromIter;
use millstream::testing::restarts_change_nothing;
use millstream::{BoxError, Trigger};

use super::{Bid, Event, Nexmark};

/// What the tests run on: two hundred seconds, with a midnight in the middle.
const EVENTS: u64 = 20_000;

pub fn events() -> Vec<Event> {
    Nexmark::new(42).events(EVENTS).collect()
}

pub fn bids() -> Vec<Bid> {
    events().into_iter().filter_map(Event::bid).collect()
}

/// Seventeen ticks, none of which ends where a group of events does.
pub fn source() -> FromIter<Nexmark> {
    from_iter(Nexmark::new(42).events(EVENTS)).max_records_per_tick(1237)
}

/// A crash changes nothing: fewer events, since there is a run for every tick and every point in it.
fn outlives_crashes<T: Clone + PartialEq + Debug + Send + 'static>(
    query: impl Fn(FromIter<Nexmark>, MemorySink<T>) -> Pipeline<'static>,
) {
    let few = || from_iter(Nexmark::new(42).events(EVENTS / 10)).max_records_per_tick(437);
    restarts_change_nothing(|out| query(few(), out));
}

/// What a query gives on both engines, in one partition and in seven.
pub fn results<T: Clone + Send + 'static>(
    query: impl Fn(FromIter<Nexmark>, MemorySink<T>) -> Pipeline<'static>,
) -> Vec<Vec<T>> {
    let mut results = Vec::new();
    let mut run = |run: &dyn Fn(Pipeline<'static>) -> millstream::Result<()>| -> Result<(), BoxError> {
        let out = MemorySink::new();
        run(query(source(), out.clone()))?;
        results.push(out.records());
        Ok(())
    };
    for partitions in [1, 7] {
        run(&|query| Engine::test().partitions(partitions).run(query)).expect("it runs");
        let engine = || Engine::local().partitions(partitions).trigger(Trigger::Eager);
        run(&|query| engine().run(query)).expect("it runs");
    }
    results
}

/// The query's results are the expected ones, in any order, and a crash changes nothing.
pub fn check<T: Clone + PartialOrd + Debug + Send + 'static>(
    query: impl Fn(FromIter<Nexmark>, MemorySink<T>) -> Pipeline<'static>,
    expected: impl IntoIterator<Item = T>,
) {
    let expected = sorted(expected.into_iter().collect());
    assert!(!expected.is_empty(), "the events show something");
    for results in results(&query) {
        same(sorted(results), &expected);
    }
    outlives_crashes(query);
}

/// As [`check`], of a query whose results replace earlier ones of their key.
pub fn check_last<T: Clone + PartialOrd + Debug + Send + 'static, K: Ord>(
    query: impl Fn(FromIter<Nexmark>, MemorySink<T>) -> Pipeline<'static>,
    key: impl Fn(&T) -> K,
    expected: impl IntoIterator<Item = T>,
) {
    let expected = sorted(expected.into_iter().collect());
    assert!(!expected.is_empty(), "the events show something");
    for results in results(&query) {
        let last: BTreeMap<K, T> = results.into_iter().map(|result| (key(&result), result)).collect();
        same(sorted(last.into_values().collect()), &expected);
    }
    outlives_crashes(query);
}

fn sorted<T: PartialOrd>(mut results: Vec<T>) -> Vec<T> {
    results.sort_by(|a, b| a.partial_cmp(b).expect("results can be compared"));
    results
}

fn same<T: PartialEq + Debug>(results: Vec<T>, expected: &[T]) {
    let differs = results.iter().zip(expected).position(|(a, b)| a != b);
    if let Some(at) = differs {
        panic!("result {at} is {:?}, not {:?}", results[at], expected[at]);
    }
    assert_eq!(results.len(), expected.len(), "there are as many results");
}
