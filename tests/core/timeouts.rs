//! Keys that time out by event time.

use std::collections::BTreeMap;

use millstream::prelude::*;
use millstream::testing::restarts_change_nothing;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::few;

/// A key, the second of a value, and for how long the value says that the key is to be kept, if not as usual.
type Value = (u64, i64, Option<i64>);

/// What leaves: a key, how many values it has had, and whether those are all.
type Seen = (u64, u64, bool);

fn count(key: &u64, value: Option<Value>, seen: &mut State<u64>) -> Option<Seen> {
    let n = seen.get().copied().unwrap_or(0);
    let Some((_, _, keep)) = value else { return Some((*key, n, true)) };
    if let Some(keep) = keep {
        seen.time_out_in(secs(keep as u64));
    }
    // Each seventh is forgotten at once.
    if n == 6 {
        assert!(seen.remove().is_some());
    } else {
        seen.update(n + 1);
    }
    Some((*key, n + 1, false))
}

fn pipeline(ticks: &[Vec<Value>], bound: i64, timeout: i64, out: MemorySink<Seen>) -> Pipeline<'static> {
    let input = queue(ticks.to_vec());
    stream!(move {
        let values = source(input).event_time(|(_, second, _)| 1000 * second, secs(bound as u64));
        let seen = values.map(|value| (value.0, value)).map_with_state(count).event_timeout(secs(timeout as u64));
        seen.sink(out);
    })
}

/// What leaves, over all ticks, and how many values are late.
fn model(ticks: &[Vec<Value>], bound: i64, timeout: i64) -> (Vec<Seen>, u64) {
    let (mut keys, mut out, mut late) = (BTreeMap::<u64, (u64, i64)>::new(), Vec::new(), 0);
    let mut watermark = i64::MIN;
    for tick in ticks.iter().chain([&vec![]]) {
        let time_out = |keys: &mut BTreeMap<u64, (u64, i64)>, out: &mut Vec<Seen>, watermark: i64| {
            out.extend(
                keys.iter().filter(|(_, (_, end))| *end <= watermark).map(|(k, (n, _))| (*k, *n, true)),
            );
            keys.retain(|_, (_, end)| *end > watermark);
        };
        time_out(&mut keys, &mut out, watermark);
        for (key, second, keep) in tick {
            if second + timeout <= watermark {
                late += 1;
                continue;
            }
            let (n, end) = keys.remove(key).unwrap_or((0, i64::MIN));
            out.push((*key, n + 1, false));
            if n < 6 {
                keys.insert(*key, (n + 1, end.max(second + keep.unwrap_or(timeout))));
            }
        }
        time_out(&mut keys, &mut out, watermark);
        watermark = tick.iter().map(|value| value.1 - bound).fold(watermark, i64::max);
    }
    out.extend(keys.iter().map(|(k, (n, _))| (*k, *n, true)));
    out.sort();
    (out, late)
}

fn input() -> impl Strategy<Value = (Vec<Vec<Value>>, i64, i64)> {
    let value = (0u64..5, 0i64..40, proptest::option::weighted(0.2, 0i64..20));
    (vec(vec(value, 0..12), 1..6), 0i64..6, 1i64..15)
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn keys_time_out_as_the_watermark_passes((ticks, bound, timeout) in input()) {
        let (expected, expected_late) = model(&ticks, bound, timeout);
        let first = MemorySink::new();
        Engine::test().run(pipeline(&ticks, bound, timeout, first.clone())).expect("it runs");
        let mut all = first.records();
        all.sort();
        prop_assert_eq!(all, expected.clone());
        for partitions in [1, 2, 7] {
            let out = MemorySink::new();
            let engine = Engine::test().partitions(partitions).seed(partitions as u64);
            let mut job = engine.start(pipeline(&ticks, bound, timeout, out.clone())).expect("it starts");
            job.run_to_end().expect("it runs");
            prop_assert_eq!(out.batches(), first.batches());
            prop_assert_eq!(job.progress().late.iter().map(|late| late.total).sum::<u64>(), expected_late);
            let out = MemorySink::new();
            let engine = Engine::local().partitions(partitions).threads(2).trigger(Trigger::Eager);
            engine.run(pipeline(&ticks, bound, timeout, out.clone())).expect("it runs");
            let mut all = out.records();
            all.sort();
            prop_assert_eq!(all, expected.clone());
        }
    }
}

proptest! {
    // Each is a run for every tick and fault point.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn a_crash_changes_nothing((mut ticks, bound, timeout) in input()) {
        // Something must leave.
        ticks.push(vec![(1, 20, None)]);
        restarts_change_nothing(|out| pipeline(&ticks, bound, timeout, out));
    }
}

#[test]
fn a_key_times_out_once_the_watermark_has_passed_its_latest_value() {
    let out = MemorySink::new();
    // Key 1 has values at 0 s and 5 s, in no order. The watermark is at 13, 15 and 30 s behind the ticks.
    let ticks = [
        vec![(1, 5, None), (1, 0, None)],
        vec![(2, 14, None)],
        vec![(2, 16, None)],
        vec![(1, 6, None), (1, 2, None), (3, 31, None)],
    ];
    Engine::test().run(pipeline(&ticks, 1, 10, out.clone())).expect("it runs");
    out.assert_batches_sorted([
        vec![(1, 1, false), (1, 2, false)],
        vec![(2, 1, false)],
        vec![(2, 2, false)],
        // It times out before the next value is seen; and of the two that come now, one is late.
        vec![(1, 1, false), (1, 2, true), (3, 1, false)],
        vec![(1, 1, true), (2, 2, true), (3, 1, true)],
    ]);
}

#[test]
fn snapshots_hold_what_has_not_timed_out() {
    let (all, ended) = (MemorySink::new(), MemorySink::new());
    let (to_all, to_ended) = (all.clone(), ended.clone());
    let input = queue([vec![(1u64, 1i64)], vec![(2, 20)], vec![(2, 21)]]);
    // What keys begin with has no time until they have a value.
    let pipeline = stream!(move {
        let values = source(input).event_time(|(_, second)| 1000 * second, secs(0));
        let (ended, states) = values.map_with_state_and_snapshots(
            |key: &u64, value, state: &mut State<i64>| {
                let Some(value) = value else { return Some(*key) };
                state.update(value);
                None
            },
            StateSpec::new().initial([(1u64, -1i64), (9, -9)]),
        ).event_timeout(secs(10));
        ended.sink(to_ended);
        states.sink(to_all);
    });
    Engine::test().run(pipeline).expect("it runs");
    all.assert_batches_sorted([
        vec![(1, 1), (9, -9)],
        vec![(1, 1), (2, 20), (9, -9)],
        vec![(2, 21), (9, -9)],
        vec![(9, -9)],
    ]);
    ended.assert_batches_sorted([vec![], vec![], vec![1], vec![2]]);
}

#[test]
fn one_key_goes_by_one_time() {
    let input = queue([vec![(1u64, 1i64)]]);
    let pipeline = stream!(move {
        let values = source(input).event_time(|(_, second)| 1000 * second, secs(0));
        let seen = values.map_with_state(
            |_: &u64, value, state: &mut State<i64>| { state.update(value?); Some(()) },
            StateSpec::new().timeout(secs(1)),
        ).event_timeout(secs(10));
        seen.print();
    });
    let error = Engine::test().run(pipeline).expect_err("it is refused").to_string();
    assert!(error.contains("`seen/map_with_state` has a time-out of batch times"), "{error}");
}

#[test]
fn the_plan_and_the_contract_say_it() {
    let pipeline = pipeline(&[], 1, 10, MemorySink::new());
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline

    stage 0: queue(0 ticks)
    │  event_time(out of order by 1s) → values
    │  map
    └─ map_with_state ⇒ by key ⇒ stage 1

    stage 1: map_with_state(time-out 10s of event time) → seen
    └─ sink(memory()) ⇒ to the driver
    ");
    insta::assert_snapshot!(pipeline.contract(), @r"
    source values
    state seen/map_with_state: map_with_state
      group {late: u64}
      slot {expires: i64}
      key u64
      state u64
    ");
}
