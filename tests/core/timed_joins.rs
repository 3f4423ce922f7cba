//! Joins of two streams in event time, against a model that looks at all pairs of records.

mod model;
mod plans;
mod restarts;

use millstream::prelude::*;
use proptest::prelude::*;

use model::{Out, Ticks, two};

fn many() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) }
}

/// A key that does not lie inline in a table.
fn name(key: u8) -> String {
    format!("the name of the key number {key}")
}

/// What a pipeline gives with 1, 2, 7 and 16 partitions, and in several orders of tasks: always the same, in the same order.
/// Here sorted.
fn ticks<T>(make: impl Fn(MemorySink<T>) -> Pipeline<'static>) -> Vec<Vec<T>>
where
    T: Clone + std::fmt::Debug + Ord + Send + 'static,
{
    let run = |partitions, seed| {
        let out = MemorySink::new();
        Engine::test().partitions(partitions).seed(seed).run(make(out.clone())).expect("it runs");
        out.batches()
    };
    let mut first = run(1, 0);
    for (partitions, seed) in [(2, 1), (7, 2), (16, 3)] {
        assert_eq!(run(partitions, seed), first, "{partitions} partitions");
    }
    first.iter_mut().for_each(|tick| tick.sort());
    first
}

/// An empty tick behind each, so that what is due comes out in a tick that the model knows.
fn source_of(ticks: &Ticks) -> millstream::source::Queue<(u8, i64, u32)> {
    queue(ticks.clone())
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn joins_by_an_interval_are_as_the_model(
        [(left, bound), (right, other_bound)] in two(),
        from in -8i64..8,
        length in 0i64..12,
        even in any::<bool>(),
    ) {
        let (bounds, to) = ([bound, other_bound], from + length);
        let got = ticks(|out: MemorySink<Out>| {
            let (left, right) = (source_of(&left), source_of(&right));
            let interval = Interval::millis(from..=to);
            let matches = move |v: &u32, w: &u32| !even || (v + w).is_multiple_of(2);
            stream!(move {
                let left = source(left).event_time(|(_, time, _)| *time, millis(bound)).map(|(k, _, v)| (name(k), v));
                let right = source(right).event_time(|(_, time, _)| *time, millis(other_bound)).map(|(k, _, v)| (name(k), v));
                let inner = left.interval_join(right, interval, matches).map(|(k, (v, w))| Out::of("inner", k, Some(v), Some(w)));
                let lefts = left.left_outer_interval_join(right, interval, matches).map(|(k, (v, w))| Out::of("left", k, Some(v), w));
                let rights = left.right_outer_interval_join(right, interval, matches).map(|(k, (v, w))| Out::of("right", k, v, Some(w)));
                let all = left.full_outer_interval_join(right, interval, matches).map(|(k, (v, w))| Out::of("full", k, v, w));
                let semi = left.left_semi_interval_join(right, interval, matches).map(|(k, v)| Out::of("semi", k, Some(v), None));
                inner.union(lefts).union(rights).union(all).union(semi).sink(out);
            })
        });
        prop_assert_eq!(got, model::by_interval(&left, &right, bounds, (from, to), even));
    }

    #[test]
    fn joins_in_windows_are_as_the_model(
        [(left, bound), (right, other_bound)] in two(),
        (length, slide) in prop_oneof![(1i64..12).prop_map(|n| (n, n)), (1i64..12, 1i64..12)],
        lateness in prop_oneof![Just(0u64), 0u64..6],
        even in any::<bool>(),
    ) {
        let (bounds, length, slide) = ([bound, other_bound], length.max(slide) as u64, length.min(slide) as u64);
        let got = ticks(|out: MemorySink<Out>| {
            let (left, right) = (source_of(&left), source_of(&right));
            let matches = move |v: &u32, w: &u32| !even || (v + w).is_multiple_of(2);
            stream!(move {
                let left = source(left).event_time(|(_, time, _)| *time, millis(bound)).map(|(k, _, v)| (name(k), v));
                let right = source(right).event_time(|(_, time, _)| *time, millis(other_bound)).map(|(k, _, v)| (name(k), v));
                let windows = left.sliding(millis(length), millis(slide)).allowed_lateness(millis(lateness));
                let inner = windows.join(right, matches).map(|(at, k, (v, w))| Out::of("inner", k, Some(v), Some(w)).at(at));
                let lefts = windows.left_outer_join(right, matches).map(|(at, k, (v, w))| Out::of("left", k, Some(v), w).at(at));
                let rights = windows.right_outer_join(right, matches).map(|(at, k, (v, w))| Out::of("right", k, v, Some(w)).at(at));
                let all = windows.full_outer_join(right, matches).map(|(at, k, (v, w))| Out::of("full", k, v, w).at(at));
                let semi = windows.left_semi_join(right, matches).map(|(at, k, v)| Out::of("semi", k, Some(v), None).at(at));
                inner.union(lefts).union(rights).union(all).union(semi).sink(out);
            })
        });
        prop_assert_eq!(got, model::by_window(&left, &right, bounds, (length as i64, slide as i64), lateness as i64, even));
    }
}

#[test]
fn three_streams_are_joined_by_two_joins_and_counted_in_windows() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let a = source(queue([vec![("x", 10i64)], vec![("y", 40)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let b = source(queue([vec![("x", 12i64)], vec![("y", 41)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let c = source(queue([vec![("x", 14i64)], vec![("y", 55)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let two = a.interval_join(b, Interval::around(secs(5)));
        let three = two.interval_join(c, Interval::between(secs(0), secs(5)));
        three.tumbling(secs(10)).count().sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    let window = millstream::Window::millis(10_000, 20_000);
    assert_eq!(out.records(), [(window, 1)]);
}

#[test]
fn what_comes_without_a_match_is_not_late_in_the_windows_behind() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let a = source(queue([vec![("x", 10i64)], vec![("y", 60)], vec![("z", 99)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let b = source(queue([vec![("y", 12i64)], vec![("y", 60)], vec![("z", 99)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let both = a.full_outer_interval_join(b, Interval::around(secs(30)));
        both.tumbling(secs(1)).count().map(|(window, n)| (window.start.millis() / 1000, n)).sink(sink);
    };
    let mut job = Engine::test().start(pipeline).unwrap();
    job.run_to_end().unwrap();
    assert_eq!(job.progress().late.iter().map(|late| late.total).sum::<u64>(), 0);
    let mut all = out.records();
    all.sort_unstable();
    assert_eq!(all, [(10, 1), (12, 1), (60, 1), (99, 1)]);
}

#[test]
fn late_records_are_left_out_and_counted() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let a = source(queue([vec![("x", 10i64)], vec![("x", 50)], vec![("x", 41)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let b = source(queue([vec![("x", 10i64)], vec![("x", 50)], vec![("x", 46), ("x", 45)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.interval_join(b, Interval::around(secs(5))).sink(sink);
    };
    let mut job = Engine::test().start(pipeline).unwrap();
    job.run_to_end().unwrap();
    let late: Vec<_> = job.progress().late.iter().map(|late| (late.operator.clone(), late.total)).collect();
    assert_eq!(late, [("a/interval_join".to_string(), 2)]);
    out.assert_batches([vec![("x", (10, 10))], vec![("x", (50, 50))], vec![("x", (50, 46))], vec![]]);
}

#[test]
fn both_sides_side_by_side_in_sessions() {
    let out = MemorySink::new();
    let sink = out.clone();
    let pipeline = stream! {
        let a = source(queue([vec![("x", 1i64), ("x", 9), ("y", 2)]])).event_time(|(_, s)| 1000 * s, secs(5));
        let b = source(queue([vec![("x", 5i64), ("x", 40)]])).event_time(|(_, s)| 1000 * s, secs(5));
        a.session(secs(6)).cogroup(b).map(|(window, key, both)| (key, window.length().as_secs(), both)).sink(sink);
    };
    Engine::test().run(pipeline).unwrap();
    out.assert_batches_sorted([
        vec![],
        vec![("x", 6, (vec![], vec![40])), ("x", 14, (vec![1, 9], vec![5])), ("y", 6, (vec![2], vec![]))],
    ]);
}
