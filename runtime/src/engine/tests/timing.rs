//! When ticks happen, and what two of them may do at the same time.
//!
//! Tests run side by side, and pipelines with as many threads share a pool. So each test that holds a thread of it has a
//! number of threads of its own: two in one pool could hold all its threads, and wait for each other.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::feed::Feed;
use super::hand::*;
use crate::clock::{ManualClock, millis, secs};
use crate::engine::TraceEvent;
use crate::pipeline::{HeadTasks, Pipeline, TaskContext};
use crate::{Engine, Overrun, Trigger};
use millstream_plan::OpKind;

/// Long enough for any machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

fn forward(feed: &Feed, out: &Recorder) -> Pipeline<'static> {
    Hand::new().source(feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

/// Forwards, but its first task waits until it is told to go on.
fn gated(feed: &Feed, out: &Recorder, gate: Receiver<()>) -> Pipeline<'static> {
    let gate = Mutex::new(gate);
    let wait = move |cx: &TaskContext, x| {
        if cx.tick.number == 0 && cx.task == 0 {
            gate.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        }
        x
    };
    Hand::new().source(feed, wait, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

#[test]
fn the_next_ticks_first_stage_runs_while_this_ticks_last_one_does() {
    let (started, wait) = channel();
    let wait = Mutex::new(wait);
    let events = Arc::new(Mutex::new(Vec::new()));
    let out = Recorder::default();
    // The last stage of tick 0 waits for the first one of tick 1.
    let last = move |cx: &TaskContext, _: &mut _, inputs: Vec<Vec<Vec<u64>>>| {
        if cx.tick.number == 0 {
            wait.lock().unwrap().recv_timeout(PATIENCE).expect("tick 1 starts while tick 0 runs");
        }
        Ok(inputs.concat().concat())
    };
    let pipeline = Hand::new()
        .source(&Feed::of([vec![1], vec![2]]), |_, x| x, &[whole(1)])
        .operator(HeadTasks::One, 1, last, &[to_outlet(0)])
        .outlet(OpKind::Sink, out.clone())
        .build();
    let record = Arc::clone(&events);
    Engine::local()
        .threads(3)
        .trigger(Trigger::AvailableNow)
        .on_trace(move |event| {
            record.lock().unwrap().push(*event);
            if matches!(event, TraceEvent::Started { tick: 1, stage: 0, .. }) {
                started.send(()).unwrap();
            }
        })
        .run(pipeline)
        .unwrap();
    assert_eq!(out.batches(), [[1], [2]]);
    let events = events.lock().unwrap();
    let at = |event| events.iter().position(|e| *e == event).unwrap();
    assert!(
        at(TraceEvent::Started { tick: 1, stage: 0, task: 0 })
            < at(TraceEvent::Finished { tick: 0, stage: 1, task: 0 })
    );
    // But the same stateful task never runs for two ticks at once.
    assert!(
        at(TraceEvent::Finished { tick: 0, stage: 1, task: 0 })
            < at(TraceEvent::Started { tick: 1, stage: 1, task: 0 })
    );
}

#[test]
fn ticks_of_late_boundaries_queue_each_with_its_own_time() {
    let (feed, out, clock) = (Feed::default(), Recorder::default(), Arc::new(ManualClock::default()));
    let (go, gate) = channel();
    let engine = Engine::local().threads(4).clock(clock.clone()).batch_interval(millis(10));
    (0..6).for_each(|x| feed.push(vec![x]));
    feed.end();
    let job = engine.start(gated(&feed, &out, gate)).unwrap();
    until_running(&job);
    clock.advance(millis(60));
    // Tick 0 runs still; nothing is committed.
    assert_eq!(out.batches(), Vec::<Vec<u64>>::new());
    go.send(()).unwrap();
    job.wait().unwrap();
    assert_eq!(out.batches(), [[0], [1], [2], [3], [4], [5]]);
    assert_eq!(out.times(), [10, 20, 30, 40, 50, 60]);
}

/// Moves to the next boundary, until the driver has planned its tick.
fn advance_until_asked(clock: &ManualClock, asked: &Receiver<()>) {
    clock.advance(millis(10));
    asked.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn skipped_boundaries_merge_into_one_tick() {
    let (feed, out, clock) = (Feed::default(), Recorder::default(), Arc::new(ManualClock::default()));
    let (go, gate) = channel();
    let (tell, committed) = channel();
    let engine = Engine::local()
        .threads(5)
        .clock(clock.clone())
        .batch_interval(millis(10))
        .on_overrun(Overrun::Skip)
        .on_progress(move |p| tell.send(p.ticks).unwrap());
    feed.push(vec![0]);
    let job = engine.start(gated(&feed, &out, gate)).unwrap();
    let asked = feed.on_asked();
    until_running(&job);
    advance_until_asked(&clock, &asked); // tick 0, which waits
    advance_until_asked(&clock, &asked); // tick 1, beside it
    clock.advance(millis(50)); // no room
    feed.push(vec![1]);
    feed.end();
    go.send(()).unwrap();
    job.wait().unwrap();
    assert_eq!(out.batches(), [vec![0], vec![], vec![1]]);
    assert_eq!(out.times(), [10, 20, 70]);
    assert_eq!(committed.try_iter().last(), Some(3));
}

/// Until the driver has chosen its first boundary, by the time at which it started.
fn until_running(job: &crate::Job) {
    while job.progress().sources.is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn no_more_than_a_hundred_late_ticks_queue() {
    let (feed, out, clock) = (Feed::default(), Recorder::default(), Arc::new(ManualClock::default()));
    let (tell, committed) = channel();
    let engine = Engine::local()
        .clock(clock.clone())
        .batch_interval(millis(10))
        .on_progress(move |p| tell.send(p.ticks).unwrap());
    let job = engine.start(forward(&feed, &out)).unwrap();
    until_running(&job);
    clock.advance(millis(1500));
    assert!(committed.iter().any(|ticks| ticks == 100));
    job.stop();
    job.wait().unwrap();
    assert_eq!(out.times(), (51..=150).map(|n| n * 10).collect::<Vec<_>>());
}

#[test]
fn by_the_systems_clock_too_each_tick_has_a_boundary_of_its_own() {
    let (feed, out) = (Feed::of((0..100).map(|x| vec![x])), Recorder::default());
    Engine::local().batch_interval(millis(3)).run(forward(&feed, &out)).unwrap();
    assert_eq!(out.batches().concat(), (0..100).collect::<Vec<_>>());
    let times = out.times();
    assert!(times.is_sorted_by(|a, b| a < b) && times.iter().all(|time| time % 3 == 0), "{times:?}");
}

#[test]
fn an_interval_run_ends_with_its_last_tick() {
    let (feed, out) = (Feed::of([vec![1]]), Recorder::default());
    let clock = Arc::new(ManualClock::default());
    let job = Engine::local().clock(clock.clone()).batch_interval(secs(3600));
    let job = job.start(forward(&feed, &out)).unwrap();
    until_running(&job);
    clock.advance(secs(3600));
    job.wait().unwrap(); // at once, not in an hour
    assert_eq!(out.batches(), [[1]]);
}

#[test]
fn available_now_reads_what_is_there_and_ends() {
    let (feed, out) = (Feed::default(), Recorder::default());
    feed.push(vec![1]);
    feed.push(vec![2]);
    Engine::local().trigger(Trigger::AvailableNow).run(forward(&feed, &out)).unwrap();
    assert_eq!(out.batches(), [[1], [2]]);
    assert!(feed.frozen());
}

#[test]
fn eager_ticks_as_soon_as_there_is_something_and_never_without() {
    let (feed, out) = (Feed::default(), Recorder::default());
    let (tell, committed) = channel();
    let engine = Engine::local().trigger(Trigger::Eager).on_progress(move |p| tell.send(p.ticks).unwrap());
    let job = engine.start(forward(&feed, &out)).unwrap();
    for x in 0..100 {
        feed.push(vec![x]);
        assert_eq!(committed.recv_timeout(PATIENCE), Ok(x + 1));
    }
    feed.end();
    job.wait().unwrap();
    assert_eq!(out.batches(), (0..100).map(|x| vec![x]).collect::<Vec<_>>());
    assert!(out.times().is_sorted_by(|a, b| a < b));
}

#[test]
fn a_stop_finishes_the_ticks_in_flight_and_begins_no_other() {
    let (feed, out) = (Feed::default(), Recorder::default());
    let (go, gate) = channel();
    let (started, running) = channel();
    let engine = Engine::local().threads(6).trigger(Trigger::Eager).on_trace(move |event| {
        if matches!(event, TraceEvent::Started { .. }) {
            started.send(()).unwrap();
        }
    });
    (0..10).for_each(|x| feed.push(vec![x]));
    let job = engine.start(gated(&feed, &out, gate)).unwrap();
    for _ in 0..2 {
        running.recv_timeout(PATIENCE).unwrap(); // ticks 0 and 1
    }
    job.stop();
    assert!(job.is_running());
    go.send(()).unwrap();
    job.wait().unwrap();
    assert!(!job.is_running());
    assert_eq!(out.batches(), [[0], [1]]);
    assert_eq!(feed.closed(), 1);
}
