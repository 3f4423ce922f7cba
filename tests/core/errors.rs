//! What goes wrong at run time: the error names the place, other pipelines go on, and nothing hangs.

use std::sync::Arc;

use millstream::batch::Rows;
use millstream::prelude::*;
use millstream::sink::{Delivery, Sink, SinkInfo};
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream::{BoxError, Error};

use crate::support::at_once;

/// The error of a pipeline, which is the same on every engine.
#[track_caller]
fn error_of<'e>(make: impl Fn() -> Pipeline<'e>) -> Error {
    let error = Engine::test().run(make()).expect_err("it fails");
    for partitions in [1, 2, 7] {
        for seed in [1, 2, 3] {
            let again = Engine::test().partitions(partitions).seed(seed).run(make()).expect_err("it fails");
            assert_eq!(
                again.to_string(),
                error.to_string(),
                "test engine, {partitions} partitions, seed {seed}"
            );
        }
        let local = at_once(partitions).run(make()).expect_err("it fails");
        assert_eq!(local.to_string(), error.to_string(), "local engine, {partitions} partitions");
    }
    error
}

/// Ticks of which the second holds a 13.
fn numbers() -> millstream::source::Queue<u64> {
    queue([vec![1, 2], vec![3, 13, 4], vec![5]])
}

fn refuse_13(n: u64) -> u64 {
    assert!(n != 13, "no {n}, please");
    n
}

#[track_caller]
fn assert_panic(error: &Error, expected: &str) {
    assert!(matches!(error, Error::Panic { .. }), "{error}");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_panic_in_a_map_names_pipeline_stream_operator_and_tick() {
    let error = error_of(|| {
        stream! { <Careful>
            let n = source(numbers());
            let checked = n.filter(|n| *n > 0).map(refuse_13);
            checked.for_each(|_| ());
        }
    });
    assert_panic(
        &error,
        "pipeline `Careful`, stream `checked`, operator `map`, stage 0, tick 1: panicked: no 13, please",
    );
    let Error::Panic { at, message } = error else { unreachable!("it was looked at above") };
    assert_eq!((at.pipeline.as_deref(), at.stream.as_deref()), (Some("Careful"), Some("checked")));
    assert_eq!((at.operator.as_deref(), at.stage, at.tick), (Some("map"), Some(0), Some(1)));
    assert_eq!(message, "no 13, please");
}

#[test]
fn a_panic_in_a_lazy_iterator_is_its_flat_maps() {
    let error = error_of(|| {
        stream! {
            let n = source(numbers());
            let all = n.flat_map(|n| (n..n + 2).map(refuse_13));
            all.map(|n| n + 1).for_each(|_| ());
        }
    });
    assert_panic(
        &error,
        "pipeline, stream `all`, operator `flat_map`, stage 0, tick 1: panicked: no 13, please",
    );
}

#[test]
fn a_panic_in_each_per_record_operator_is_that_operators() {
    macro_rules! panics {
        ($($operator:ident: |$s:ident| $chain:expr;)+) => {$(
            let error = error_of(|| stream! {
                let $s = source(numbers());
                let out = $chain;
                out.for_each(|_| ());
            });
            let expected = concat!("pipeline, stream `out`, operator `", stringify!($operator), "`, stage 0, tick 1");
            assert!(error.to_string().starts_with(expected), "{error}");
        )+};
    }
    panics! {
        filter: |s| s.filter(|n| refuse_13(*n) > 0);
        filter_map: |s| s.filter_map(|n| Some(refuse_13(n)));
        inspect: |s| s.inspect(|n| { refuse_13(*n); });
        key_by: |s| s.key_by(refuse_13);
        map_values: |s| s.map(|n| (0, n)).map_values(refuse_13);
    }
}

#[test]
fn a_panic_in_split_try_map_and_for_is_that_operators() {
    let error = error_of(|| {
        stream! {
            let (a, _b) = source(numbers()).split(|n| refuse_13(*n) > 0);
            a.for_each(|_| ());
        }
    });
    assert!(error.to_string().contains("stream `a`, operator `split`, stage 0, tick 1"), "{error}");

    let error = error_of(|| {
        stream! {
            let (a, _b) = source(numbers()).try_map(|n| Ok::<_, ()>(refuse_13(n)));
            a.for_each(|_| ());
        }
    });
    assert!(error.to_string().contains("stream `a`, operator `try_map`, stage 0, tick 1"), "{error}");

    let error = error_of(|| {
        stream! {
            let s = source(numbers());
            for _ in 0..3 { s = s.map(refuse_13); }
            s.for_each(|_| ());
        }
    });
    assert!(error.to_string().contains("stream `s`, operator `for`, stage 0, tick 1"), "{error}");
}

#[test]
fn a_panic_in_a_reducer_is_named_on_either_side_of_its_exchange() {
    let sum = |a: u64, b: u64| refuse_13(a + b);
    for (partitions, stage) in [(1, 0), (2, 1)] {
        let make = || {
            stream! {
                let sums = source(queue([vec![(1, 1), (1, 2)], vec![(2, 6), (2, 7)]])).reduce_by_key(sum);
                sums.for_each(|_| ());
            }
        };
        let expected = format!(
            "pipeline, stream `sums`, operator `reduce_by_key`, stage {stage}, tick 1: panicked: no 13, please"
        );
        assert_panic(&Engine::test().partitions(partitions).run(make()).expect_err("it fails"), &expected);
        assert_panic(&at_once(partitions).run(make()).expect_err("it fails"), &expected);
    }
}

#[test]
fn a_panic_in_an_output_is_that_outputs() {
    let error = error_of(|| stream! { source(numbers()).for_each(|n| { refuse_13(n); }); });
    assert!(
        error
            .to_string()
            .starts_with("pipeline, stream `source`, operator `for_each`, stage 0, tick 1: panicked"),
        "{error}"
    );
    let error = error_of(
        || stream! { source(numbers()).for_each_batch(|batch, _| assert!(!batch.contains(&13), "unlucky")); },
    );
    assert_panic(
        &error,
        "pipeline, stream `source`, operator `for_each_batch`, stage 0, tick 1: panicked: unlucky",
    );
}

#[test]
fn an_error_of_an_output_stops_the_pipeline() {
    let error = error_of(|| {
        stream! { <Sums>
            let n = source(numbers());
            n.for_each(|n| if n == 13 { Err(format!("{n} is not taken")) } else { Ok(()) });
        }
    });
    assert!(matches!(error, Error::Output { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "pipeline `Sums`, stream `n`, operator `for_each`, stage 0, tick 1: 13 is not taken"
    );

    let error = error_of(|| {
        stream! { source(queue([vec!["1"], vec!["x"]])).for_each_batch(|batch, _| -> Result<(), std::num::ParseIntError> {
            for text in batch {
                text.parse::<u8>()?;
            }
            Ok(())
        }); }
    });
    assert_eq!(
        error.to_string(),
        "pipeline, stream `source`, operator `for_each_batch`, stage 0, tick 1: invalid digit found in string"
    );
}

#[test]
fn what_was_committed_before_an_error_stays_and_the_rest_is_not_seen() {
    for partitions in [1, 2, 7] {
        let out = MemorySink::new();
        let pipeline = stream! { source(numbers()).map(refuse_13).sink(out.clone()); };
        Engine::test().partitions(partitions).run(pipeline).expect_err("it fails");
        out.assert_batches([[1, 2]]);
    }
}

/// A sink that fails, or panics, where it meets a 13 or a certain call.
struct Fussy {
    at: &'static str,
    panics: bool,
}

impl Fussy {
    fn fail(&self, at: &str) -> Result<(), BoxError> {
        assert!(at != self.at || !self.panics, "the sink fell over");
        if at == self.at { Err("the disk is full: make room".into()) } else { Ok(()) }
    }
}

impl Sink<u64> for Fussy {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "fussy", detail: String::new(), delivery: Delivery::AtLeastOnce }
    }
    fn open(&mut self, _: u64, _: Option<u64>) -> Result<(), BoxError> {
        self.fail("open")
    }
    fn write(&mut self, _: usize, batch: Vec<u64>) -> Result<(), BoxError> {
        if batch.contains(&13) { self.fail("write") } else { Ok(()) }
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        if tick.number == 1 { self.fail("commit") } else { Ok(()) }
    }
}

#[test]
fn a_sinks_errors_and_panics_name_the_sink() {
    for at in ["write", "commit"] {
        let error = error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at, panics: false }); });
        assert!(matches!(error, Error::Sink { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "pipeline, stream `n`, operator `sink`, stage 0, tick 1: the disk is full: make room"
        );
        let error = error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at, panics: true }); });
        assert_panic(
            &error,
            "pipeline, stream `n`, operator `sink`, stage 0, tick 1: panicked: the sink fell over",
        );
    }
    let error =
        error_of(|| stream! { let n = source(numbers()); n.sink(Fussy { at: "open", panics: false }); });
    assert_eq!(
        error.to_string(),
        "pipeline, stream `n`, operator `sink`, stage 0: the disk is full: make room"
    );
}

/// A source of one record a tick that fails at some point.
#[derive(Clone, Copy)]
struct Failing(&'static str);

impl Source for Failing {
    type Batch = Rows<u64>;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "failing", detail: self.0.into(), replayable: false }
    }
    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<u64>>>, BoxError> {
        match self.0 {
            "open" => Err("the door is locked: bring the key".into()),
            "panic" => panic!("the door fell off"),
            at => Ok(Arc::new(FailingReader { at, offered: 0.into() })),
        }
    }
}

struct FailingReader {
    at: &'static str,
    offered: std::sync::atomic::AtomicU64,
}

impl Reader for FailingReader {
    type Batch = Rows<u64>;
    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let start = self.offered.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if self.at == "available" && start == 2 {
            return Err("the well is dry: dig deeper".into());
        }
        let ranges = vec![OffsetRange { partition: 0, start, end: start + 1 }];
        Ok(Offer { ranges, caught_up: start == 5, ended: start == 5, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<u64>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        match (self.at, range.start) {
            ("read", 2) => Err("the page is torn: print it again".into()),
            ("read panics", 2) => panic!("the book burns"),
            _ => visit(&mut Rows::new(vec![range.start])),
        }
    }
    fn seek(&self, _: &Positions) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_source_that_fails_is_named_with_the_tick_where_there_is_one() {
    for (at, expected) in [
        ("open", "pipeline `P`, stream `n`, operator `source`, stage 0: the door is locked: bring the key"),
        ("panic", "pipeline `P`, stream `n`, operator `source`, stage 0: panicked: the door fell off"),
        (
            "available",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: the well is dry: dig deeper",
        ),
        (
            "read",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: the page is torn: print it again",
        ),
        (
            "read panics",
            "pipeline `P`, stream `n`, operator `source`, stage 0, tick 2: panicked: the book burns",
        ),
    ] {
        let error =
            error_of(|| stream! { <P> let n = source(Failing(at)); n.map(|n| n + 1).for_each(|_| ()); });
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn other_pipelines_of_the_process_go_on() {
    let out = MemorySink::new();
    let engine = at_once(2);
    let good = |out: MemorySink<(u64, u64)>| {
        stream!(move {
            source(from_iter(0..20_000u64).max_records_per_tick(100)).map(|n| (n % 7, n)).reduce_by_key(|a, b| a + b).sink(out);
        })
    };
    let running = engine.start(good(out.clone())).expect("it starts");
    for _ in 0..10 {
        let bad = stream!(move { source(numbers()).map(refuse_13).for_each(|_| ()); });
        engine.start(bad).expect("it starts").wait().expect_err("it fails");
    }
    running.wait().expect("it goes on");
    assert_eq!(out.batches().len(), 200);
    assert_eq!(out.records().iter().map(|(_, n)| n).sum::<u64>(), (0..20_000).sum());
    let again = MemorySink::new();
    engine.run(good(again.clone())).expect("the pool is not poisoned");
    assert_eq!(again.records(), out.records());
}

#[test]
fn a_job_that_failed_tells_it_once_and_is_not_running() {
    let bad = stream!(move { source(numbers()).map(refuse_13).for_each(|_| ()); });
    let job = at_once(2).start(bad).expect("it starts");
    assert!(job.wait().expect_err("it fails").to_string().contains("no 13, please"));
    assert!(!job.is_running());
    assert!(job.wait().expect_err("it failed").to_string().contains("earlier"));
}

#[test]
fn a_run_inside_a_tokio_runtime_points_to_start() {
    let error = crate::support::block_on(async {
        Engine::local()
            .run(stream! { source(queue([vec![1]])).for_each(|_| ()); })
            .expect_err("it would block")
    });
    assert!(matches!(error, Error::Config(_)) && error.to_string().contains("start(pipeline)"), "{error}");
}

#[test]
fn input_that_is_not_there_is_named_with_what_to_do() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("its address").to_string()
    };
    let error =
        error_of(|| stream! { <In> let lines = source(text_socket(&nobody)); lines.for_each(|_| ()); })
            .to_string();
    let expected = format!(
        "pipeline `In`, stream `lines`, operator `source`, stage 0: nobody listens on {nobody}: start the server first"
    );
    assert!(error.starts_with(&expected), "{error}");

    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("nowhere").join("*.txt");
    let error =
        error_of(|| stream! { <In> let lines = source(text_files(&missing)); lines.for_each(|_| ()); })
            .to_string();
    assert!(
        error.starts_with("pipeline `In`, stream `lines`, operator `source`, stage 0: no file matches `"),
        "{error}"
    );
    assert!(error.contains("there is no folder `"), "{error}");

    let error =
        error_of(|| stream! { let lines = source(text_files(folder.path())); lines.for_each(|_| ()); })
            .to_string();
    assert!(error.contains("is a folder: to read the files in it, write `"), "{error}");

    let error = error_of(
        || stream! { let lines = source(text_files(folder.path().join("a.txt"))); lines.for_each(|_| ()); },
    );
    assert!(error.to_string().ends_with("/a.txt`: check its name"), "{error}");

    let error = error_of(|| stream! { let lines = source(text_socket("no port")); lines.for_each(|_| ()); })
        .to_string();
    assert!(
        error.contains("`no port` is no address: write host and port, such as `127.0.0.1:7777`"),
        "{error}"
    );
}

#[test]
fn an_output_folder_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("taken");
    std::fs::write(&file, "").expect("it can be written");
    let prefix = file.join("words");
    let error = error_of(
        || stream! { let n = source(queue([vec!["a"]])); n.sink(millstream::sink::text_file_sink(&prefix)); },
    );
    assert!(matches!(error, Error::Sink { .. }), "{error}");
    assert!(error.to_string().contains("taken"), "{error}");
}

#[test]
fn an_error_or_a_panic_in_for_each_partition_names_it_and_its_tick() {
    let error = error_of(|| {
        stream! { <Refuses>
            let n = source(numbers());
            n.for_each_partition(|records, _, _| {
                if records.contains(&13) { Err("no 13, please") } else { Ok(()) }
            });
        }
    });
    assert!(matches!(error, Error::Output { .. }), "{error}");
    let expected =
        "pipeline `Refuses`, stream `n`, operator `for_each_partition`, stage 0, tick 1: no 13, please";
    assert_eq!(error.to_string(), expected);

    let error = error_of(|| {
        stream! { <Refuses>
            let n = source(numbers());
            n.for_each_partition(|records, _, _| records.into_iter().map(refuse_13).for_each(drop));
        }
    });
    assert_panic(
        &error,
        "pipeline `Refuses`, stream `n`, operator `for_each_partition`, stage 0, tick 1: panicked: no 13, please",
    );
}

#[test]
fn a_folder_that_can_not_be_written_is_an_error_of_the_sink_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("it can be written");
    let error = error_of(|| {
        let prefix = folder.path().join("file/x");
        stream! { <Blocked> source(numbers()).save_as_text_files(prefix); }
    });
    assert!(matches!(error, Error::Sink { .. }), "{error}");
    assert!(error.to_string().contains("operator `save_as_text_files`"), "{error}");
    assert!(error.to_string().contains("choose another prefix"), "{error}");
}
