//! Sources in pipelines: `rate`, fed queues, sockets; and how fast they may be.

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use millstream::clock::ManualClock;
use millstream::engine::Backpressure;
use millstream::prelude::*;
use millstream::source::{Backoff, QueueSender};
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
fn eager_rows_do_not_run_ahead_of_a_clock_that_stands_still() {
    let clock = Arc::new(ManualClock::default());
    clock.set(Timestamp::from_millis(5));
    let (tell, committed) = channel();
    let others = queue([[0; 0]; 0]);
    let sender = others.sender();
    let out = MemorySink::new();
    let counts = out.clone();
    let pipeline = stream!(move {
        source(rate(1_000_000)).count().sink(counts);
        source(others).count().for_each(|_| ());
    });
    let engine = Engine::local().trigger(Trigger::Eager).clock(clock.clone());
    let job = engine.on_progress(move |p| tell.send(p.ticks).expect("heard")).start(pipeline);
    let job = job.expect("it starts");
    assert_eq!(committed.recv_timeout(PATIENCE), Ok(1));
    sender.push([0]).expect("it is read"); // a tick that the clock has not brought
    assert_eq!(committed.recv_timeout(PATIENCE), Ok(2));
    clock.advance(millis(20));
    assert_eq!(committed.recv_timeout(PATIENCE), Ok(3));
    job.stop();
    job.wait().expect("it ran");
    assert_eq!(out.batches(), [[5000], [0], [20_000]]);
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

/// Spark's case "queue input stream - oneAtATime = true": two are queued a tick, and one is read.
#[test]
fn a_fed_queue_gives_one_element_a_tick() {
    assert_eq!(fed(true, &[&[1, 2], &[3, 4], &[5]], 5), [[1], [2], [3], [4], [5]]);
}

/// Spark's case "queue input stream - oneAtATime = false": what is queued at a tick is one batch.
#[test]
fn a_fed_queue_gives_all_elements_at_a_time_if_it_is_told_to() {
    assert_eq!(fed(false, &[&[1, 2, 3], &[4, 5]], 2), [vec![1, 2, 3], vec![4, 5]]);
}

/// Feeds some elements of one record before each tick.
fn fed(one_at_a_time: bool, pushes: &[&[u64]], ticks: usize) -> Vec<Vec<u64>> {
    let numbers = queue([[0; 0]; 0]).one_at_a_time(one_at_a_time);
    let sender = numbers.sender();
    let out = MemorySink::new();
    let sink = out.clone();
    let mut job = Engine::test().start(stream!(move { source(numbers).sink(sink); })).expect("it starts");
    for tick in 0..ticks {
        for number in pushes.get(tick).copied().unwrap_or_default() {
            sender.push([*number]).expect("it is read");
        }
        job.tick().expect("it runs");
    }
    drop(sender);
    job.run_to_end().expect("it ends");
    out.batches()
}

/// Spark's case "multi-thread receiver".
#[test]
fn ten_threads_that_push_a_thousand_records_each_lose_none() {
    let numbers = queue([[0; 0]; 0]).one_at_a_time(false);
    let sender = numbers.sender();
    let out = MemorySink::new();
    let sink = out.clone();
    let job =
        Engine::local().trigger(Trigger::Eager).start(stream!(move { source(numbers).count().sink(sink); }));
    let job = job.expect("it starts");
    let push = |sender: QueueSender<u64>| {
        std::thread::spawn(move || (0..1000).for_each(|n| sender.push([n]).expect("it is read")))
    };
    let threads: Vec<_> = (0..10).map(|_| push(sender.clone())).collect();
    drop(sender);
    threads.into_iter().for_each(|thread| thread.join().expect("it pushed all"));
    job.wait().expect("it ran");
    assert_eq!(out.batches().concat().iter().sum::<u64>(), 10_000);
}

/// Serves this to one client after the other.
fn server(sent: &'static [&'static str]) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let serve = move || {
        for text in sent {
            listener.accept().expect("a client comes").0.write_all(text.as_bytes()).expect("it reads");
        }
    };
    (address, std::thread::spawn(serve))
}

/// Spark's case "socket input stream".
#[test]
fn what_a_socket_sends_comes_whole_and_in_order() {
    let (address, peer) = server(&["1\n2\n3\n4\n5\n"]);
    let out = MemorySink::new();
    let pipeline = stream! { source(text_socket(address)).sink(out.clone()); };
    Engine::local().trigger(Trigger::Eager).run(pipeline).expect("it runs");
    peer.join().expect("it sent all");
    assert_eq!(out.batches().concat(), ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_socket_that_reconnects_waits_by_the_engines_clock() {
    let (address, peer) = server(&["one\ncut", "two\n"]);
    let out = MemorySink::new();
    let pipeline = stream! {
        // Hours, in which the test engine makes a tick each minute.
        let lines = source(text_socket(address).reconnect(Backoff::exponential(minutes(60), minutes(120), 3)));
        lines.sink(out.clone());
    };
    let error = Engine::test().batch_interval(minutes(1)).run(pipeline).expect_err("nobody is there at last");
    peer.join().expect("it sent all");
    assert!(error.to_string().contains("3 attempts to connect again failed"), "{error}");
    assert_eq!(out.batches().concat(), ["one", "two"]);
}
