//! Calls that say more about the operator before them: what they change, and that plan and contract show it.

use millstream::prelude::*;
use millstream_plan::{Modifier, OpKind};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{at_once, few};

/// Sums of which addition in another order gives other bits.
fn floats() -> impl Strategy<Value = Vec<Vec<(u64, f64)>>> {
    let float = prop_oneof![Just(1e16), Just(-1e16), -1.0f64..1.0, 0.1f64..1e9];
    vec(vec((0u64..3, float), 0..400), 1..4)
}

type Bits = Vec<Vec<(u64, u64)>>;
type Ticks = [Vec<(u64, f64)>];

/// What comes of floats, as bits.
fn bits(make: impl Fn(MemorySink<(u64, u64)>) -> Pipeline<'static>, run: impl Fn(Pipeline<'static>)) -> Bits {
    let out = MemorySink::new();
    run(make(out.clone()));
    let mut batches = out.batches();
    batches.iter_mut().for_each(|batch| batch.sort_unstable());
    batches
}

/// The same bits for 1, 2, 7 and 16 partitions, on both engines.
#[track_caller]
fn all_the_same(make: impl Fn(MemorySink<(u64, u64)>) -> Pipeline<'static> + Copy) -> Bits {
    let first = bits(make, |pipeline| Engine::test().partitions(1).run(pipeline).expect("it runs"));
    for partitions in [1, 2, 7, 16] {
        let test = Engine::test().partitions(partitions).seed(partitions as u64);
        let again = bits(make, |pipeline| test.run(pipeline).expect("it runs"));
        assert_eq!(again, first, "test engine, {partitions} partitions");
        let local = bits(make, |pipeline| at_once(partitions).run(pipeline).expect("it runs"));
        assert_eq!(local, first, "local engine, {partitions} partitions");
    }
    first
}

/// As [`all_the_same`], on the test engine alone, for what goes by intervals or by the input's end.
#[track_caller]
fn on_intervals(make: impl Fn(MemorySink<(u64, u64)>) -> Pipeline<'static> + Copy) -> Bits {
    let run = |partitions: usize| {
        let test = Engine::test().partitions(partitions).seed(partitions as u64);
        bits(make, |pipeline| test.run(pipeline).expect("it runs"))
    };
    let first = run(1);
    for partitions in [2, 7, 16] {
        assert_eq!(run(partitions), first, "{partitions} partitions");
    }
    first
}

fn digest(text: &str) -> u64 {
    text.bytes().fold(7, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Each key's values, added up from the first to the last.
fn sums<'p>(pairs: impl Iterator<Item = &'p (u64, f64)>) -> Vec<(u64, u64)> {
    let mut sums = std::collections::BTreeMap::<u64, f64>::new();
    for (key, value) in pairs {
        sums.entry(*key).and_modify(|sum| *sum += value).or_insert(*value);
    }
    sums.into_iter().map(|(key, sum)| (key, sum.to_bits())).collect()
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn an_exact_reduce_by_key_adds_floats_in_their_order(input in floats()) {
        let got = all_the_same(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            source(input).reduce_by_key(|a, b| a + b).exact().map_values(|sum| sum.to_bits()).sink(out);
        })});
        prop_assert_eq!(got, input.iter().map(|tick| sums(tick.iter())).collect::<Vec<_>>());
    }

    #[test]
    fn an_exact_aggregate_by_key_adds_floats_in_their_order(input in floats()) {
        let got = all_the_same(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            source(input)
                .aggregate_by_key(-0.0, |sum, x| sum + x, |_, _| unreachable!("nothing is merged"))
                .exact()
                .map_values(|sum| sum.to_bits())
                .sink(out);
        })});
        prop_assert_eq!(got, input.iter().map(|tick| sums(tick.iter())).collect::<Vec<_>>());
    }

    #[test]
    fn an_exact_running_reduce_adds_floats_in_their_order(input in floats()) {
        let got = all_the_same(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            source(input).running_reduce(|a, b| a + b).exact().map_values(|sum| sum.to_bits()).sink(out);
        })});
        let until = |n: usize| {
            let now = |key: &u64| input[n].iter().any(|(k, _)| k == key);
            let all = sums(input[..=n].iter().flatten());
            all.into_iter().filter(|(key, _)| now(key)).collect::<Vec<_>>()
        };
        prop_assert_eq!(got, (0..input.len()).map(until).collect::<Vec<_>>());
    }

    #[test]
    fn an_exact_reduce_and_an_exact_aggregate_add_floats_in_their_order(input in floats()) {
        let got = all_the_same(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            let all = source(input).values();
            let sums = all.aggregate(-0.0, |sum, x| sum + x, |_, _| unreachable!("nothing is merged")).exact();
            let folded = sums.map(|sum: f64| (1u64, sum.to_bits()));
            all.reduce(|a, b| a + b).exact().map(|sum| (0u64, sum.to_bits())).union(folded).sink(out);
        })});
        let model = |tick: &Vec<(u64, f64)>| {
            let all = || tick.iter().map(|(_, x)| *x);
            let reduced = all().reduce(|a, b| a + b).map(|sum| (0, sum.to_bits()));
            reduced.into_iter().chain([(1, all().fold(-0.0, |a: f64, b| a + b).to_bits())]).collect::<Vec<_>>()
        };
        prop_assert_eq!(got, input.iter().map(model).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn exact_windows_add_floats_in_their_order(input in floats()) {
        // Windows of three ticks, each tick: so what slides out matters too.
        let of_windows = |window: &dyn Fn(&Ticks) -> Vec<(u64, u64)>| -> Bits {
            (1..=input.len()).map(|end| window(&input[end.saturating_sub(3)..end])).collect()
        };
        let got = on_intervals(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            source(input).reduce_by_key_and_window(|a, b| a + b, secs(3), secs(1)).exact()
                .map_values(|sum| sum.to_bits()).sink(out);
        })});
        // The sums of ticks are added up as panes, so only their keys are those of a model.
        let keys = |bits: &Bits| -> Vec<Vec<u64>> { bits.iter().map(|tick| tick.iter().map(|(key, _)| *key).collect()).collect() };
        prop_assert_eq!(keys(&got), keys(&of_windows(&|ticks| sums(ticks.iter().flatten()))));
        let tumbling = on_intervals(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            let pairs = source(input);
            let plain = pairs.reduce_by_key_and_window(|a, b| a + b, secs(1)).exact();
            let all = pairs.values().reduce_by_window(|a, b| a + b, secs(1)).exact().map(|sum| (10, sum));
            plain.union(all).map_values(|sum: f64| sum.to_bits()).sink(out);
        })});
        let model = |tick: &Vec<(u64, f64)>| {
            let all = tick.iter().map(|(_, x)| *x).reduce(|a, b| a + b).map(|sum| (10, sum.to_bits()));
            sums(tick.iter()).into_iter().chain(all).collect::<Vec<_>>()
        };
        prop_assert_eq!(tumbling, input.iter().map(model).collect::<Vec<_>>());
        // With an inverse what was added and taken off again is left in the last bits: the same ones, for all partitions.
        on_intervals(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            let pairs = source(input);
            let by_key = pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2), secs(1)).exact();
            let all = pairs.values().reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2), secs(1)).exact();
            by_key.union(all.map(|sum| (10, sum))).map_values(|sum: f64| sum.to_bits()).sink(out);
        })});
    }

    #[test]
    fn windows_of_event_time_add_floats_in_their_order(input in floats()) {
        on_intervals(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            let timed = source(input).event_time(|(_, x)| (x.abs() as i64) % 5000, secs(1));
            let tumbling = timed.tumbling(secs(1)).reduce_by_key(|a, b| a + b).map(|(w, k, sum)| (w, k, sum));
            let sliding = timed.sliding(secs(2), secs(1)).aggregate_by_key(sum(|x| *x));
            let sessions = timed.session(millis(5)).fold_by_key(0.0, |a, b| a + b);
            let all = timed.values().sliding(secs(3), secs(1)).reduce(|a, b| a + b).map(|(w, sum)| (w, 9, sum));
            tumbling.union(sliding).union(sessions).union(all)
                .map(|(w, k, sum)| (1000 * w.end.millis() as u64 + k, sum.to_bits())).sink(out);
        })});
    }

    #[test]
    fn texts_and_groups_of_windows_are_in_order(input in floats()) {
        let got = on_intervals(|out| { let input = queue(input.clone()).partitions(5); stream!(move {
            let pairs = source(input);
            let texts = pairs.map_values(|x| format!("{x:?},")).reduce_by_key_and_window(|a, b| a + &b, secs(2), secs(1));
            let groups = pairs.group_by_key_and_window(secs(2), secs(1));
            let lists = groups.map_values(|xs| xs.iter().map(|x| format!("{x:?},")).collect::<String>());
            texts.map(|(key, text)| (key, digest(&text))).union(lists.map(|(key, text)| (key + 10, digest(&text)))).sink(out);
        })});
        for tick in got {
            let half = tick.len() / 2;
            let groups: Vec<(u64, u64)> = tick[half..].iter().map(|(key, digest)| (key - 10, *digest)).collect();
            prop_assert_eq!(&tick[..half], &groups[..]);
        }
    }
}

#[test]
fn windows_round_by_partitions_where_they_are_not_exact() {
    // So the tests above would fail without `exact`.
    let input = || queue([(0..4000).map(|n| (0u64, f64::from(n % 7).exp())).collect::<Vec<_>>()]);
    let run = |partitions, exact| {
        let (a, b) = (input().partitions(partitions), input().partitions(partitions));
        let (first, second) = (MemorySink::new(), MemorySink::new());
        let (out, out_exact) = (first.clone(), second.clone());
        let pipeline = stream!(move {
            let sums = source(a).reduce_by_key_and_window(|a, b| a + b, secs(1));
            let exact = source(b).reduce_by_key_and_window(|a, b| a + b, secs(1)).exact();
            sums.sink(out);
            exact.sink(out_exact);
        });
        Engine::test().partitions(partitions).run(pipeline).expect("it runs");
        if exact { second.batches() } else { first.batches() }
    };
    assert_ne!(run(1, false), run(16, false));
    assert_eq!(run(1, true), run(16, true));
}

#[test]
fn what_is_combined_before_the_exchange_rounds_by_partitions_where_it_is_not_exact() {
    // So the tests above would fail without `exact`.
    let input = || vec![(0..4000).map(|n| (0u64, f64::from(n % 7).exp())).collect::<Vec<_>>()];
    let run = |partitions, exact: bool| {
        let run = |pipeline| at_once(partitions).run(pipeline).expect("it runs");
        let source = |n| queue(input()).partitions(n);
        let (a, b) = (source(partitions), source(partitions));
        let (first, second) = (MemorySink::new(), MemorySink::new());
        let (out, out_exact) = (first.clone(), second.clone());
        run(stream!(move {
            source(a).reduce_by_key(|a, b| a + b).sink(out);
            source(b).id("b").reduce_by_key(|a, b| a + b).exact().sink(out_exact);
        }));
        if exact { second.batches() } else { first.batches() }
    };
    assert_ne!(run(1, false), run(16, false));
    assert_eq!(run(1, true), run(16, true));
}

fn named() -> Pipeline<'static> {
    let (clicks, prices) = (queue([vec![("a", 1u64)]]), queue([vec![("a", 0.5)]]));
    stream! { <Named>
        let pages = source(clicks).id("clicks");
        let prices = source(prices);
        let visits = pages.running_count().id("visits");
        let (new, all) = pages.map_with_state_and_snapshots(|page: &String, _, seen: &mut State<bool>| {
            let first = !seen.exists();
            seen.update(true);
            first.then(|| page.clone())
        }).id("seen");
        new.union(all.keys()).drop_duplicates().unbounded().id("once").print();
        prices.running_reduce(|a, b| a + b).exact().id("sums").print();
        visits.reduce_by_key(u64::max).exact().sink(MemorySink::<(String, u64)>::new()).id("report");
    }
}

#[test]
fn plan_and_contract_show_modifiers() {
    let pipeline = named();
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Named

    stage 0: queue(1 tick), id clicks → pages
    ├─ running_count ⇒ by key, combined before ⇒ stage 2
    └─ map_with_state_and_snapshots ⇒ by key ⇒ stage 3

    stage 1: queue(1 tick) → prices
    └─ running_reduce ⇒ by key ⇒ stage 6

    stage 2: running_count(state grows with the keys), id visits → visits
    └─ reduce_by_key ⇒ by key ⇒ stage 7

    stage 3: map_with_state_and_snapshots(no time-out: state grows with the keys), id seen → new | all
    ├─ new: union ⇒ one to one ⇒ stage 4
    └─ all: keys
       └─ union ⇒ one to one ⇒ stage 4

    stage 4: union of new, new/keys
    └─ drop_duplicates ⇒ by key, combined before ⇒ stage 5

    stage 5: drop_duplicates(state grows with the keys), unbounded, id once
    └─ print(10) ⇒ to the driver

    stage 6: running_reduce(state grows with the keys), exact, id sums
    └─ print(10) ⇒ to the driver

    stage 7: reduce_by_key, exact
    └─ sink(memory()), id report ⇒ to the driver
    ");
    insta::assert_snapshot!(pipeline.contract(), @r"
    output report: sink
    source clicks
    source prices
    state once: drop_duplicates
      group {sweep: i64}
      slot {until: i64}
      key str
      state ()
    state seen: map_with_state_and_snapshots
      slot {expires: i64}
      key str
      state bool
    state sums: running_reduce
      key str
      state f64
    state visits: running_count
      key str
      state u64
    ");
    Engine::test().run(pipeline).expect("it runs");
}

#[test]
fn state_with_an_id_outlives_its_streams_new_name() {
    let input = || queue([vec!["a"], vec!["a", "b"], vec!["b"]]);
    let out = MemorySink::new();
    let first = {
        let (input, out) = (input(), out.clone());
        stream!(move { let counts = source(input).id("words").map(|w| (w, ())).running_count().id("n"); counts.sink(out); })
    };
    let renamed = {
        let (input, out) = (input(), out.clone());
        stream!(move { let totals = source(input).id("words").map(|w| (w, ())).running_count().id("n"); totals.sink(out); })
    };
    let engine = Engine::test();
    let mut job = engine.start(first).expect("it starts");
    job.tick().expect("it runs");
    job.tick().expect("it runs");
    engine.restart(job.crash(), renamed).expect("it starts again").run_to_end().expect("it runs");
    out.assert_batches_sorted([vec![("a", 1)], vec![("a", 2), ("b", 1)], vec![("b", 2)]]);
}

#[test]
fn every_modifier_is_taken_by_some_operator() {
    for modifier in Modifier::ALL {
        assert!(OpKind::ALL.iter().any(|kind| modifier.fits(*kind)), "{modifier:?}");
    }
    let nodes = named().plan().graph().nodes;
    assert!(nodes.iter().any(|n| n.id.is_some()));
    for modifier in [Modifier::Unbounded, Modifier::Exact] {
        assert!(nodes.iter().any(|n| n.modifiers.contains(&modifier)), "{modifier:?}");
    }
}
