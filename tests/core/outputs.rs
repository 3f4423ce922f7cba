//! Outputs: `for_each`, `for_each_batch`, `sink`, `print`.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use millstream::clock::Timestamp;
use millstream::engine::FaultPoint;
use millstream::prelude::*;
use millstream::sink::text_file_sink;
use proptest::prelude::*;

use crate::support::{at_once, few, lines, numbers, ordered};

proptest! {
    #![proptest_config(few())]

    #[test]
    fn for_each_gets_every_record_in_order(input in lines(), partitions in 1usize..8, seed in 0u64..100) {
        let mut seen: Vec<String> = Vec::new();
        let pipeline = stream! { source(queue(input.clone())).flat_map(|l| l.split(' ')).for_each(|word| seen.push(word)); };
        Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
        let expected: Vec<&str> = input.iter().flatten().flat_map(|l| l.split(' ')).collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn for_each_batch_gets_every_tick_once(input in numbers(), partitions in 1usize..8, seed in 0u64..100) {
        let mut seen = Vec::new();
        let pipeline = stream! {
            source(queue(input.clone())).for_each_batch(|batch, tick| seen.push((tick.number, tick.time, batch)));
        };
        Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
        let time = |n: u64| Timestamp::from_millis(1000 * (n as i64 + 1));
        let expected: Vec<_> = (0u64..).zip(&input).map(|(n, batch)| (n, time(n), batch.clone())).collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn outputs_of_one_stream_get_the_same(input in lines(), partitions in 1usize..8) {
        let (mut count, mut bytes) = (0, 0);
        let out = MemorySink::new();
        let pipeline = stream! {
            let lines = source(queue(input.clone()));
            lines.for_each(|l| bytes += l.len());
            lines.sink(out.clone());
            lines.for_each_batch(|batch, _| count += batch.len());
        };
        at_once(partitions).run(pipeline).expect("it runs");
        prop_assert_eq!(out.batches(), input.clone());
        prop_assert_eq!(count, input.iter().flatten().count());
        prop_assert_eq!(bytes, input.iter().flatten().map(String::len).sum::<usize>());
    }
}

#[test]
fn a_sink_gets_owned_records_of_many_shapes() {
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["a=1", "b"]]))
                .map(|l| (l, l.split_once('='), l.as_bytes(), l.chars().collect::<Vec<char>>(), vec![l]))
                .sink(out);
        }
    });
    let s = |text: &str| text.to_string();
    let expected = [
        (s("a=1"), Some((s("a"), s("1"))), b"a=1".to_vec(), vec!['a', '=', '1'], vec![s("a=1")]),
        (s("b"), None, b"b".to_vec(), vec!['b'], vec![s("b")]),
    ];
    assert_eq!(got, [expected]);
}

#[test]
fn records_of_a_type_of_ones_own_reach_a_sink() {
    #[derive(Clone, Debug, PartialEq)]
    struct Reading {
        sensor: String,
        value: f64,
    }
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["a 1.5", "b 2"]]))
                .filter_map(|l| l.split_once(' '))
                .filter_map(|(sensor, value)| Some(Reading { sensor: sensor.into(), value: value.parse().ok()? }))
                .sink(out);
        }
    });
    let reading = |sensor: &str, value| Reading { sensor: sensor.into(), value };
    assert_eq!(got, [[reading("a", 1.5), reading("b", 2.0)]]);
}

#[test]
fn two_sinks_of_one_pipeline_fill_one_memory() {
    let out = MemorySink::new();
    let pipeline = stream! {
        let (small, large) = source(queue([vec![1, 20, 3], vec![40]])).split(|n| *n < 10);
        small.sink(out.clone());
        large.sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([vec![1, 3, 20], vec![40]]);
}

#[test]
fn text_files_hold_a_tick_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("words");
    let pipeline = stream! { source(queue([vec!["b a"], vec!["c"]])).flat_map(|l| l.split(' ')).sink(text_file_sink(&prefix)); };
    Engine::test().run(pipeline).expect("it runs");
    let words =
        |tick: &str| std::fs::read_to_string(folder.path().join(tick).join("part-00000")).expect("text");
    assert_eq!([words("words-1000"), words("words-2000")], ["b\na\n", "c\n"]);
}

/// All files of the ticks under `folder`, with what they hold.
fn saved(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for tick in fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is there")) {
        if tick.path().is_dir() {
            for file in
                fs::read_dir(tick.path()).expect("it is there").map(|entry| entry.expect("it is there"))
            {
                let name = format!("{}/{}", tick.file_name().display(), file.file_name().display());
                let text = fs::read_to_string(file.path()).expect("it is text");
                files.push((name, text.split(", epoch").next().unwrap_or_default().to_string()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn save_as_text_files_makes_a_folder_for_each_tick_also_an_empty_one() {
    for partitions in [1, 2, 7] {
        let folder = tempfile::tempdir().expect("a folder");
        let prefix = folder.path().join("ß☃");
        let pipeline = stream! {
            let lines = source(queue([vec!["b a"], vec![], vec!["c"]]));
            lines.flat_map(|l| l.split(' ')).save_as_text_files(&prefix);
            lines.map(str::len).save_as_text_files(prefix.with_file_name("n"), "txt");
        };
        assert!(pipeline.plan().to_string().contains("n-TIME.txt"), "{pipeline:?}");
        Engine::test().partitions(partitions).run(pipeline).expect("it runs");
        let expected = [
            ("n-1000.txt/_SUCCESS", "tick 0"),
            ("n-1000.txt/part-00000", "3\n"),
            ("n-2000.txt/_SUCCESS", "tick 1"),
            ("n-3000.txt/_SUCCESS", "tick 2"),
            ("n-3000.txt/part-00000", "1\n"),
            ("ß☃-1000/_SUCCESS", "tick 0"),
            ("ß☃-1000/part-00000", "b\na\n"),
            ("ß☃-2000/_SUCCESS", "tick 1"),
            ("ß☃-3000/_SUCCESS", "tick 2"),
            ("ß☃-3000/part-00000", "c\n"),
        ];
        assert_eq!(saved(folder.path()), expected.map(|(name, text)| (name.to_string(), text.to_string())));
    }
}

/// Spark's CheckpointSuite, "recovery with saveAsHadoopFiles operation": that a tick's folder exists already is no error.
#[test]
fn a_tick_that_was_saved_before_a_crash_is_saved_again() {
    let saved_after = |crash: Option<(FaultPoint, u64)>| {
        let folder = tempfile::tempdir().expect("a folder");
        let prefix = folder.path().join("counts");
        let pipeline = || {
            let prefix = prefix.clone();
            let input =
                queue([vec!["a", "a", "b"], vec!["", ""], vec![], vec!["a", "a", "b"], vec!["", ""], vec![]]);
            stream!(move {
                let counts = source(input).map(|w| (w, 1)).reduce_by_key(|a: u64, b| a + b);
                counts.map(|(w, n)| format!("{w:?} {n}")).save_as_text_files(prefix);
            })
        };
        let Some((point, tick)) = crash else {
            Engine::test().run(pipeline()).expect("it runs");
            return saved(folder.path());
        };
        let engine = Engine::test().fail_at(point, tick);
        let mut job = engine.start(pipeline()).expect("it starts");
        job.run_to_end().expect_err("it crashes");
        let again = engine.restart(job.crash(), pipeline()).expect("it starts again").run_to_end();
        again.expect("it runs to its end");
        saved(folder.path())
    };
    // What was planned anew has a later batch time, so only the texts are the same.
    let texts = |files: Vec<(String, String)>| files.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    let expected = texts(saved_after(None));
    assert_eq!(expected.iter().filter(|text| text.contains("\"\" 2")).count(), 2, "{expected:?}");
    for point in [FaultPoint::BeforeStages, FaultPoint::BeforeCommit, FaultPoint::AfterCommit] {
        for tick in 0..6 {
            assert_eq!(texts(saved_after(Some((point, tick)))), expected, "{point:?} of {tick}");
        }
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn for_each_partition_gets_each_partition_of_a_keyed_stream_once_a_tick(
        input in lines(),
        partitions in 1usize..8,
        seed in 0u64..100,
    ) {
        let calls = Mutex::new(Vec::new());
        let out = MemorySink::new();
        let pipeline = stream! {
            let counts = source(queue(input.clone())).flat_map(|l| l.split(' ')).count_by_value();
            counts.for_each_partition(|records, partition, tick| calls.lock().unwrap().push((tick.number, partition, records)));
            counts.sink(out.clone());
        };
        Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
        let mut calls = calls.into_inner().unwrap();
        calls.sort_by_key(|call| (call.0, call.1));
        let places: Vec<_> = calls.iter().map(|call| (call.0, call.1)).collect();
        let expected: Vec<_> = (0..input.len() as u64).flat_map(|t| (0..partitions).map(move |p| (t, p))).collect();
        prop_assert_eq!(places, expected);
        let by_tick: Vec<Vec<_>> = calls.chunks(partitions).map(|tick| tick.iter().flat_map(|call| call.2.clone()).collect()).collect();
        prop_assert_eq!(by_tick, out.batches());
    }

    #[test]
    fn for_each_partition_of_a_source_gets_its_tasks_shares_in_order(input in numbers(), partitions in 1usize..8) {
        let calls = Mutex::new(Vec::new());
        let pipeline = stream! {
            source(queue(input.clone())).for_each_partition(|records, partition, tick| {
                calls.lock().unwrap().push((tick.number, partition, records));
            });
        };
        at_once(partitions).run(pipeline).expect("it runs");
        let mut calls = calls.into_inner().unwrap();
        calls.sort_by_key(|call| (call.0, call.1));
        prop_assert!(calls.iter().all(|call| call.1 < partitions));
        prop_assert_eq!(calls.into_iter().flat_map(|call| call.2).collect::<Vec<_>>(), input.concat());
    }
}

#[test]
fn print_takes_a_number_that_is_known_at_run_time() {
    let n = "3".parse::<usize>().expect("a number");
    let pipeline = stream! { source(queue([vec!["a"]])).print(n); };
    assert!(pipeline.plan().to_string().contains("print(3)"), "{pipeline:?}");
    Engine::test().run(pipeline).expect("it runs");
}

#[test]
fn for_each_takes_a_function_and_one_that_was_made() {
    fn check(word: String) -> Result<(), std::num::ParseIntError> {
        word.parse::<u8>().map(|_| ())
    }
    let mut total = 0;
    let add = |n: i32| total += n;
    let pipeline = stream! {
        source(queue([vec!["1", "2"]])).for_each(check);
        source(queue([vec![1, 2]])).for_each(add);
    };
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(total, 3);
}

#[test]
fn a_stage_feeds_twelve_outputs() {
    let outs: [MemorySink<u64>; 12] = std::array::from_fn(|_| MemorySink::new());
    let [a, b, c, d, e, f, g, h, i, j, k, l] = outs.clone();
    let pipeline = stream! {
        let n = source(queue([vec![1u64]]));
        n.sink(a); n.sink(b); n.sink(c); n.sink(d); n.sink(e); n.sink(f);
        n.sink(g); n.sink(h); n.sink(i); n.sink(j); n.sink(k); n.map(|n| n).sink(l);
    };
    Engine::test().run(pipeline).expect("it runs");
    outs.iter().for_each(|out| out.assert_batches([[1u64]]));
}

#[derive(Clone, Debug, PartialEq)]
struct Reading(u64);

#[test]
fn a_text_beside_a_type_of_ones_own_could_not_leave_its_stage() {
    let got = ordered(|out: MemorySink<(String, Reading)>| {
        stream! { source(queue([vec!["ab"]])).map(|l| (l, Reading(7))).sink(out); }
    });
    assert_eq!(got, [[("ab".to_string(), Reading(7))]]);
    let mut seen = Vec::new();
    let pipeline = stream! {
        let lines = source(queue([vec!["ab"]]));
        lines.map(|l| (Reading(1), l)).for_each(|(r, l)| seen.push((r.0, l)));
    };
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(seen, [(1, "ab".to_string())]);
}

#[test]
fn each_part_of_a_triple_may_be_of_ones_own_type() {
    let r = || Reading(1);
    let (a, b, c) = (MemorySink::new(), MemorySink::new(), MemorySink::new());
    let (d, e, f) = (MemorySink::new(), MemorySink::new(), MemorySink::new());
    let none = MemorySink::new();
    let pipeline = stream! {
        let lines = source(queue([vec!["ab"]]));
        lines.map(|l| (l, 1, r())).sink(a.clone());
        lines.map(|l| (l, r(), 1)).sink(b.clone());
        lines.map(|l| (r(), l, 1)).sink(c.clone());
        lines.map(|l| (l, r(), r())).sink(d.clone());
        lines.map(|l| (r(), l, r())).sink(e.clone());
        lines.map(|l| (r(), r(), l)).sink(f.clone());
        lines.map(|_| (r(), r(), r())).sink(none.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    let text = || "ab".to_string();
    assert_eq!(a.records(), [(text(), 1u64, r())]);
    assert_eq!(b.records(), [(text(), r(), 1u8)]);
    assert_eq!(c.records(), [(r(), text(), 1i16)]);
    assert_eq!(d.records(), [(text(), r(), r())]);
    assert_eq!(e.records(), [(r(), text(), r())]);
    assert_eq!(f.records(), [(r(), r(), text())]);
    assert_eq!(none.records(), [(r(), r(), r())]);
}

#[test]
fn types_of_the_standard_library_leave_beside_a_text() {
    use std::borrow::Cow;
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
    use std::num::{NonZeroU8, ParseIntError};
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    type Times = (Duration, SystemTime, Timestamp);
    type Sets = (HashMap<String, u64>, BTreeMap<u8, Reading>, HashSet<u8>, BTreeSet<u8>, VecDeque<String>);
    let out = MemorySink::<(String, Times, Sets, [String; 2], Arc<Reading>, Box<Reading>, PathBuf)>::new();
    let results = MemorySink::<(String, Result<u8, ParseIntError>, Result<u8, String>)>::new();
    let either = MemorySink::<Result<Reading, String>>::new();
    let bytes = MemorySink::<(Vec<u8>, Keyed<Reading>, Option<NonZeroU8>, Result<String, u64>, u64)>::new();
    let pipeline = stream! {
        let lines = source(queue([vec!["ab"]]));
        lines
            .map(|l| {
                let times = (Duration::ZERO, SystemTime::UNIX_EPOCH, Timestamp::default());
                let sets = (HashMap::new(), BTreeMap::new(), HashSet::from([1]), BTreeSet::from([1]), VecDeque::from([l]));
                (l, times, sets, [l; 2], Arc::new(Reading(1)), Box::new(Reading(1)), Path::new(l))
            })
            .sink(out.clone());
        lines.map(|l| (l, l.parse::<u8>(), Err::<u8, _>(l))).sink(results.clone());
        lines.map(|l| if l.is_empty() { Ok(Reading(1)) } else { Err(l) }).sink(either.clone());
        lines
            .map(|l| (Cow::Borrowed(l.as_bytes()), Keyed(Reading(1)), NonZeroU8::new(1), Ok::<_, u64>(l), 1))
            .sink(bytes.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    let text = || "ab".to_string();
    assert_eq!(out.records()[0].3, [text(), text()]);
    assert_eq!(results.records(), [(text(), "ab".parse::<u8>(), Err(text()))]);
    assert_eq!(either.records(), [Err(text())]);
    assert_eq!(bytes.records(), [(b"ab".to_vec(), Keyed(Reading(1)), NonZeroU8::new(1), Ok(text()), 1)]);
}

#[test]
fn two_text_file_sinks_on_one_prefix_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let prefix = folder.path().join("words");
    let run = |second: &std::path::Path| {
        let pipeline = stream! {
            let words = source(queue([vec!["a", "b"]]));
            words.sink(text_file_sink(&prefix));
            words.sink(text_file_sink(second));
        };
        Engine::test().run(pipeline)
    };
    let error = run(&prefix).expect_err("they are the same").to_string();
    assert!(error.contains("another sink of this process writes to `"), "{error}");
    assert!(!folder.path().join("words-1000").exists());
    run(&folder.path().join("others")).expect("the prefix is free again");
}
