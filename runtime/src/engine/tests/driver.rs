//! The driver alone, stepped: its tasks run when the test says so.

use std::sync::Arc;

use super::feed::{Fails, Feed};
use super::hand::*;
use crate::clock::{ManualClock, millis};
use crate::engine::control::Control;
use crate::engine::local::driver::{Driver, Executor, Step};
use crate::engine::local::recovery::Found;
use crate::engine::local::schedule::Task;
use crate::engine::{Engine, Trigger, run};
use crate::pipeline::Pipeline;
use millstream_plan::OpKind;

/// Keeps tasks back.
#[derive(Default)]
struct Held(Vec<Task>);

impl Executor for Held {
    fn submit(&mut self, tasks: Vec<Task>) {
        self.0.extend(tasks);
    }
}

impl Held {
    fn run(&mut self, driver: &Driver<'_>) {
        while let Some(task) = self.0.pop() {
            self.0.extend(driver.core.execute(task).0);
        }
    }
}

fn forward(feed: &Feed, out: &Recorder) -> Pipeline<'static> {
    Hand::new().source(feed, |_, x| x, &[to_outlet(0)]).outlet(OpKind::Sink, out.clone()).build()
}

/// Opens the pipeline with boundaries every 10 ms, moves the clock and steps while no task runs; then lets them run to
/// the end. Gives how often the source had been asked when no task had run yet, and the result.
fn late(pipeline: Pipeline<'_>, feed: &Feed, boundaries: u64) -> (usize, crate::Result<()>) {
    let clock = Arc::new(ManualClock::default());
    let engine = Engine::local().clock(clock.clone()).batch_interval(millis(10));
    let runtime = run::io_runtime().unwrap();
    let control = Arc::new(Control::default());
    let mut driver =
        Driver::open(pipeline, &engine.settings, &control, Some(runtime.handle()), Found::default()).unwrap();
    let mut held = Held::default();
    for _ in 0..boundaries {
        clock.advance(millis(10));
        while driver.step(&mut held) == Step::Again {}
    }
    let asked = feed.asked();
    loop {
        held.run(&driver);
        match driver.step(&mut held) {
            Step::Again => {}
            Step::Wait(_) if held.0.is_empty() => break,
            Step::Wait(_) => {}
            Step::Done => break,
        }
    }
    let ended = driver.end().0;
    runtime.shutdown_background();
    (asked, ended)
}

#[test]
fn late_ticks_pull_nothing_into_memory_before_there_is_room_for_them() {
    let (feed, out) = (Feed::of((0..100).map(|x| vec![x])), Recorder::default());
    let (asked, ended) = late(forward(&feed, &out), &feed, 50);
    ended.unwrap();
    assert_eq!(asked, 2);
    // Each has its boundary nevertheless.
    assert_eq!(out.times(), (1..=50).map(|n| n * 10).collect::<Vec<_>>());
    assert_eq!(out.batches(), (0..50).map(|x| vec![x]).collect::<Vec<_>>());
}

#[test]
fn no_more_than_two_ticks_are_in_flight() {
    let (feed, out) = (Feed::of((0..4).map(|x| vec![x])), Recorder::default());
    let engine = Engine::local().trigger(Trigger::AvailableNow);
    let runtime = run::io_runtime().unwrap();
    let control = Arc::new(Control::default());
    let pipeline = forward(&feed, &out);
    let mut driver =
        Driver::open(pipeline, &engine.settings, &control, Some(runtime.handle()), Default::default()).unwrap();
    let mut held = Held::default();
    let in_flight = |driver: &mut Driver<'_>, held: &mut Held| {
        while driver.step(held) == Step::Again {}
        held.0.iter().map(|task| task.id.tick).collect::<Vec<_>>()
    };
    assert_eq!(in_flight(&mut driver, &mut held), [0, 1]);
    // That the newer one is through makes no room: ticks are committed in order.
    let newer = held.0.pop().unwrap();
    driver.core.execute(newer);
    assert_eq!(in_flight(&mut driver, &mut held), [0]);
    held.run(&driver);
    while driver.step(&mut held) != Step::Done {
        held.run(&driver);
    }
    driver.end().0.unwrap();
    runtime.shutdown_background();
    assert_eq!(out.batches(), [[0], [1], [2], [3]]);
}

#[test]
fn received_records_are_not_dropped_when_the_source_fails_while_ticks_are_late() {
    let feed = Feed::failing((0..9).map(|x| vec![x]), Fails::Available(4), false);
    let out = Recorder::default();
    let (_, ended) = late(forward(&feed, &out), &feed, 8);
    assert!(ended.unwrap_err().to_string().contains("tick 4: the source fails"));
    assert_eq!(out.batches(), [[0], [1], [2], [3]]);
}
