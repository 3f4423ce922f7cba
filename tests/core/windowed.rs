//! Windows of processing time, each operator against a model that looks at all ticks anew for every window.

mod batches;
mod times;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

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
    let ends = (1..=ticks).filter(move |tick| (*tick as u64).is_multiple_of(slide));
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
    fn a_crash_changes_nothing((mut ticks, length, slide) in input()) {
        // Something must leave: there is a whole slide, whose last tick has a record.
        let slides = slide as usize;
        ticks.resize(ticks.len().max(slides), Vec::new());
        ticks[slides - 1].push((3, 1));
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
