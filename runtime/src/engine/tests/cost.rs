//! What a tick costs when there is little to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::hand::*;
use crate::clock::{ManualClock, millis};
use crate::engine::control::Control;
use crate::engine::local::driver::{Driver, Executor, Step};
use crate::engine::local::recovery::Found;
use crate::engine::local::schedule::Task;
use crate::engine::{Settings, run};
use crate::pipeline::{HeadTasks, Pipeline};
use crate::tick::Tick;
use crate::{BoxError, Trigger};
use millstream_plan::OpKind;

/// An outlet that does nothing.
struct Nowhere;

impl crate::pipeline::Outlet for Nowhere {
    fn detail(&self) -> Option<String> {
        None
    }
    fn delivery(&self) -> crate::sink::Delivery {
        crate::sink::Delivery::ExactlyOnce
    }
    fn open(&mut self, _: u64, _: Option<u64>) -> Result<(), BoxError> {
        Ok(())
    }
    fn begin(&mut self, _: &Tick) -> Result<(), BoxError> {
        Ok(())
    }
    fn write(&mut self, _: usize, _: crate::pipeline::Bucket) -> Result<(), BoxError> {
        Ok(())
    }
    fn commit(&mut self, _: &Tick) -> Result<(), BoxError> {
        Ok(())
    }
    fn abort(&mut self, _: &Tick) {}
}

/// Runs tasks here, and counts: what would have gone to the pool.
#[derive(Default)]
struct Counting(Vec<Task>);

impl Executor for Counting {
    fn submit(&mut self, tasks: Vec<Task>) {
        self.0.extend(tasks);
    }
}

fn word_count(feed: &Feed) -> Pipeline<'static> {
    Hand::new()
        .source(feed, |_, x| x, &[spread(1)])
        .operator(HeadTasks::Partitions, 1, sum, &[to_outlet(0)])
        .outlet(OpKind::Print, Nowhere)
        .build()
}

/// The mean time of a tick, and how many went to the pool.
fn ticks(count: u32, before: impl Fn(&Feed)) -> (Duration, u32) {
    let clock = Arc::new(ManualClock::default());
    let settings = Settings {
        clock: clock.clone(),
        trigger: Trigger::Interval(millis(1)),
        partitions: 2,
        ..Settings::default()
    };
    let feed = Feed::default();
    let runtime = run::io_runtime().unwrap();
    let control = Arc::new(Control::default());
    let mut driver =
        Driver::open(word_count(&feed), &settings, &control, Some(runtime.handle()), Found::default())
            .unwrap();
    let (mut pool, mut pooled) = (Counting::default(), 0);
    let mut spent = Duration::ZERO;
    for _ in 0..count {
        before(&feed);
        clock.advance(millis(1));
        let start = Instant::now();
        while driver.step(&mut pool) == Step::Again {
            pooled += u32::from(!pool.0.is_empty());
            while let Some(task) = pool.0.pop() {
                pool.0.extend(driver.core.execute(task).0);
            }
        }
        spent += start.elapsed();
    }
    assert_eq!(control.progress().ticks, u64::from(count));
    driver.end().0.unwrap();
    (spent / count, pooled)
}

#[test]
fn an_empty_tick_costs_microseconds_and_hardly_ever_wakes_a_thread() {
    let (mean, pooled) = ticks(10_000, |_| {});
    println!("an empty tick: {mean:?}, {pooled} on the pool");
    // One that the system interrupts for long makes the next few look costly.
    assert!(pooled < 1000, "{pooled} ticks went to the pool");
    assert!(mean < Duration::from_micros(50), "{mean:?}");
}

#[test]
fn once_measured_a_tick_with_one_record_hardly_ever_wakes_a_thread() {
    let (mean, pooled) = ticks(10_000, |feed| feed.push(vec![1]));
    println!("a tick with one record: {mean:?}, {pooled} on the pool");
    assert!((1..1000).contains(&pooled), "{pooled} ticks went to the pool");
    assert!(mean < Duration::from_micros(100), "{mean:?}");
}
