//! What goes wrong at run time: the error names the place, other pipelines go on, and nothing hangs.

mod ends;

use millstream::Error;
use millstream::prelude::*;

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
    assert_eq!(out.records().iter().map(|(_, n)| n).sum::<u64>(), (0..20_000).sum::<u64>());
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
