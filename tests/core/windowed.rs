//! Windows of processing time, each operator against a model that looks at all ticks anew for every window.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use millstream::clock::Clock;
use millstream::prelude::*;
use millstream::testing::restarts_change_nothing;
use proptest::collection::vec;
use proptest::prelude::*;

type Pairs = Vec<Vec<(u64, i64)>>;

fn many() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) }
}

/// Ticks of pairs, with gaps in which nothing comes, and length and slide of windows in ticks.
fn input() -> impl Strategy<Value = (Pairs, u64, u64)> {
    let tick = prop_oneof![2 => Just(Vec::new()), 3 => vec((0u64..4, -20i64..20), 0..7)];
    (vec(tick, 0..16), 1u64..8, 1u64..5)
}

/// The ticks (counted from 1, a second each) that each window holds.
fn windows(ticks: usize, length: u64, slide: u64) -> impl Iterator<Item = RangeInclusive<usize>> {
    let ends = (1..=ticks).filter(move |tick| *tick as u64 % slide == 0);
    ends.map(move |end| (end + 1).saturating_sub(length as usize).max(1)..=end)
}

/// What a model makes of the pairs of each window.
fn of_windows<T>(
    ticks: &Pairs,
    length: u64,
    slide: u64,
    mut model: impl FnMut(Vec<(u64, i64)>) -> Vec<T>,
) -> Vec<Vec<T>> {
    let of_window =
        |ticks_of: RangeInclusive<usize>| model(ticks_of.flat_map(|t| ticks[t - 1].clone()).collect());
    windows(ticks.len(), length, slide).map(of_window).collect()
}

fn by_key(pairs: &[(u64, i64)]) -> BTreeMap<u64, Vec<i64>> {
    let mut groups = BTreeMap::<u64, Vec<i64>>::new();
    pairs.iter().for_each(|(key, value)| groups.entry(*key).or_default().push(*value));
    groups
}

/// A key that does not lie inline in a table.
fn name(key: u64) -> String {
    format!("the name of the key number {key}")
}

fn text(values: &[i64]) -> String {
    values.iter().map(|v| format!("{v},")).collect()
}

fn sorted<T: Ord>(mut ticks: Vec<Vec<T>>) -> Vec<Vec<T>> {
    ticks.iter_mut().for_each(|tick| tick.sort());
    ticks
}

/// What a pipeline gives with 1, 2, 7 and 16 partitions, and in several orders of tasks: always the same, in the same order.
fn ordered<T>(make: impl Fn(MemorySink<T>) -> Pipeline<'static>) -> Vec<Vec<T>>
where
    T: Clone + std::fmt::Debug + PartialEq + Send + 'static,
{
    let run = |partitions, seed| {
        let out = MemorySink::new();
        Engine::test().partitions(partitions).seed(seed).run(make(out.clone())).expect("it runs");
        out.batches()
    };
    let first = run(1, 0);
    for (partitions, seed) in [(2, 1), (7, 2), (16, 3)] {
        assert_eq!(run(partitions, seed), first, "{partitions} partitions");
    }
    first
}

/// Length and slide as durations.
fn spans(length: u64, slide: u64) -> (Duration, Duration) {
    (secs(length), secs(slide))
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn window_has_the_records_of_its_ticks_in_order((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        let got = ordered(|out| { let input = queue(ticks.clone()); stream!(move { source(input).window(l, s).sink(out); }) });
        prop_assert_eq!(got, of_windows(&ticks, length, slide, |pairs| pairs));
    }

    #[test]
    fn one_record_a_window_is_the_function_over_all_in_order((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        let got = ordered(|out| {
            let input = queue(ticks.clone());
            stream!(move {
                let pairs = source(input);
                let texts = pairs.map(|(_, v)| format!("{v},")).reduce_by_window(|a, b| a + &b, l, s);
                let counts = pairs.count_by_window(l, s).map(|n| format!("{n}"));
                texts.union(counts).sink(out);
            })
        });
        let model = of_windows(&ticks, length, slide, |pairs| {
            let values: Vec<i64> = pairs.iter().map(|(_, v)| *v).collect();
            let texts = (!values.is_empty()).then(|| text(&values));
            texts.into_iter().chain([format!("{}", values.len())]).collect()
        });
        prop_assert_eq!(got, model);
    }

    #[test]
    fn values_of_a_key_are_reduced_and_listed_in_order((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        let got = ordered(|out| {
            let input = queue(ticks.clone());
            stream!(move {
                let pairs = source(input).map(|(k, v)| (name(k), v));
                let texts = pairs.map_values(|v| format!("{v},")).reduce_by_key_and_window(|a, b| a + &b, l, s);
                let lists = pairs.group_by_key_and_window(l, s).map_values(|values| text(&values));
                texts.union(lists).sink(out);
            })
        });
        let model = of_windows(&ticks, length, slide, |pairs| {
            let texts = by_key(&pairs).into_iter().map(|(k, values)| (name(k), text(&values)));
            texts.flat_map(|pair| [pair.clone(), pair]).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn an_inverse_takes_back_what_has_left((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        let got = ordered(|out| {
            let input = queue(ticks.clone());
            stream!(move {
                let pairs = source(input);
                let all = pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, l, s);
                let some = pairs.map(|(k, v)| (100 + k, v)).reduce_by_key_and_window_with_inverse(
                    |a, b| a + b, |a, b| a - b, l, s, |key, sum| *key == 103 || *sum > 0
                );
                let whole = pairs.values().reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, l, s);
                all.union(some).union(whole.map(|sum| (1000, sum))).sink(out);
            })
        });
        let mut known = BTreeMap::<u64, i64>::new();
        let model = of_windows(&ticks, length, slide, |pairs| {
            let sums: BTreeMap<u64, i64> = by_key(&pairs).into_iter().map(|(k, v)| (k, v.iter().sum())).collect();
            known.values_mut().for_each(|sum| *sum = 0);
            known.extend(sums.clone());
            // The key 3 passes the filter for ever, as all keys do where there is none.
            let some = known.iter().filter(|(key, sum)| **key == 3 || **sum > 0).map(|(key, sum)| (100 + key, *sum));
            let whole = (!known.is_empty()).then(|| (1000, pairs.iter().map(|(_, v)| v).sum()));
            known.clone().into_iter().chain(some).chain(whole).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn values_are_counted_while_they_are_there((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        let got = ordered(|out| {
            let input = queue(ticks.clone());
            stream!(move { source(input).keys().count_by_value_and_window(l, s).sink(out); })
        });
        let model = of_windows(&ticks, length, slide, |pairs| {
            by_key(&pairs).into_iter().map(|(k, values)| (k, values.len() as u64)).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn what_follows_a_window_has_a_batch_where_one_ends((ticks, length, slide) in input(), again in 1u64..4) {
        let (l, s) = spans(length, slide);
        let longer = secs(slide * again);
        let got = ordered(|out| {
            let input = queue(ticks.clone());
            stream!(move {
                let sums = source(input).values().reduce_by_window(|a, b| a + b, l, s);
                sums.window(longer).fold(String::new(), |all, sum| all + &format!("{sum};")).sink(out);
            })
        });
        // A window of `again` windows, at each of them.
        let sums = of_windows(&ticks, length, slide, |pairs| {
            let all = pairs.iter().map(|(_, v)| *v).reduce(|a, b| a + b);
            Vec::from_iter(all.map(|sum| format!("{sum};")))
        });
        let model: Vec<Vec<String>> = (1..=sums.len())
            .map(|end| vec![sums[end.saturating_sub(again as usize)..end].concat().concat()])
            .collect();
        prop_assert_eq!(got, model);
    }
}

proptest! {
    // Each is a run for every tick and fault point.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_crash_changes_nothing((ticks, length, slide) in input()) {
        let (l, s) = spans(length, slide);
        restarts_change_nothing(|out| {
            let input = queue(ticks.clone());
            stream!(move {
                let pairs = source(input).map(|(k, v)| (name(k), v));
                let texts = pairs.map_values(|v| format!("{v},")).reduce_by_key_and_window(|a, b| a + &b, l, s);
                let lists = pairs.group_by_key_and_window(l, s).map_values(|values| text(&values));
                let sums = pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, l, s);
                let counts = pairs.keys().count_by_value_and_window(l, s).map_values(|n| n.to_string());
                let records = pairs.window(l, s).map(|(k, v)| (k, format!("record {v}")));
                let count = pairs.count_by_window(l, s).map(|n| (String::new(), n.to_string()));
                let all = pairs.values().reduce_by_window(|a, b| a + b, l, s).map(|n| (String::new(), n.to_string()));
                texts.union(lists).union(sums.map_values(|n| n.to_string())).union(counts).union(records).union(count).union(all).sink(out);
            })
        });
    }
}

/// A clock that stands at given seconds, one after the other: it moves on when the tick that it made is committed.
#[derive(Default)]
struct Jumping {
    times: Vec<i64>,
    next: AtomicUsize,
    committed: AtomicUsize,
    now: AtomicI64,
}

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1000 * self.now.load(SeqCst))
    }

    fn until(&self, _: Timestamp) -> Option<Duration> {
        let next = self.next.load(SeqCst);
        if next > self.committed.load(SeqCst) || next >= self.times.len() {
            return None;
        }
        self.next.store(next + 1, SeqCst);
        self.now.store(self.times[next], SeqCst);
        Some(Duration::ZERO)
    }
}

/// Runs a pipeline on the pool, at the given seconds.
fn run_at(times: Vec<i64>, overrun: Overrun, pipeline: Pipeline<'static>) {
    let clock = Arc::new(Jumping { times, ..Jumping::default() });
    let told = Arc::clone(&clock);
    let engine = Engine::local().threads(2).partitions(3).clock(clock).on_overrun(overrun);
    let engine = engine.on_progress(move |_| {
        told.committed.fetch_add(1, SeqCst);
    });
    engine.run(pipeline).expect("it runs");
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn windows_go_by_the_times_of_ticks_where_boundaries_are_passed_over(
        (ticks, length, slide) in input(),
        steps in vec(1i64..5, 16),
    ) {
        let times: Vec<i64> = steps.iter().scan(0, |now, step| { *now += step; Some(*now) }).take(ticks.len()).collect();
        let (out, (l, s)) = (MemorySink::new(), spans(length, slide));
        let (input, sink) = (queue(ticks.clone()), out.clone());
        run_at(times.clone(), Overrun::Skip, stream!(move {
            let pairs = source(input);
            let texts = pairs.map_values(|v| format!("{v},")).reduce_by_key_and_window(|a, b| a + &b, l, s);
            let lists = pairs.group_by_key_and_window(l, s).map_values(|values| text(&values));
            let counts = pairs.keys().count_by_value_and_window(l, s).map_values(|n| n.to_string());
            let records = pairs.window(l, s).map_values(|v| format!("record {v}"));
            texts.union(lists).union(counts).union(records).sink(sink);
        }));
        // A tick emits the last window that has ended since the one before.
        let mut before = None;
        let slide = slide as i64;
        let mut model = Vec::new();
        for time in &times {
            let end = time / slide * slide;
            if before.map_or(end == *time, |before: i64| before / slide * slide < end) {
                let within = |(_, t): &(&Vec<(u64, i64)>, &i64)| **t > end - length as i64 && **t <= end;
                let pairs: Vec<(u64, i64)> = ticks.iter().zip(&times).filter(within).flat_map(|(tick, _)| tick.clone()).collect();
                let keys = by_key(&pairs);
                let of_keys = keys.iter().flat_map(|(k, v)| [(*k, text(v)), (*k, text(v)), (*k, v.len().to_string())]);
                model.push(of_keys.chain(pairs.iter().map(|(k, v)| (*k, format!("record {v}")))).collect());
            }
            before = Some(*time);
        }
        prop_assert_eq!(sorted(out.batches()), sorted(model));
    }

    #[test]
    fn late_ticks_count_by_their_boundaries((ticks, length, slide) in input(), steps in vec(1i64..9, 16)) {
        let times: Vec<i64> = steps.iter().scan(0, |now, step| { *now += step; Some(*now) }).collect();
        let (out, (l, s)) = (MemorySink::new(), spans(length, slide));
        let (input, sink) = (queue(ticks.clone()), out.clone());
        run_at(times, Overrun::Queue, stream!(move { source(input).window(l, s).sink(sink); }));
        prop_assert_eq!(out.batches(), of_windows(&ticks, length, slide, |pairs| pairs));
    }
}

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
    insta::assert_snapshot!(pipeline.plan(), @"");
    assert_eq!(
        pipeline.plan().contract(),
        "count/count_by_window\nlast/window\nsource pairs\nsums/reduce_by_key_and_window\n"
    );
}
