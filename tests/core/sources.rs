//! Sources in pipelines: `rate`.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use millstream::clock::ManualClock;
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
