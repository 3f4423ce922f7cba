//! Checkpoints, with the test engine.

mod faults;
mod outputs;
mod savepoints;
mod sockets;
mod stalls;
mod upgrades;

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::engine::TestEngine;
use crate::prelude::*;

type Counts = MemorySink<(String, u64)>;

fn words(out: &Counts) -> Pipeline<'static> {
    let (sink, n) = (out.clone(), 0..12usize);
    stream!(move {
        let words = source(queue(n.map(|n| vec![["a", "b", "c", "d"][n % 4], ["a", "x"][n % 2], "a"])));
        let counts = words.map(|word| (word, ())).running_count();
        counts.sink(sink);
    })
    .named("Words")
}

fn undisturbed() -> Vec<Vec<(String, u64)>> {
    let out = MemorySink::new();
    Engine::test().run(words(&out)).unwrap();
    sorted(&out)
}

fn sorted(out: &Counts) -> Vec<Vec<(String, u64)>> {
    let sort = |mut batch: Vec<(String, u64)>| {
        batch.sort();
        batch
    };
    out.batches().into_iter().map(sort).collect()
}

fn engine(store: &Arc<dyn ObjectStore>) -> TestEngine {
    Engine::test().checkpoint_store(Arc::clone(store)).checkpoint_interval(secs(2))
}

fn memory() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

#[test]
fn a_pipeline_that_crashes_after_any_tick_goes_on_as_if_nothing_had_been() {
    let expected = undisturbed();
    for (seed, ticks) in (0..40).map(|seed| (seed, seed % 13)) {
        let (store, out) = (memory(), MemorySink::new());
        let mut job = engine(&store).seed(seed).start(words(&out)).unwrap();
        for _ in 0..ticks {
            job.tick().unwrap();
        }
        drop(job);
        let partitions = 1 + seed as usize % 5;
        engine(&store).seed(seed).partitions(partitions).run(words(&out)).unwrap();
        assert_eq!(sorted(&out), expected, "seed {seed}");
    }
}

#[test]
fn a_pipeline_that_was_stopped_runs_no_tick_again() {
    let (store, out) = (memory(), MemorySink::new());
    let mut job = engine(&store).start(words(&out)).unwrap();
    (0..5).for_each(|_| job.tick().unwrap());
    job.stop().unwrap();
    out.clear();
    let mut job = engine(&store).start(words(&out)).unwrap();
    job.tick().unwrap();
    assert_eq!(sorted(&out), [undisturbed().remove(5)]);
    job.run_to_end().unwrap();
    // And one that has ended has nothing left to do.
    out.clear();
    engine(&store).run(words(&out)).unwrap();
    assert!(out.batches().is_empty());
}

#[test]
fn progress_tells_of_the_newest_checkpoint() {
    let (store, out) = (memory(), MemorySink::new());
    let mut job = engine(&store).start(words(&out)).unwrap();
    job.tick().unwrap();
    assert_eq!(job.progress().checkpoint, None);
    (0..4).for_each(|_| job.tick().unwrap());
    let checkpoint = job.progress().checkpoint.expect("one is due every two ticks");
    assert!(checkpoint.tick >= 1 && checkpoint.bytes > 0, "{checkpoint:?}");
}

#[test]
fn a_pipeline_without_a_name_has_no_checkpoint() {
    let out: Counts = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream!(move {
        let words = source(queue([vec![("a".to_string(), 1u64)]]));
        words.sink(sink);
    });
    let error = engine(&memory()).run(pipeline).unwrap_err().to_string();
    assert!(error.contains("`stream! { <Name> … }`"), "{error}");
}

#[test]
fn the_older_of_two_starts_shows_nothing_more() {
    let (store, out) = (memory(), MemorySink::new());
    let mut old = engine(&store).start(words(&out)).unwrap();
    old.tick().unwrap();
    let mut new = engine(&store).start(words(&out)).unwrap();
    new.tick().unwrap();
    let shown = out.batches();
    let error = old.tick().unwrap_err().to_string();
    assert!(error.contains("another start (epoch 2) has taken over this checkpoint"), "{error}");
    assert_eq!(out.batches(), shown);
    new.run_to_end().unwrap();
    assert_eq!(sorted(&out), undisturbed());
}
