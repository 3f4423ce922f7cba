//! Whatever fails, the pipeline stops with one error that says where, and nothing of the tick is visible.

use std::sync::Barrier;

use super::feed::{Fails, Feed};
use super::hand::*;
use crate::blame;
use crate::pipeline::{HeadTasks, Pipeline};
use crate::{Engine, Error, Result, Trigger};
use millstream_plan::OpKind;

/// Runs it on the pool and on several seeds of the test engine, and gives the error, which is the same.
fn error(pipeline: impl Fn() -> Pipeline<'static>) -> String {
    let text = |result: Result<()>| result.expect_err("it fails").to_string();
    let engine = Engine::local().threads(2).partitions(2);
    let expected = text(engine.trigger(Trigger::AvailableNow).run(pipeline()));
    for seed in 0..10 {
        assert_eq!(text(Engine::test().partitions(2).seed(seed).run(pipeline())), expected);
    }
    expected
}

fn three() -> Vec<Vec<u64>> {
    vec![vec![1], vec![2], vec![3]]
}

fn forward(feed: &Feed, out: &Recorder) -> Pipeline<'static> {
    Hand::new().source(feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

#[test]
fn a_panic_in_a_body_names_the_operator_that_was_called() {
    let error = error(|| {
        let fails = |_: &_, x| blame::at(1, || if x == 2 { panic!("{x} is bad") } else { x });
        Hand::new()
            .source(&Feed::of(three()), fails, &[whole(1)])
            .operator(HeadTasks::One, 1, sum, &[to_outlet(0)])
            .outlet(OpKind::Sink, Recorder::default())
            .build()
    });
    assert_eq!(
        error,
        "pipeline `Hand`, stream `merged1`, operator `reduce_by_key`, stage 0, tick 1: panicked: 2 is bad"
    );
}

#[test]
fn a_panic_that_no_operator_takes_is_blamed_on_the_stages_head() {
    let error = error(|| {
        let fails = |_: &_, _| panic!("no");
        Hand::new()
            .source(&Feed::of(three()), fails, &[to_outlet(0)])
            .outlet(OpKind::Sink, Recorder::default())
            .build()
    });
    assert_eq!(error, "pipeline `Hand`, stream `numbers0`, operator `source`, stage 0, tick 0: panicked: no");
}

#[test]
fn a_panic_or_an_error_in_a_head_stops_the_pipeline() {
    let with = |merge: fn() -> Result<Vec<u64>, crate::BoxError>| {
        error(|| {
            Hand::new()
                .source(&Feed::of(three()), |_, x| x, &[whole(1)])
                .operator(HeadTasks::One, 1, move |_, _, _| merge(), &[to_outlet(0)])
                .outlet(OpKind::Sink, Recorder::default())
                .build()
        })
    };
    let place = "pipeline `Hand`, stream `merged1`, operator `reduce_by_key`, stage 1, tick 0";
    assert_eq!(with(|| panic!("no")), format!("{place}: panicked: no"));
    assert_eq!(with(|| Err("no".into())), format!("{place}: no"));
}

#[test]
fn a_source_that_cant_be_opened_stops_the_pipeline_and_closes_those_before_it() {
    for panics in [false, true] {
        let before = Feed::of(three());
        let run = |engine: &dyn Fn(Pipeline<'static>) -> Result<()>| {
            let out = Recorder::default();
            let failing = Feed::failing(three(), Fails::Open, panics);
            let pipeline = Hand::new()
                .source(&before, |_, x| x, &[to_outlet(0)])
                .source(&failing, |_, x| x, &[to_outlet(0)])
                .outlet(OpKind::Sink, out.clone())
                .build();
            let error = engine(pipeline).unwrap_err();
            assert!(error.to_string().starts_with("pipeline `Hand`, stream `numbers1`, operator `source`"));
            assert_eq!(matches!(error, Error::Source { .. }), !panics);
            assert_eq!(out.calls(), [Call::Open]);
        };
        run(&|p| Engine::local().run(p));
        run(&|p| Engine::test().run(p));
        assert_eq!(before.closed(), 2);
    }
}

#[test]
fn a_source_that_fails_to_say_what_it_has_stops_the_pipeline() {
    for (panics, text) in [(false, "the source fails"), (true, "panicked: the source panics")] {
        let error =
            error(|| forward(&Feed::failing(three(), Fails::Available(1), panics), &Recorder::default()));
        let place = "pipeline `Hand`, stream `numbers0`, operator `source`, stage 0, tick 1";
        assert_eq!(error, format!("{place}: {text}"));
    }
}

#[test]
fn a_source_that_fails_to_read_stops_the_pipeline_and_is_closed() {
    for (panics, text) in [(false, "the source fails"), (true, "panicked: the source panics")] {
        let feed = Feed::failing(three(), Fails::Read(0), panics);
        let error = Engine::local().trigger(Trigger::Eager).run(forward(&feed, &Recorder::default()));
        let place = "pipeline `Hand`, stream `numbers0`, operator `source`, stage 0, tick 0";
        assert_eq!(error.unwrap_err().to_string(), format!("{place}: {text}"));
        assert_eq!(feed.closed(), 1);
    }
}

#[test]
fn a_sink_that_fails_is_aborted_once_it_has_begun() {
    use Call::{Abort, Begin, Commit, Open, Write};
    let begun = vec![Open, Begin(0), Write(0, vec![1]), Commit(0), Begin(1)];
    let written = [&begun[..], &[Write(0, vec![2])]].concat();
    let committing = [&written[..], &[Commit(1)]].concat();
    let aborted = |calls: &[Call]| [calls, &[Abort(1)]].concat();
    for (call, expected) in
        [("begin", begun.clone()), ("write", aborted(&written)), ("commit", aborted(&committing))]
    {
        for (panics, text) in [(false, "fails"), (true, "panics")] {
            let run = |engine: &dyn Fn(Pipeline<'static>) -> Result<()>| {
                let out = Recorder::failing(call, 1, panics);
                let error = engine(forward(&Feed::of(three()), &out)).unwrap_err();
                let place = "pipeline `Hand`, stream `out0`, operator `sink`, stage 0, tick 1";
                assert!(error.to_string().starts_with(place), "{error}");
                assert!(error.to_string().ends_with(&format!("the {call} {text}")), "{error}");
                assert_eq!(matches!(error, Error::Sink { .. }), !panics);
                assert_eq!(out.calls(), expected);
            };
            run(&|p| Engine::local().trigger(Trigger::AvailableNow).run(p));
            run(&|p| Engine::test().run(p));
        }
    }
}

#[test]
fn a_sink_that_cant_be_opened_stops_the_pipeline_before_a_source_is_opened() {
    let feed = Feed::of(three());
    let error = Engine::local().run(forward(&feed, &Recorder::failing("open", 0, false))).unwrap_err();
    assert_eq!(error.to_string(), "pipeline `Hand`, stream `out0`, operator `sink`, stage 0: the open fails");
    assert_eq!(feed.closed(), 0);
}

#[test]
fn the_error_of_a_for_each_is_an_output_error() {
    let pipeline = Hand::new()
        .source(&Feed::of(three()), |_, x| x, &[to_outlet(0)])
        .outlet(OpKind::ForEach, Recorder::failing("write", 0, false))
        .build();
    let error = Engine::test().run(pipeline).unwrap_err();
    assert!(matches!(error, Error::Output { .. }), "{error}");
}

#[test]
fn nothing_of_a_tick_is_committed_when_one_of_its_stages_or_sinks_fails() {
    for seed in 0..20 {
        let (first, second) = (Recorder::default(), Recorder::failing("write", 1, false));
        let pipeline = Hand::new()
            .source(&Feed::of(three()), |_, x| x, &[to_outlet(0), to_outlet(1)])
            .outlet(OpKind::Sink, first.clone())
            .outlet(OpKind::Sink, second.clone())
            .build();
        Engine::test().seed(seed).run(pipeline).unwrap_err();
        assert_eq!((first.batches(), second.batches()), (vec![vec![1]], vec![vec![1]]));
        assert_eq!(first.calls().last(), Some(&Call::Abort(1)));
    }
}

#[test]
fn a_for_each_beside_a_failing_stage_never_sees_the_failed_tick() {
    for seed in 0..30 {
        let seen = Recorder::default();
        let fails = |_: &_, _: &mut _, inputs: Vec<Vec<Vec<u64>>>| match inputs.concat().concat()[..] {
            [2] => Err("no".into()),
            _ => Ok(Vec::new()),
        };
        let pipeline = Hand::new()
            .source(&Feed::of(three()), |_, x| x, &[to_outlet(0), whole(1)])
            .operator(HeadTasks::One, 1, fails, &[to_outlet(1)])
            .outlet(OpKind::ForEach, seen.clone())
            .outlet(OpKind::Sink, Recorder::default())
            .build();
        Engine::test().seed(seed).run(pipeline).unwrap_err();
        assert_eq!(seen.calls(), [Call::Open, Call::Begin(0), Call::Write(0, vec![1]), Call::Commit(0)]);
    }
}

#[test]
fn of_several_errors_the_lowest_task_is_reported() {
    for _ in 0..20 {
        let both = Barrier::new(2);
        let fails = |cx: &crate::pipeline::TaskContext, _| -> u64 {
            both.wait();
            panic!("task {}", cx.task)
        };
        let pipeline = Hand::new()
            .source(&Feed::of([vec![1, 2]]), fails, &[to_outlet(0)])
            .outlet(OpKind::Sink, Recorder::default())
            .build();
        // No other test waits in this pool.
        let engine = Engine::local().threads(7).partitions(2).trigger(Trigger::Eager);
        let error = engine.run(pipeline).unwrap_err().to_string();
        assert!(error.ends_with("task 0"), "{error}");
    }
}

#[test]
fn ticks_before_the_one_that_fails_are_committed() {
    for seed in 0..50 {
        let out = Recorder::default();
        let pipeline = Hand::new()
            .source(&Feed::failing(three(), Fails::Read(2), seed % 2 == 0), |_, x| x, &[spread(1)])
            .operator(HeadTasks::Partitions, 1, sum, &[whole(2)])
            .operator(HeadTasks::One, 1, sum, &[to_outlet(0)])
            .outlet(OpKind::Sink, out.clone())
            .build();
        Engine::test().seed(seed).run(pipeline).unwrap_err();
        assert_eq!(out.batches(), [[1], [2]]);
    }
}

#[test]
fn a_panicking_progress_callback_stops_the_pipeline() {
    let out = Recorder::default();
    let feed = Feed::of(three());
    let engine = Engine::local().trigger(Trigger::AvailableNow).on_progress(|_| panic!("too much"));
    let error = engine.run(forward(&feed, &out)).unwrap_err();
    assert_eq!(error.to_string(), "pipeline `Hand`, tick 0: panicked: too much");
    assert_eq!((out.batches(), feed.closed()), (vec![vec![1]], 1));
}

#[test]
fn settings_that_dont_fit_are_refused() {
    use crate::clock::millis;
    let refusal = |engine: Engine| engine.run(Hand::new().build()).unwrap_err().to_string();
    assert!(refusal(Engine::local().partitions(0)).starts_with("0 partitions: it must be 1 to 128"));
    assert!(refusal(Engine::local().partitions(129)).starts_with("129 partitions"));
    assert!(refusal(Engine::local().threads(0)).starts_with("0 threads"));
    assert!(refusal(Engine::local().batch_interval(millis(0))).starts_with("a batch interval of 0ns"));
    assert!(Engine::test().partitions(500).run(Hand::new().build()).is_err());
}
