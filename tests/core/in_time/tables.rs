//! Tables that are refreshed between ticks.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use millstream::RefreshedTable;
use millstream::engine::FaultPoint;
use millstream::prelude::*;
use proptest::prelude::*;

use super::many;

/// What a test does to the outside, and sees of it.
#[derive(Default)]
struct Outside {
    newest: AtomicU64,
    /// The versions that were loaded.
    loaded: Mutex<Vec<u64>>,
    /// What those hold that are still there.
    alive: Mutex<Vec<(u64, Weak<()>)>>,
    gone: AtomicU64,
}

impl Outside {
    fn at(newest: u64) -> Arc<Outside> {
        Arc::new(Outside { newest: newest.into(), gone: u64::MAX.into(), ..Outside::default() })
    }

    fn set(&self, newest: u64) {
        self.newest.store(newest, Ordering::SeqCst);
    }

    fn loaded(&self) -> Vec<u64> {
        self.loaded.lock().unwrap().clone()
    }

    fn alive(&self) -> Vec<u64> {
        let alive = self.alive.lock().unwrap();
        alive.iter().filter(|(_, held)| held.strong_count() > 0).map(|(version, _)| *version).collect()
    }

    fn table(self: &Arc<Self>, every: std::time::Duration) -> RefreshedTable<String, (u64, Arc<()>)> {
        let (asked, loads) = (Arc::clone(self), Arc::clone(self));
        let newest = move |_: Timestamp| match asked.newest.load(Ordering::SeqCst) {
            u64::MAX => Err(io::Error::other("nobody answers")),
            newest => Ok(newest),
        };
        refreshed_table(every, newest, move |version| {
            if loads.gone.load(Ordering::SeqCst) == version {
                return Err(io::Error::other("it was cleaned up"));
            }
            loads.loaded.lock().unwrap().push(version);
            let held = Arc::new(());
            loads.alive.lock().unwrap().push((version, Arc::downgrade(&held)));
            Ok(Table::from_iter([("a", (version, held))]))
        })
    }

    fn pipeline(self: &Arc<Self>, every: std::time::Duration, out: &MemorySink<u64>) -> Pipeline<'static> {
        let (table, out) = (self.table(every), out.clone());
        let input = queue((0..9).map(|_| ["a"]));
        stream!(move { source(input).map(|k| (k, ())).join_table(table).map(|(_, ((), (version, _)))| version).sink(out); })
    }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn each_tick_has_the_version_of_its_stretch_of_time(
        ticks in 0usize..14,
        every in 0u64..5,
        changes in 1u64..4,
        partitions in 1usize..9,
        seed in any::<u64>(),
    ) {
        let at = move |at: Timestamp| Ok::<_, io::Error>(at.millis() as u64 / 1000 / changes);
        let load = |version: u64| Ok::<_, io::Error>(Table::from_iter((0..4u64).map(|k| (k, 10 * version + k))));
        let table = refreshed_table(secs(every), at, load);
        let (out, sink) = (MemorySink::new(), MemorySink::new());
        let (both, input) = (sink.clone(), queue((0..ticks).map(|_| [1u64, 3, 9])));
        let first = out.clone();
        let pipeline = stream! {
            let keys = source(input).map(|k| (k, k)).repartition(3);
            keys.join_table(&table).map(|(_, (_, found))| found).sink(first);
            // Behind an exchange too, it is the same one.
            keys.reduce_by_key(|a, b| a + b).left_outer_join_table(&table).map(|(k, (_, found))| (k, found)).sink(both);
        };
        Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
        let version = |tick: u64| {
            let time = tick + 1;
            time.checked_div(every).map_or(time, |stretch| stretch * every) / changes
        };
        let of = |tick: usize| 10 * version(tick as u64);
        let found: Vec<Vec<u64>> = (0..ticks).map(|tick| vec![of(tick) + 1, of(tick) + 3]).collect();
        out.assert_batches_sorted(found);
        let both: Vec<Vec<_>> = (0..ticks).map(|t| vec![(1, Some(of(t) + 1)), (3, Some(of(t) + 3)), (9, None)]).collect();
        sink.assert_batches_sorted(both);
    }
}

#[test]
fn what_is_newest_is_asked_once_a_stretch_and_loaded_when_it_is_another() {
    let (outside, out) = (Outside::at(1), MemorySink::new());
    let mut job = Engine::test().start(outside.pipeline(secs(3), &out)).expect("it starts");
    for tick in 1..=9 {
        // At 2 s it is too late for the first stretch.
        outside.set(if tick < 2 { 1 } else { 2 + tick / 8 });
        job.tick().expect("it runs");
    }
    out.assert_batches([[1], [1], [2], [2], [2], [2], [2], [2], [3]].map(Vec::from));
    assert_eq!(outside.loaded(), [1, 2, 3]);
}

#[test]
fn a_version_is_dropped_behind_the_last_tick_that_has_it() {
    let (outside, out) = (Outside::at(1), MemorySink::new());
    let mut job = Engine::test().start(outside.pipeline(secs(0), &out)).expect("it starts");
    for tick in 1..=9 {
        outside.set(tick);
        job.tick().expect("it runs");
        assert_eq!(outside.alive(), [tick]);
    }
    drop(job);
    assert_eq!(outside.alive(), [0; 0]);
}

#[test]
fn a_tick_that_runs_again_has_the_version_that_it_had() {
    for point in [FaultPoint::BeforeStages, FaultPoint::BeforeCommit] {
        let (outside, out) = (Outside::at(1), MemorySink::new());
        let engine = Engine::test().fail_at(point, 3);
        let mut job = engine.start(outside.pipeline(secs(0), &out)).expect("it starts");
        for tick in 1..=4 {
            outside.set(10 * tick);
            assert_eq!(job.tick().is_err(), tick == 4);
        }
        outside.set(70);
        let mut job = engine.restart(job.crash(), outside.pipeline(secs(0), &out)).expect("it starts again");
        job.run_to_end().expect("it runs");
        out.assert_batches([[10], [20], [30], [40], [70], [70], [70], [70], [70]].map(Vec::from));
        assert_eq!(outside.loaded(), [10, 20, 30, 40, 40, 70], "{point:?}");
    }
}

#[test]
fn a_checkpoint_knows_the_versions_of_the_ticks_behind_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (outside, out) = (Outside::at(1), MemorySink::new());
    let pipeline = || outside.pipeline(secs(0), &out).named("Versions");
    let engine =
        Engine::test().checkpoint(folder.path().to_string_lossy()).fail_at(FaultPoint::BeforeCommit, 2);
    let mut job = engine.start(pipeline()).expect("it starts");
    for tick in 1..=3 {
        outside.set(10 * tick);
        assert_eq!(job.tick().is_err(), tick == 3);
    }
    drop(job);
    outside.set(70);
    let mut job = Engine::test()
        .checkpoint(folder.path().to_string_lossy())
        .start(pipeline())
        .expect("it starts again");
    job.run_to_end().expect("it runs");
    let versions = out.records();
    assert_eq!((&versions[..4], versions.len()), (&[10, 20, 30, 70][..], 9));
}

#[test]
fn a_version_that_is_gone_is_an_error_that_names_it() {
    let (outside, out) = (Outside::at(5), MemorySink::new());
    let engine = Engine::test().fail_at(FaultPoint::BeforeCommit, 1);
    let mut job = engine.start(outside.pipeline(secs(0), &out)).expect("it starts");
    job.run_to_end().expect_err("it crashes");
    outside.gone.store(5, Ordering::SeqCst);
    outside.set(6);
    let mut job = engine.restart(job.crash(), outside.pipeline(secs(0), &out)).expect("it starts again");
    let error = job.run_to_end().expect_err("it can't have run").to_string();
    for words in
        ["operator `join_table`", "tick 1", "version 5 of its table", "before a restart", "it was cleaned up"]
    {
        assert!(error.contains(words), "no `{words}` in: {error}");
    }
}

#[test]
fn a_table_that_can_not_be_loaded_at_first_stops_the_pipeline_and_later_stays_as_it_is() {
    let (outside, out) = (Outside::at(u64::MAX), MemorySink::new());
    let error =
        Engine::test().run(outside.pipeline(secs(0), &out)).expect_err("there is no table").to_string();
    for words in ["operator `join_table`", "tick 0", "its table can't be loaded: nobody answers"] {
        assert!(error.contains(words), "no `{words}` in: {error}");
    }
    let (outside, out) = (Outside::at(1), MemorySink::new());
    let mut job = Engine::test().start(outside.pipeline(secs(0), &out)).expect("it starts");
    for newest in [1, u64::MAX, 3, 4] {
        outside.set(newest);
        outside.gone.store(3, Ordering::SeqCst);
        job.tick().expect("it runs");
    }
    out.assert_batches([[1], [1], [1], [4]].map(Vec::from));
}

#[test]
fn a_loader_that_panics_is_an_error() {
    let table = refreshed_table(
        secs(1),
        |_| Ok::<_, io::Error>(1),
        |version| -> io::Result<Table<u64, u64>> { panic!("no version {version}") },
    );
    let pipeline = stream! { source(queue([[(1u64, 1)]])).join_table(&table).print(); };
    let error = Engine::test().run(pipeline).expect_err("it panics").to_string();
    assert!(error.contains("operator `join_table`") && error.contains("panicked: no version 1"), "{error}");
}

#[test]
fn plans_say_how_often_a_table_is_refreshed() {
    let outside = Outside::at(1);
    let plan = outside.pipeline(minutes(5), &MemorySink::new()).plan().to_string();
    assert!(plan.contains("refreshed every 300s"), "{plan}");
}
