//! Operators that keep something from tick to tick, each against a model that is a map.

use std::collections::BTreeMap;

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{at_once, few, numbers, ordered, ordered_at_intervals, pairs};

/// What a step of a model makes of each tick (its number and its records), sorted.
fn through<A, T: Ord>(ticks: &[Vec<A>], mut step: impl FnMut(i64, &[A]) -> Vec<T>) -> Vec<Vec<T>> {
    let mut all: Vec<Vec<T>> = (1..).zip(ticks).map(|(tick, records)| step(tick, records)).collect();
    all.iter_mut().for_each(|tick| tick.sort());
    all
}

/// The order is the same on all engines, and the model has another one.
fn sorted<T: Ord>(mut ticks: Vec<Vec<T>>) -> Vec<Vec<T>> {
    ticks.iter_mut().for_each(|tick| tick.sort());
    ticks
}

fn by_key(records: &[(u64, i64)]) -> BTreeMap<u64, Vec<i64>> {
    let mut groups = BTreeMap::<u64, Vec<i64>>::new();
    records.iter().for_each(|(key, value)| groups.entry(*key).or_default().push(*value));
    groups
}

/// A key that does not lie inline in a table.
fn name(key: u64) -> String {
    format!("the name of the key number {key}")
}

/// The sum of a key's values. It is forgotten where it reaches 20; and it leaves with `None` where `n` is.
fn up_to_20(key: &u64, n: Option<i64>, sum: &mut State<i64>) -> Option<(u64, i64)> {
    let Some(n) = n else {
        assert!(sum.is_timing_out());
        return Some((*key, -1000));
    };
    let all = sum.get().copied().unwrap_or(0) + n;
    if all < 20 {
        sum.update(all);
    } else if sum.exists() {
        assert!(sum.remove().is_some());
    }
    (all % 2 == 0).then_some((*key, all))
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn running_count_counts_the_pairs_of_all_ticks(input in pairs()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).map(|(k, v)| (name(k), v)).running_count().sink(out); });
        let mut counts = BTreeMap::<u64, u64>::new();
        let model = through(&input, |_, tick| {
            by_key(tick).into_iter().map(|(k, v)| {
                let count = counts.entry(k).or_default();
                *count += v.len() as u64;
                (name(k), *count)
            }).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn running_reduce_and_running_fold_meet_values_in_order(input in pairs()) {
        let got = ordered(|out| stream! {
            let texts = source(queue(input.clone())).map_values(|v| format!("{v},"));
            let reduced = texts.running_reduce(|a, b| a + &b);
            let folded = texts.running_fold(String::new(), |all, v| all + &v);
            reduced.union(folded).sink(out);
        });
        let mut texts = BTreeMap::<u64, String>::new();
        let model = through(&input, |_, tick| {
            by_key(tick).into_iter().flat_map(|(k, v)| {
                let text = texts.entry(k).or_default();
                text.extend(v.iter().map(|v| format!("{v},")));
                [(k, text.clone()), (k, text.clone())]
            }).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn update_state_by_key_sees_every_key_in_every_tick(input in pairs()) {
        // New values in order, or in a tick without a mark; more than seven characters are forgotten.
        let update = |new: &[i64], old: Option<String>| {
            let text: String = old.unwrap_or_default() + &if new.is_empty() { "-".to_string() } else { format!("{new:?}") };
            (text.len() <= 7).then_some(text)
        };
        let got = ordered_at_intervals(|out| stream! {
            source(queue(input.clone())).update_state_by_key(update, [(1u64, "x".to_string()), (77, "y".to_string())]).sink(out);
        });
        let mut states = BTreeMap::from([(1u64, "x".to_string()), (77, "y".to_string())]);
        let model = through(&input, |_, tick| {
            let new = by_key(tick);
            for key in new.keys().chain(&states.keys().copied().collect::<Vec<_>>()).collect::<std::collections::BTreeSet<_>>() {
                let values = new.get(key).map_or(&[][..], Vec::as_slice);
                match update(values, states.remove(key)) {
                    Some(state) => { states.insert(*key, state); }
                    None => { states.remove(key); }
                }
            }
            states.clone().into_iter().collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn map_with_state_sees_values_in_order_and_what_it_left(input in pairs()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).map_with_state(up_to_20, StateSpec::new().initial([(3u64, 19)])).sink(out);
        });
        let mut sums = BTreeMap::from([(3u64, 19)]);
        let model = through(&input, |_, tick| {
            tick.iter().filter_map(|(k, v)| {
                let all = sums.remove(k).unwrap_or(0) + v;
                if all < 20 {
                    sums.insert(*k, all);
                }
                (all % 2 == 0).then_some((*k, all))
            }).collect()
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn idle_keys_time_out_once_and_snapshots_hold_the_others(input in pairs(), timeout in 1i64..4) {
        let run = |first: bool| {
            // The local engine's ticks have other times.
            let run = |partitions, seed| {
                let (mapped, all) = (MemorySink::new(), MemorySink::new());
                let (to_mapped, to_all) = (mapped.clone(), all.clone());
                let spec = StateSpec::new().timeout(secs(timeout as u64));
                let pipeline = stream! {
                    let (out, states) = source(queue(input.clone())).map_with_state_and_snapshots(up_to_20, spec);
                    out.sink(to_mapped);
                    states.sink(to_all);
                };
                Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
                if first { mapped.batches() } else { all.batches() }
            };
            let got = run(3, 0);
            for (partitions, seed) in [(1, 1), (2, 2), (7, 3)] {
                assert_eq!(run(partitions, seed), got);
            }
            sorted(got)
        };
        let (mut sums, mut snapshots) = (BTreeMap::<u64, (i64, i64)>::new(), Vec::new());
        let model = through(&input, |now, tick| {
            let mut out = Vec::new();
            for (k, v) in tick {
                let all = sums.remove(k).map_or(0, |(sum, _)| sum) + v;
                if all < 20 {
                    sums.insert(*k, (all, now + timeout));
                }
                out.extend((all % 2 == 0).then_some((*k, all)));
            }
            out.extend(sums.iter().filter(|(_, (_, end))| *end <= now).map(|(k, _)| (*k, -1000)));
            sums.retain(|_, (_, end)| *end > now);
            snapshots.push(sums.iter().map(|(k, (sum, _))| (*k, *sum)).collect::<Vec<_>>());
            out
        });
        prop_assert_eq!(run(true), model);
        prop_assert_eq!(run(false), snapshots);
    }

    #[test]
    fn a_record_comes_once_until_it_is_forgotten(input in numbers(), remember in 1i64..4) {
        let run = |partitions, seed| {
            let (records, pairs, input) = (MemorySink::new(), MemorySink::new(), input.iter().map(|tick| tick.iter().map(|n| n % 5).collect()).collect::<Vec<Vec<i64>>>());
            let (sink, by_key) = (records.clone(), pairs.clone());
            let pipeline = stream! {
                let n = source(queue(input));
                n.drop_duplicates(secs(remember as u64)).sink(sink);
                n.map(|n| (n, 100 + n)).drop_duplicates_by_key(secs(remember as u64)).values().sink(by_key);
            };
            Engine::test().partitions(partitions).seed(seed).run(pipeline).expect("it runs");
            records.batches().into_iter().zip(pairs.batches()).map(|(a, b)| [a, b].concat()).collect::<Vec<_>>()
        };
        let got = run(3, 0);
        for (partitions, seed) in [(1, 1), (2, 2), (7, 3)] {
            prop_assert_eq!(run(partitions, seed), got.clone());
        }
        let mut seen = BTreeMap::<i64, i64>::new();
        let model = through(&input, |now, tick| {
            let mut out = Vec::new();
            for n in tick.iter().map(|n| n % 5) {
                if seen.get(&n).is_none_or(|end| *end <= now) {
                    seen.insert(n, now + remember);
                    out.extend([n, 100 + n]);
                }
            }
            out
        });
        prop_assert_eq!(sorted(got), model);
    }

    #[test]
    fn unbounded_is_for_ever(input in numbers()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).drop_duplicates().unbounded().sink(out); });
        let mut seen = std::collections::BTreeSet::new();
        let model = through(&input, |_, tick| tick.iter().copied().filter(|n| seen.insert(*n)).collect());
        prop_assert_eq!(sorted(got), model);
    }
}

#[test]
fn a_tick_without_data_is_a_tick_for_every_key() {
    let out = MemorySink::new();
    let sink = out.clone();
    // It has ended after its first tick, and the job goes on.
    let input = queue([vec![("a", 1)]]);
    let pipeline = stream!(move {
        source(input).update_state_by_key(|new, old| Some(old.unwrap_or(0) + 10 * new.len() + 1)).sink(sink);
    });
    let mut job = Engine::test().start(pipeline).expect("it starts");
    (0..3).for_each(|_| job.tick().expect("it runs"));
    out.assert_batches_sorted([vec![("a", 11)], vec![("a", 12)], vec![("a", 13)]]);
}

#[test]
fn a_time_out_of_a_single_key_holds_until_its_next_value() {
    let out = MemorySink::new();
    let sink = out.clone();
    let input = queue([vec![("a", 3), ("b", 1)], vec![], vec![("a", 0)], vec![], vec![], vec![]]);
    let pipeline = stream! {
        source(input).map_with_state(|key, wait, state: &mut State<u64>| {
            let Some(wait) = wait else { return Some(format!("{key} of {}", state.tick().number)) };
            state.update(1);
            if wait > 0 {
                state.time_out_in(secs(wait));
            }
            None
        }).sink(sink);
    };
    Engine::test().run(pipeline).expect("it runs");
    // The second value of `a` sets no time.
    out.assert_batches_sorted([vec![], vec!["b of 1".to_string()], vec![], vec![], vec![], vec![]]);
}

#[test]
fn what_looks_at_every_key_is_for_intervals() {
    for trigger in [Trigger::Eager, Trigger::AvailableNow] {
        let pipeline = stream! {
            let counts = source(queue([vec![("a", 1)]])).update_state_by_key(|new, old| Some(old.unwrap_or(0) + new.len()));
            counts.print();
        };
        let error = at_once(1).trigger(trigger).run(pipeline).expect_err("it has no intervals").to_string();
        assert!(
            error.contains("`counts/update_state_by_key`") && error.contains("map_with_state"),
            "{error}"
        );
    }
}

#[test]
fn the_plan_says_what_grows_and_the_contract_names_it() {
    let pipeline = stream! { <States>
        let pairs = source(queue([vec![(1u64, 2u64)]]));
        let counts = pairs.running_count();
        let (mapped, all) = pairs.map_with_state_and_snapshots(
            |_, n, state: &mut State<u64>| { state.update(n?); Some(1u64) },
            StateSpec::new().timeout(minutes(1)),
        );
        counts.keys().drop_duplicates().unbounded().print();
        mapped.union(all.keys()).print();
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline States

    stage 0: queue(1 tick) → pairs
    ├─ running_count ⇒ by key, combined before ⇒ stage 1
    └─ map_with_state_and_snapshots ⇒ by key ⇒ stage 2

    stage 1: running_count(state grows with the keys) → counts
    │  keys
    └─ drop_duplicates ⇒ by key, combined before ⇒ stage 3

    stage 2: map_with_state_and_snapshots(time-out 60s) → mapped | all
    ├─ mapped: union ⇒ one to one ⇒ stage 4
    └─ all: keys
       └─ union ⇒ one to one ⇒ stage 4

    stage 3: drop_duplicates(state grows with the keys), unbounded
    └─ print(10) ⇒ to the driver

    stage 4: union of mapped, mapped/keys
    └─ print(10) ⇒ to the driver
    ");
    insta::assert_snapshot!(pipeline.contract(), @r"
    source pairs
    state counts/drop_duplicates: drop_duplicates
      group {sweep: i64}
      slot {until: i64}
      key u64
      state ()
    state counts/running_count: running_count
      key u64
      state u64
    state mapped/map_with_state_and_snapshots: map_with_state_and_snapshots
      slot {expires: i64}
      key u64
      state u64
    ");
    Engine::test().run(pipeline).expect("it runs");
}
