//! A job that crashes, anywhere, and is started again goes on as if nothing had happened.

use std::path::Path;

use millstream::engine::{FaultPoint, TestEngine};
use millstream::prelude::*;
use millstream::sink::text_file_sink;

const POINTS: [FaultPoint; 3] = [FaultPoint::BeforeStages, FaultPoint::BeforeCommit, FaultPoint::AfterCommit];

type Batches = Vec<Vec<(String, u64)>>;

/// Words counted, of a queue, an iterator and a file, in ticks of a few records.
fn words(path: &Path, out: &MemorySink<(String, u64)>, folder: Option<&Path>) -> Pipeline<'static> {
    let queued = queue([vec!["a b a"], vec![], vec!["b", "c d"], vec!["a"], vec!["e e"]]);
    let numbers = from_iter(0..11u64).max_records_per_tick(3);
    let lines = text_files(path).max_bytes_per_tick(9);
    let out = out.clone();
    let pipeline = stream! { <Words>
        let queued = source(queued).flat_map(|line| line.split(' ')).map(str::to_string);
        let numbers = source(numbers).map(|n| format!("n{}", n % 4));
        let words = source(lines).flat_map(|line| line.split(' ').map(str::to_string));
        let counts = queued.union(numbers).union(words).count_by_value();
        counts.sink(out);
    };
    let Some(folder) = folder else { return pipeline };
    let sink = text_file_sink(folder);
    stream! { <Folder>
        source(from_iter(0..11u64).max_records_per_tick(3)).map(|n| n.to_string()).sink(sink);
    }
}

fn text() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("in.txt"), "x y\nx\n\nlonger than a tick z\nlast")
        .expect("it is written");
    folder
}

/// Runs a job to its end, and starts it again after each crash; at most `crashes` of them.
fn survive(engine: &TestEngine, make: &dyn Fn() -> Pipeline<'static>, crashes: usize) -> usize {
    let mut job = engine.start(make()).expect("it starts");
    for crash in 0..=crashes {
        match job.run_to_end() {
            Ok(()) => return crash,
            Err(error) => assert!(error.to_string().contains("crashed at the fault point"), "{error}"),
        }
        job = engine.restart(job.crash(), make()).expect("it starts again");
    }
    panic!("more than {crashes} crashes");
}

#[test]
fn a_crash_at_any_fault_point_of_any_tick_changes_nothing() {
    let folder = text();
    let path = folder.path().join("in.txt");
    let run = |engine: TestEngine, crashes: usize| -> Batches {
        let out = MemorySink::new();
        assert_eq!(survive(&engine, &|| words(&path, &out, None), crashes), crashes);
        out.batches()
    };
    let expected = run(Engine::test(), 0);
    let ticks = expected.len() as u64;
    assert!(ticks >= 5, "{expected:?}");
    for seed in 0..4 {
        let engine = Engine::test().seed(seed);
        for (point, tick) in POINTS.iter().flat_map(|point| (0..ticks).map(move |tick| (*point, tick))) {
            assert_eq!(
                run(engine.clone().fail_at(point, tick), 1),
                expected,
                "{point:?} of {tick}, seed {seed}"
            );
        }
        // Twice in one tick, and again in the next.
        for tick in 0..ticks - 1 {
            let engine = engine
                .clone()
                .fail_at(FaultPoint::BeforeStages, tick)
                .fail_at(FaultPoint::BeforeCommit, tick)
                .fail_at(FaultPoint::AfterCommit, tick + 1);
            assert_eq!(run(engine, 3), expected, "thrice at {tick}, seed {seed}");
        }
    }
}

/// All that keeps something, of words and of one another.
fn states(out: &MemorySink<String>) -> Pipeline<'static> {
    let input =
        queue([vec!["a b a"], vec![], vec!["b", "c a"], vec!["a"], vec!["e e b"], vec![], vec!["a"], vec![]]);
    let out = out.clone();
    stream!(move {
        let words = source(input).flat_map(|line| line.split(' ')).map(|word| (word, word.len() as u64));
        let counts = words.running_count();
        let sums = counts.map_values(|n| n.to_string()).running_fold(String::new(), |all, n| all + &n);
        let largest = counts.running_reduce(u64::max);
        let known = words.update_state_by_key(|new, old: Option<u64>| {
            let age = if new.is_empty() { old? + 1 } else { 0 };
            (age < 3).then_some(age)
        }, [("z", 1u64)]);
        let (gone, all) = words.map_with_state_and_snapshots(
            |key, n, state: &mut State<u64>| {
                let Some(n) = n else { return Some(format!("{key} is gone")) };
                *state.get_or_insert_with(|| 0) += n;
                None
            },
            StateSpec::new().timeout(secs(2)).initial([("y", 7u64)]),
        );
        let new = words.keys().drop_duplicates(secs(3));
        let pairs = words.drop_duplicates_by_key().unbounded().map(|(k, n)| format!("new {k} {n}"));
        let texts = sums.map(|(k, s)| format!("sums {k} {s}")).union(largest.map(|(k, n)| format!("largest {k} {n}")));
        let more = texts.union(known.map(|(k, n)| format!("known {k} {n}"))).union(gone);
        let rest = more.union(all.map(|(k, n)| format!("all {k} {n}"))).union(new.map(|k| format!("again {k}")));
        rest.union(pairs).sink(out);
    })
}

#[test]
fn state_outlives_a_crash_anywhere_and_another_number_of_partitions() {
    let undisturbed = MemorySink::new();
    Engine::test().run(states(&undisturbed)).expect("it runs");
    let expected = undisturbed.batches();
    assert!(expected.len() == 8 && expected.iter().flatten().any(|text| text == "b is gone"), "{expected:?}");
    for (point, tick) in POINTS.iter().flat_map(|point| (0..8u64).map(move |tick| (*point, tick))) {
        let out = MemorySink::new();
        let engine = |partitions| Engine::test().partitions(partitions).seed(tick).fail_at(point, tick);
        let mut job = engine(3).start(states(&out)).expect("it starts");
        job.run_to_end().expect_err("it crashes");
        let mut job = engine(7).restart(job.crash(), states(&out)).expect("it starts again");
        job.run_to_end().expect("it runs");
        // Where the streams meet, partitions show.
        let sorted = |mut ticks: Vec<Vec<String>>| {
            ticks.iter_mut().for_each(|tick| tick.sort());
            ticks
        };
        assert_eq!(sorted(out.batches()), sorted(expected.clone()), "{point:?} of {tick}");
    }
}

#[test]
fn a_crash_between_any_two_ticks_changes_nothing() {
    let folder = text();
    let path = folder.path().join("in.txt");
    let undisturbed = MemorySink::new();
    Engine::test().run(words(&path, &undisturbed, None)).expect("it runs");
    for between in 0..6 {
        let out = MemorySink::new();
        let engine = Engine::test();
        let mut job = engine.start(words(&path, &out, None)).expect("it starts");
        for _ in 0..between {
            job.tick().expect("it runs");
        }
        let now = job.now();
        let mut job = engine.restart(job.crash(), words(&path, &out, None)).expect("it starts again");
        assert_eq!(job.now(), now);
        job.run_to_end().expect("it runs");
        assert_eq!(out.batches()[..undisturbed.batches().len()], undisturbed.batches(), "after {between}");
        assert!(out.batches()[undisturbed.batches().len()..].iter().all(Vec::is_empty), "after {between}");
    }
}

#[test]
fn files_hold_each_tick_once_after_a_crash() {
    // Without the batch time in the names, which is a later one for what was planned anew, and without the start's number.
    let read = |folder: &Path| -> Vec<(String, Vec<String>)> {
        let entries = |path: &Path| -> Vec<_> {
            let entries = std::fs::read_dir(path).expect("the folder is there");
            let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
            paths.sort();
            paths
        };
        let ticks = entries(folder).into_iter().filter(|path| path.is_dir());
        let of_tick = ticks.map(|tick| {
            let mut files: Vec<String> = entries(&tick)
                .iter()
                .map(|file| std::fs::read_to_string(file).expect("it is text"))
                .collect();
            let success = files.remove(0);
            (success.split(", epoch").next().unwrap_or_default().to_string(), files)
        });
        of_tick.collect()
    };
    let mut expected = Vec::new();
    for (point, tick) in [(None, 0)]
        .into_iter()
        .chain(POINTS.iter().flat_map(|point| (0..4u64).map(move |tick| (Some(*point), tick))))
    {
        let (text, out) = (text(), tempfile::tempdir().expect("a folder"));
        let (path, memory) = (text.path().join("in.txt"), MemorySink::new());
        let engine = point.map_or(Engine::test(), |point| Engine::test().fail_at(point, tick));
        survive(&engine, &|| words(&path, &memory, Some(&out.path().join("n"))), 1);
        let files = read(out.path());
        if expected.is_empty() {
            assert!(files.len() >= 4, "{files:?}");
            expected = files;
        } else {
            assert_eq!(files, expected, "{point:?} of {tick}");
        }
    }
}

#[test]
fn files_that_appear_are_read_once_each_whatever_crashes() {
    for (point, crash) in POINTS.iter().flat_map(|point| (0..4).map(move |tick| (*point, tick))) {
        let (folder, out) = (tempfile::tempdir().expect("a folder"), MemorySink::new());
        let put =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is written");
        let pipeline = || {
            let (source, sink) = (text_directory(folder.path()).max_bytes_per_tick(5), out.clone());
            stream!(move { source(source).map(str::to_string).sink(sink); })
        };
        put("0old", "1\n2\n3\n4\n");
        let engine = Engine::test().fail_at(point, crash);
        let mut job = engine.start(pipeline()).expect("it starts");
        for tick in 0..6u64 {
            put(&format!("new{}", 9 - tick), &format!("{}\n", tick + 5));
            if job.tick().is_err() {
                put("a.while.down", "11\n");
                job = engine.restart(job.crash(), pipeline()).expect("it starts again");
            }
        }
        (0..6).for_each(|_| job.tick().expect("it runs"));
        let mut all: Vec<u64> = out.records().iter().map(|line| line.parse().expect("a number")).collect();
        assert_eq!(all[..4], [1, 2, 3, 4], "{point:?} of {crash}");
        all.sort_unstable();
        assert_eq!(all, (1..=11).collect::<Vec<_>>(), "{point:?} of {crash}");
    }
}

#[test]
fn a_source_that_can_not_be_replayed_says_so_when_a_tick_is_to_run_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one").to_string();
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            use std::io::Write;
            let (mut peer, _) = listener.accept().expect("somebody comes");
            peer.write_all(b"a\nb\n").expect("it is heard");
        }
    });
    let pipeline = || {
        let lines = text_socket(&address);
        stream! { source(lines).map(str::to_string).sink(MemorySink::<String>::new()); }
    };
    let engine = Engine::test().fail_at(FaultPoint::BeforeCommit, 0);
    let mut job = engine.start(pipeline()).expect("it starts");
    job.run_to_end().expect_err("it crashes");
    let mut job = engine.restart(job.crash(), pipeline()).expect("it starts again");
    let error = job.run_to_end().expect_err("what the socket sent is gone").to_string();
    assert!(error.contains("are gone"), "{error}");
    server.join().expect("it ends");
}

#[test]
fn a_job_that_is_stopped_right_after_a_restart_runs_what_the_log_has_and_no_more() {
    for point in POINTS {
        let out = MemorySink::new();
        let start = || {
            let numbers = queue([vec![1], vec![2], vec![3], vec![4]]);
            let sink = out.clone();
            stream!(move { source(numbers).sink(sink); })
        };
        let engine = Engine::test().fail_at(point, 1);
        let mut job = engine.start(start()).expect("it starts");
        job.run_to_end().expect_err("it crashes");
        engine.restart(job.crash(), start()).expect("it starts again").stop().expect("it stops");
        let batches = out.batches();
        assert!(batches.len() >= 2 && batches[..2] == [[1], [2]], "{point:?}: {batches:?}");
    }
}

#[test]
fn ticks_behind_a_crash_read_as_much_as_without_one() {
    let batches = |crash: Option<u64>| -> Vec<usize> {
        let out = MemorySink::new();
        let make = || {
            let sink = out.clone();
            stream!(move { source(from_iter(0..20_000u64)).sink(sink); })
        };
        let engine = Engine::test().memory_budget(1 << 20);
        let engine = crash.map_or(engine.clone(), |tick| engine.fail_at(FaultPoint::AfterCommit, tick));
        survive(&engine, &make, usize::from(crash.is_some()));
        out.batches().iter().map(Vec::len).collect()
    };
    let undisturbed = batches(None);
    assert!(undisturbed.len() > 3, "{undisturbed:?}");
    for tick in 0..undisturbed.len() as u64 {
        assert_eq!(batches(Some(tick)), undisturbed, "a crash behind tick {tick}");
    }
}
