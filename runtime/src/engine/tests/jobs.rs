//! `run` and `start`, inside and outside a tokio runtime; progress; the plan's facts.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use super::feed::Feed;
use super::hand::*;
use crate::pipeline::Pipeline;
use crate::{Engine, Error, Progress, Trigger};
use millstream_plan::OpKind;

fn forward(feed: &Feed, out: &Recorder) -> Pipeline<'static> {
    Hand::new().source(feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

fn in_tokio<R>(f: impl Future<Output = R>) -> R {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(f)
}

#[test]
fn run_is_refused_inside_a_tokio_runtime_and_names_start() {
    let error = in_tokio(async { Engine::local().run(Hand::new().build()).unwrap_err() });
    assert!(matches!(&error, Error::Config(text) if text.contains("engine.start(pipeline)")), "{error}");
}

#[test]
fn start_works_inside_a_tokio_runtime() {
    let (feed, out) = (Feed::of([vec![1], vec![2]]), Recorder::default());
    in_tokio(async {
        let job = Engine::local().trigger(Trigger::Eager).start(forward(&feed, &out)).unwrap();
        job.join().await.unwrap();
        assert!(!job.is_running());
        job.join().await.unwrap();
    });
    assert_eq!(out.batches(), [[1], [2]]);
}

#[test]
fn the_test_engine_works_inside_a_tokio_runtime() {
    let out = Recorder::default();
    in_tokio(async { Engine::test().run(forward(&Feed::of([vec![1]]), &out)).unwrap() });
    assert_eq!(out.batches(), [[1]]);
}

#[test]
fn a_jobs_error_goes_to_the_first_who_waits() {
    let pipeline = forward(&Feed::of([vec![1]]), &Recorder::failing("write", 0, false));
    let job = Engine::local().trigger(Trigger::Eager).start(pipeline).unwrap();
    assert!(in_tokio(job.join()).unwrap_err().to_string().contains("the write fails"));
    assert!(matches!(job.wait(), Err(Error::Config(_))));
}

#[test]
fn a_dropped_job_is_asked_to_stop() {
    let feed = Feed::default();
    let (tell, dropped) = channel::<()>();
    let pipeline = Hand::new()
        .source(
            &feed,
            move |_, x| {
                let _ = &tell; // goes with the pipeline
                x
            },
            &[to_outlet(0)],
        )
        .outlet(OpKind::Sink, Recorder::default())
        .build();
    drop(Engine::local().trigger(Trigger::Eager).start(pipeline).unwrap());
    assert!(dropped.recv().is_err());
}

#[test]
fn several_pipelines_share_a_pool() {
    let jobs: Vec<_> = (0..8)
        .map(|n| {
            let out = Recorder::default();
            let feed = Feed::of((0..20).map(|x| vec![x + n; 10]));
            let engine = Engine::local().threads(2).trigger(Trigger::AvailableNow);
            (engine.start(forward(&feed, &out)).unwrap(), out, n)
        })
        .collect();
    for (job, out, n) in jobs {
        job.wait().unwrap();
        assert_eq!(out.batches(), (0..20).map(|x| vec![x + n; 10]).collect::<Vec<_>>());
    }
}

#[test]
fn progress_is_told_after_each_commit() {
    let seen = Arc::new(Mutex::new(Vec::<Progress>::new()));
    let tell = Arc::clone(&seen);
    let out = Recorder::default();
    let engine =
        Engine::local().trigger(Trigger::Eager).on_progress(move |p| tell.lock().unwrap().push(p.clone()));
    engine.run(forward(&Feed::of([vec![1, 2, 3], vec![4]]), &out)).unwrap();
    let seen = seen.lock().unwrap();
    let inputs: Vec<_> = seen.iter().map(|p| (p.ticks, p.sources[0].stream, p.sources[0].input)).collect();
    assert_eq!(inputs, [(1, "numbers0", 3), (2, "numbers0", 1)]);
    assert_eq!(seen[1].tick.unwrap().number, 1);
    assert!(seen.iter().all(|p| p.stages.len() == 1 && p.stages[0] <= p.duration * 64));
}

#[test]
fn the_plan_says_what_a_restart_does() {
    let guarantee = |engine: Engine, pipeline: Pipeline<'_>| {
        let plan = engine.partitions(4).explain(&pipeline);
        plan.facts()[0].clone()
    };
    let without = |pipeline: Pipeline<'_>| guarantee(Engine::local(), pipeline).1;
    let with = |pipeline: Pipeline<'_>| guarantee(Engine::local().checkpoint("state"), pipeline).1;
    let leaky = Recorder { at_least_once: true, ..Recorder::default() };
    let today = "each record once within a run; a restart starts over, because there is no checkpoint";
    assert_eq!(without(forward(&Feed::of([]), &Recorder::default())), today);
    assert_eq!(with(forward(&Feed::of([]), &Recorder::default())), "exactly-once");
    let again = "at-least-once, because `sink` on `out0` shows a tick again that runs again";
    assert_eq!(with(forward(&Feed::of([]), &leaky)), again);
    assert_eq!(without(forward(&Feed::of([]), &leaky)), format!("{today}; with one, {again}"));
    assert_eq!(
        with(forward(&Feed::unreplayable(), &Recorder::default())),
        "at-most-once for what `numbers0` (feed(by hand)) gives: it can be neither replayed nor logged, so a crash loses what \
         came since the last checkpoint"
    );
}
