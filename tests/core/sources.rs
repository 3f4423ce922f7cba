//! Sources in pipelines: `rate`, fed queues, sockets; and how fast they may be.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use millstream::clock::ManualClock;
use millstream::engine::Backpressure;
use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::few;

/// Long enough for any machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn each_tick_has_the_rows_of_its_interval_however_the_clock_is_moved() {
    let out = MemorySink::new();
    let rows = out.clone();
    let pipeline = stream!(move { source(rate(5)).map(|(_, n)| n).sink(rows); });
    let mut job = Engine::test().batch_interval(millis(500)).start(pipeline).expect("it starts");
    job.tick().expect("it runs");
    job.advance(secs(1)).expect("it runs");
    assert_eq!(out.batches(), [vec![0, 1, 2], vec![3, 4], vec![5, 6, 7]]);
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn rows_come_once_in_order_and_in_time(
        rows_per_second in 1u64..50_000,
        ramp_up in 0u64..3000,
        end_after in 1u64..20_000,
        max in 1u64..30_000,
        partitions in 1usize..8,
        seed in 0u64..100,
    ) {
        let mut got = Vec::new();
        let source_of_rows =
            rate(rows_per_second).ramp_up(millis(ramp_up)).end_after(end_after).max_records_per_tick(max);
        let pipeline = stream! {
            source(source_of_rows).for_each_batch(|batch, tick| got.push((tick.time, batch)));
        };
        Engine::test().batch_interval(secs(20)).partitions(partitions).seed(seed).run(pipeline).expect("it runs");
        let numbers: Vec<u64> = got.iter().flat_map(|(_, rows)| rows).map(|(_, n)| *n).collect();
        prop_assert_eq!(numbers, (0..end_after).collect::<Vec<_>>());
        for (time, rows) in &got {
            prop_assert!(rows.len() as u64 <= max && rows.iter().all(|(row, _)| row < time));
        }
    }
}

#[test]
fn eager_a_row_makes_a_tick_when_the_clock_comes_to_it() {
    let clock = Arc::new(ManualClock::default());
    let (tell, committed) = channel();
    let out = MemorySink::new();
    let rows = out.clone();
    let pipeline = stream!(move { source(rate(10).end_after(4)).map(|(_, n)| n).sink(rows); });
    let engine = Engine::local().trigger(Trigger::Eager).clock(clock.clone());
    let job =
        engine.on_progress(move |p| tell.send(p.ticks).expect("heard")).start(pipeline).expect("it starts");
    for (time, ticks) in [(1, 1), (101, 2), (350, 3)] {
        clock.set(Timestamp::from_millis(time));
        assert_eq!(committed.recv_timeout(PATIENCE), Ok(ticks));
    }
    job.wait().expect("it ran");
    assert_eq!(out.batches(), [vec![0], vec![1], vec![2, 3]]);
}

#[test]
fn eager_a_row_makes_a_tick_by_the_systems_clock() {
    let mut rows = Vec::new();
    let pipeline = stream! { source(rate(10_000).end_after(10_100)).for_each(|(_, n)| rows.push(n)); };
    Engine::local().trigger(Trigger::Eager).run(pipeline).expect("it runs");
    assert_eq!(rows, (0..10_100).collect::<Vec<u64>>());
}

#[test]
fn with_back_pressure_a_tick_reads_what_an_interval_can_process() {
    const PER_SECOND: u64 = 500;
    let clock = Arc::new(ManualClock::default());
    let (tell, ticks) = channel();
    let engine =
        Engine::local().clock(clock.clone()).backpressure(Backpressure::pid()).on_progress(move |p| {
            tell.send(p.sources[0].input).expect("heard");
        });
    let work = clock.clone();
    let job = engine
        .start(stream!(move {
            // Each record takes its time.
            source(from_iter(0..40_000u64)).for_each(|_| work.advance(millis(1000 / PER_SECOND)));
        }))
        .expect("it starts");
    while job.progress().sources.is_empty() {
        std::thread::yield_now(); // until it has chosen its first boundary
    }
    let mut all: Vec<u64> = Vec::new();
    while all.iter().sum::<u64>() < 40_000 {
        clock.advance(secs(1)); // when it has caught up, nothing else moves the clock
        all.push(ticks.recv_timeout(PATIENCE).expect("a tick is made"));
    }
    job.wait().expect("it ran");
    assert!(all[0] > 4000, "the first ones are not limited: {all:?}");
    assert!(all[4..all.len() - 1].iter().all(|read| (100..=PER_SECOND).contains(read)), "{all:?}");
}

#[test]
fn back_pressure_is_for_intervals_and_its_settings_are_checked() {
    let run = |engine: Engine| engine.run(stream! { source(from_iter([1])).for_each(|_| ()); });
    let engine = Engine::local().backpressure(Backpressure::pid());
    let error = run(engine.clone().trigger(Trigger::Eager)).expect_err("it is refused").to_string();
    assert!(error.contains("back-pressure by rate is for ticks at intervals"), "{error}");
    let error = run(engine.backpressure(Backpressure::pid().min_rate(0.0))).expect_err("it is refused");
    assert!(error.to_string().contains("least rate of 0 a second"), "{error}");
}
