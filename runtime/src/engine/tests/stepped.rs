//! The test engine, step by step, and its crashes.

use super::feed::Feed;
use super::hand::*;
use crate::clock::{millis, secs};
use crate::engine::FaultPoint;
use crate::pipeline::{HeadTasks, Pipeline};
use crate::{Engine, Error};
use millstream_plan::OpKind;

fn forward(feed: &Feed, out: &Recorder) -> Pipeline<'static> {
    Hand::new().source(feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

#[test]
fn a_tick_is_one_tick_at_the_next_boundary_with_data_or_without() {
    let (feed, out) = (Feed::default(), Recorder::default());
    let mut job = Engine::test().batch_interval(millis(500)).start(forward(&feed, &out)).unwrap();
    job.tick().unwrap();
    feed.push(vec![1]);
    feed.push(vec![2]);
    job.tick().unwrap();
    assert_eq!((out.batches(), out.times()), (vec![vec![], vec![1]], vec![500, 1000]));
    assert_eq!((job.now().millis(), job.progress().ticks), (1000, 2));
    job.stop().unwrap();
    assert_eq!(feed.closed(), 1);
}

#[test]
fn advancing_runs_all_ticks_that_are_due() {
    for seed in 0..20 {
        let (feed, out) = (Feed::of([vec![1], vec![2]]), Recorder::default());
        let mut job = Engine::test().seed(seed).start(forward(&feed, &out)).unwrap();
        job.advance(millis(900)).unwrap();
        assert_eq!(out.times(), [0; 0]);
        job.advance(millis(2200)).unwrap();
        assert_eq!((out.times(), job.now().millis()), (vec![1000, 2000, 3000], 3100));
        job.tick().unwrap();
        assert_eq!((out.batches().concat(), job.now().millis()), (vec![1, 2], 4000));
    }
}

#[test]
fn running_to_the_end_ends_the_job() {
    let (feed, out) = (Feed::of([vec![1], vec![2], vec![3]]), Recorder::default());
    let mut job = Engine::test().start(forward(&feed, &out)).unwrap();
    job.tick().unwrap();
    job.run_to_end().unwrap();
    assert_eq!(out.batches(), [[1], [2], [3]]);
    assert!(matches!(job.tick(), Err(Error::Config(text)) if text == "the job has ended"));
}

#[test]
fn a_source_that_waits_for_the_outside_is_waited_for() {
    let (feed, out) = (Feed::default(), Recorder::default());
    let asked = feed.on_asked();
    let pusher = {
        let feed = feed.clone();
        std::thread::spawn(move || {
            for x in 0..10 {
                asked.recv().unwrap();
                feed.push(vec![x]);
            }
            feed.end();
        })
    };
    Engine::test().batch_interval(secs(5)).run(forward(&feed, &out)).unwrap();
    pusher.join().unwrap();
    assert_eq!(out.batches(), (0..10).map(|x| vec![x]).collect::<Vec<_>>());
    assert_eq!(out.times(), (1..=10).map(|n| n * 5000).collect::<Vec<_>>());
}

#[test]
fn the_seed_changes_the_order_of_tasks_and_overlaps_ticks() {
    use std::sync::Mutex;
    let order = |seed| {
        let seen = Mutex::new(Vec::new());
        let out = Recorder::default();
        let note = |cx: &crate::pipeline::TaskContext, x| {
            seen.lock().unwrap().push((cx.tick.number, cx.task));
            x
        };
        let pipeline = Hand::new()
            .source(&Feed::of((0..10).map(|x| vec![x, x, x])), note, &[spread(1)])
            .operator(HeadTasks::Partitions, 1, history, &[to_outlet(0)])
            .outlet(OpKind::Sink, out.clone())
            .build();
        Engine::test().seed(seed).run(pipeline).unwrap();
        drop(out);
        seen.into_inner().unwrap()
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    assert!((0..10).any(|seed| !order(seed).is_sorted_by_key(|(tick, _)| *tick)), "no seed overlapped ticks");
}

#[test]
fn a_crash_at_a_fault_point_leaves_sinks_as_they_are() {
    use Call::{Begin, Commit, Open, Write};
    let written = [Open, Begin(0), Write(0, vec![1]), Commit(0), Begin(1), Write(0, vec![2])];
    for (point, expected) in [
        (FaultPoint::BeforeStages, written[..4].to_vec()),
        (FaultPoint::BeforeCommit, written.to_vec()),
        (FaultPoint::AfterCommit, [&written[..], &[Commit(1)]].concat()),
    ] {
        let (feed, out) = (Feed::of([vec![1], vec![2], vec![3]]), Recorder::default());
        let mut job = Engine::test().fail_at(point, 1).start(forward(&feed, &out)).unwrap();
        job.tick().unwrap();
        let error = job.tick().unwrap_err();
        assert_eq!(error.to_string(), format!("tick 1 crashed at the fault point {point:?}"));
        assert_eq!((out.calls(), feed.closed()), (expected, 1));
        assert!(job.tick().is_err());
    }
}

#[test]
fn a_job_may_crash_between_any_two_ticks() {
    let (feed, out) = (Feed::of([vec![1], vec![2]]), Recorder::default());
    let mut job = Engine::test().start(forward(&feed, &out)).unwrap();
    job.tick().unwrap();
    job.crash();
    assert_eq!((out.batches(), feed.closed()), (vec![vec![1]], 1));
}
