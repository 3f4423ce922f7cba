//! When windowed streams have batches, and what is refused.

use std::time::Duration;

use millstream::prelude::*;

/// Ticks of one number each, 1, 2, 3 and so on.
fn numbers(ticks: u64) -> millstream::source::Queue<u64> {
    queue((1..=ticks).map(|n| [n]))
}

#[test]
fn a_window_of_three_every_two_works_on_panes_of_one() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline =
        stream! { source(numbers(7)).reduce_by_window(|a, b| a + b, secs(3), secs(2)).sink(sink); };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([vec![1 + 2], vec![2 + 3 + 4], vec![4 + 5 + 6]]);
}

#[test]
fn windows_may_have_gaps_between_them() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! { source(numbers(9)).window(secs(2), secs(4)).sink(sink); };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([vec![3, 4], vec![7, 8]]);
}

#[test]
fn between_windows_nothing_behind_them_runs() {
    let (calls, batches, partitions) = (Counter::new("calls"), MemorySink::new(), Counter::new("partitions"));
    let (sink, counted, of_partitions) = (batches.clone(), calls.clone(), partitions.clone());
    let mut times = Vec::new();
    let pipeline = stream! {
        let windows = source(numbers(9)).map(|n| (n % 2, n)).group_by_key_and_window(secs(3), secs(3));
        windows.for_each_partition(|_, _, _| of_partitions.add(1));
        windows.for_each_batch(|_, tick| times.push(tick.time.millis()));
        let sizes = windows.map(|(key, values)| (key, values.len()));
        sizes.count().sink(sink);
        sizes.update_state_by_key(|new, old: Option<usize>| { counted.add(1); Some(old.unwrap_or(0) + new.len()) }).print(0);
    };
    Engine::test().partitions(2).run(pipeline).expect("it runs");
    assert_eq!(times, [3000, 6000, 9000]);
    batches.assert_batches([vec![2], vec![2], vec![2]]);
    assert_eq!((calls.get(), partitions.get()), (2 * 3, 2 * 3));
}

#[test]
fn a_union_has_a_batch_where_one_of_its_streams_has() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let n = source(numbers(6));
        let twos = n.reduce_by_window(|a, b| a + b, secs(2), secs(2)).map(|n| 20 + n);
        let threes = n.count_by_window(secs(3), secs(3)).map(|n| 30 + n);
        twos.union(threes).count().sink(sink.clone());
        threes.union(twos).sink(sink);
    };
    Engine::test().run(pipeline).expect("it runs");
    // At 2, 3, 4 and 6 seconds.
    out.assert_batches_sorted([vec![1, 23], vec![1, 33], vec![1, 27], vec![2, 31, 33]]);
}

fn refused(engine: &Engine, pipeline: Pipeline<'_>, words: &[&str]) {
    let error = engine.run(pipeline).expect_err("it is refused").to_string();
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}

#[test]
fn what_is_no_multiple_of_the_interval_is_refused_with_what_would_be_right() {
    let engine = Engine::local().batch_interval(secs(2));
    let windows = |length, slide| stream!(move { let counts = source(numbers(1)).count_by_window(length, slide); counts.print(); });
    let name = "`counts/count_by_window`";
    refused(&engine, windows(secs(3), secs(2)), &[name, "length of 3s", "2s: write 2s or 4s"]);
    refused(&engine, windows(secs(4), millis(6500)), &[name, "slide of 6.5s", "write 6s or 8s"]);
    refused(&engine, windows(millis(100), secs(2)), &[name, "length of 100ms", "write 2s"]);
    refused(
        &engine,
        windows(Duration::from_nanos(2_000_000_001), secs(2)),
        &["length of 2.000000001s", "write 2s or 4s"],
    );
    refused(&engine, windows(Duration::ZERO, secs(2)), &[name, "length of zero", "2s"]);
    refused(&engine, windows(Duration::MAX, secs(2)), &[name, "longer than time is counted"]);
    refused(&engine, windows(secs(2), Duration::ZERO), &[name, "slide of zero"]);
}

#[test]
fn behind_a_window_its_slide_is_the_interval() {
    let engine = Engine::local();
    let windows = |length, slide| {
        stream!(move {
            let sums = source(numbers(1)).reduce_by_window(|a, b| a + b, secs(6), secs(3));
            let means = sums.window(length, slide);
            means.print();
        })
    };
    refused(&engine, windows(secs(5), secs(3)), &["`means/window`", "length of 5s", "3s: write 3s or 6s"]);
    refused(&engine, windows(secs(6), secs(2)), &["`means/window`", "slide of 2s", "write 3s"]);
}

#[test]
fn streams_with_batches_at_different_times_are_not_joined() {
    let engine = Engine::local();
    let pipeline = stream! {
        let pairs = source(numbers(1)).map(|n| (n, n));
        let slow = pairs.reduce_by_key_and_window(|a, b| a + b, secs(9), secs(3));
        let joined = pairs.join(slow);
        joined.print();
    };
    refused(&engine, pipeline, &["`joined/join`", "every 1s", "every 3s", "`window`"]);
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let pairs = source(numbers(3)).map(|n| (n % 2, n));
        let slow = pairs.reduce_by_key_and_window(|a, b| a + b, secs(9), secs(3));
        slow.join(pairs.window(secs(3), secs(3)).filter(|(_, n)| *n > 1)).sink(sink);
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches_sorted([vec![(0, (2, 2)), (1, (4, 3))]]);
}

#[test]
fn ticks_without_an_interval_have_no_windows() {
    for trigger in [Trigger::Eager, Trigger::AvailableNow] {
        let pipeline = stream! { let n = source(numbers(1)).window(secs(3)); n.print(); };
        refused(
            &Engine::local().trigger(trigger),
            pipeline,
            &["`n/window`", "batch interval", "`event_time`"],
        );
    }
}

#[test]
fn the_plan_shows_lengths_and_slides() {
    let pipeline = stream! { <Windows>
        let pairs = source(queue([vec![(1u64, 2u64)]]));
        let sums = pairs.reduce_by_key_and_window(|a, b| a + b, secs(30), secs(10));
        let last = sums.window(minutes(1));
        last.print();
        let count = pairs.count_by_window(millis(1500), millis(500));
        count.print();
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Windows

    stage 0: queue(1 tick) → pairs
    ├─ reduce_by_key_and_window ⇒ by key, combined before ⇒ stage 1
    └─ count_by_window ⇒ to one, combined before ⇒ stage 3

    stage 1: reduce_by_key_and_window(30s every 10s) → sums
    └─ window ⇒ to one ⇒ stage 2

    stage 2: window(60s every batch) → last
    └─ print(10) ⇒ to the driver

    stage 3: count_by_window(1.5s every 500ms) → count
    └─ print(10) ⇒ to the driver
    ");
    let contract = pipeline.contract();
    let names: Vec<&str> = contract.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        names,
        [
            "source pairs",
            "state count/count_by_window: count_by_window",
            "state last/window: window",
            "state sums/reduce_by_key_and_window: reduce_by_key_and_window",
        ]
    );
}
