//! A crash or an error at every operation of the store, and at every fault point: the output is that of an undisturbed run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::checkpoint::testing::{Fault, FaultStore};
use crate::engine::{FaultPoint, TestEngine};
use crate::prelude::*;
use crate::wait::block_on;
use crate::{Result, StateSpec};

/// By folder, all lines of its parts, sorted.
type Files = BTreeMap<String, Vec<String>>;

/// What a run leaves.
struct Outputs {
    memory: MemorySink<(String, u64)>,
    files: tempfile::TempDir,
}

impl Outputs {
    fn new() -> Outputs {
        Outputs { memory: MemorySink::new(), files: tempfile::tempdir().unwrap() }
    }

    /// Counts, and sessions that end when a word has not come for two seconds.
    fn pipeline(&self) -> Pipeline<'static> {
        let (counted, prefix) = (self.memory.clone(), self.files.path().join("sessions"));
        let spec = StateSpec::new().timeout(secs(2));
        let ticks = (0..8usize).map(|n| vec![["a", "b", "c"][n % 3], ["a", "x", "a", "y"][n % 4], "z"]);
        stream!(move {
            let words = source(queue(ticks));
            let pairs = words.map(|word| (word, ()));
            pairs.running_count().sink(counted);
            let sessions = pairs.map_with_state(
                |word, again, state: &mut State<u64>| {
                    let n = state.get().copied().unwrap_or(0);
                    if again.is_some() {
                        state.update(n + 1);
                        return None;
                    }
                    Some(format!("{word} {n}"))
                },
                spec,
            );
            sessions.save_as_text_files(prefix);
        })
        .named("Faulty")
    }

    fn all(&self) -> (Vec<Vec<(String, u64)>>, Files) {
        let mut batches = self.memory.batches();
        batches.iter_mut().for_each(|batch| batch.sort());
        (batches, files(self.files.path()))
    }
}

fn files(folder: &Path) -> Files {
    let mut all = Files::new();
    for tick in std::fs::read_dir(folder).unwrap() {
        let tick = tick.unwrap();
        let name = tick.file_name().into_string().unwrap();
        if name.starts_with('.') {
            continue;
        }
        let mut lines = Vec::new();
        for part in std::fs::read_dir(tick.path()).unwrap() {
            let part = part.unwrap();
            if part.file_name() != "_SUCCESS" {
                lines.extend(std::fs::read_to_string(part.path()).unwrap().lines().map(String::from));
            }
        }
        lines.sort();
        all.insert(name, lines);
    }
    all
}

fn undisturbed() -> (Vec<Vec<(String, u64)>>, Files) {
    let outputs = Outputs::new();
    Engine::test().run(outputs.pipeline()).unwrap();
    let all = outputs.all();
    assert!(all.1.values().any(|lines| !lines.is_empty()), "some sessions end");
    all
}

fn engine(store: &FaultStore, seed: usize) -> TestEngine {
    Engine::test()
        .checkpoint_store(Arc::new(store.clone()))
        .checkpoint_interval(secs(2))
        .checkpoints_kept(2)
        .partitions(1 + seed % 4)
        .seed(seed as u64)
}

/// A start of the program: to its end, or its error.
fn run(engine: &TestEngine, outputs: &Outputs) -> Result<()> {
    engine.start(outputs.pipeline())?.run_to_end()
}

#[test]
fn a_fault_at_any_operation_of_the_store_changes_nothing() {
    let expected = undisturbed();
    for fault in Fault::ALL {
        for n in 0.. {
            let (store, outputs) = (FaultStore::new(), Outputs::new());
            store.fault(n, fault);
            let first = run(&engine(&store, n), &outputs);
            let met = store.operations() > n;
            block_on(store.restart());
            if first.is_err() {
                run(&engine(&store, n + 1), &outputs).unwrap_or_else(|e| panic!("{fault:?} at {n}: {e}"));
            }
            assert_eq!(outputs.all(), expected, "{fault:?} at {n}");
            if !met {
                assert!(n > 20, "there are more operations than {n}");
                break;
            }
        }
    }
}

#[test]
fn a_crash_in_each_operation_of_a_recovery_changes_nothing() {
    let expected = undisturbed();
    for n in 0..30 {
        let (store, outputs) = (FaultStore::new(), Outputs::new());
        // Somewhere in the middle.
        store.fault(24, Fault::CrashAfter);
        run(&engine(&store, n), &outputs).expect_err("it crashes");
        block_on(store.restart());
        store.fault(n, Fault::ALL[3 + n % 3]);
        if run(&engine(&store, n + 1), &outputs).is_err() {
            block_on(store.restart());
            run(&engine(&store, n + 2), &outputs).unwrap_or_else(|e| panic!("at {n}: {e}"));
        }
        assert_eq!(outputs.all(), expected, "at {n}");
    }
}

#[test]
fn a_crash_at_any_fault_point_changes_nothing() {
    let expected = undisturbed();
    for point in [FaultPoint::BeforeStages, FaultPoint::BeforeCommit, FaultPoint::AfterCommit] {
        for tick in 0..8 {
            let (store, outputs) = (FaultStore::new(), Outputs::new());
            let seed = tick as usize;
            run(&engine(&store, seed).fail_at(point, tick), &outputs).expect_err("it crashes");
            run(&engine(&store, seed + 1), &outputs).unwrap();
            assert_eq!(outputs.all(), expected, "{point:?} of tick {tick}");
        }
    }
}
