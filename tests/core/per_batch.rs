//! Operators on the whole of a tick, those that end a stage, and words: each against a line of iterators.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use millstream::prelude::*;
use proptest::prelude::*;

use crate::support::{at_once, block_on, each, few, lines, numbers, ordered, pairs, sorted};

fn joined(tick: &[i64]) -> String {
    tick.iter().map(|n| format!("{n};")).collect()
}

/// The largest first; equal ones in their order.
fn largest<T: Clone, K: Ord>(tick: &[T], n: usize, by: impl Fn(&T) -> K) -> Vec<T> {
    let mut all = tick.to_vec();
    all.sort_by_key(|x| Reverse(by(x)));
    all.truncate(n);
    all
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn reduce_goes_in_the_order_of_the_source(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).map(|n| format!("{n};")).reduce(|a, b| a + &b).sink(out);
        });
        let model = |t: &[i64]| if t.is_empty() { vec![] } else { vec![joined(t)] };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn borrowed_records_are_reduced(input in lines()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).flat_map(|l| l.split(' ')).reduce(std::cmp::max).sink(out); });
        let model = |t: &[String]| t.iter().flat_map(|l| l.split(' ')).map(String::from).max().into_iter().collect();
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn fold_is_exact(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).fold(1i64, |x, n| x.wrapping_mul(31) ^ n).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| vec![t.iter().fold(1, |x: i64, n| x.wrapping_mul(31) ^ n)]));
    }

    #[test]
    fn aggregate_merges_in_the_order_of_the_source(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).aggregate(String::new(), |s, n| s + &format!("{n};"), |a, b| a + &b).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| vec![joined(t)]));
    }

    #[test]
    fn sort_by_key_is_stable_and_ascending(input in pairs()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).sort_by_key().sink(out); });
        let model = |t: &[(u64, i64)]| { let mut t = t.to_vec(); t.sort_by_key(|(k, _)| *k); t };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn sort_by_key_is_stable_and_descending(input in pairs()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).sort_by_key(Order::Descending).sink(out); });
        prop_assert_eq!(got, each(&input, |t| largest(t, usize::MAX, |(k, _)| *k)));
    }

    #[test]
    fn top_gives_the_largest(input in numbers(), n in 0..6usize) {
        let got = ordered(|out| stream! { source(queue(input.clone())).top(n).sink(out); });
        prop_assert_eq!(got, each(&input, |t| largest(t, n, |x| *x)));
    }

    #[test]
    fn top_by_a_function_keeps_of_equal_ones_the_first(input in pairs(), n in 0..6usize) {
        let got = ordered(|out| stream! { source(queue(input.clone())).top(n, |(k, _)| *k).sink(out); });
        prop_assert_eq!(got, each(&input, |t| largest(t, n, |(k, _)| *k)));
    }

    #[test]
    fn top_of_reduced_pairs(input in lines(), n in 0..3usize) {
        let got = ordered(|out| stream! {
            let counts = source(queue(input.clone())).words().count_by_value();
            counts.top(n, |(word, n)| (*n, Reverse(word.clone()))).sink(out);
        });
        let model = |t: &[String]| {
            let mut counts = std::collections::BTreeMap::<String, u64>::new();
            t.iter().flat_map(|l| l.split_whitespace()).for_each(|w| *counts.entry(w.into()).or_default() += 1);
            largest(&counts.into_iter().collect::<Vec<_>>(), n, |(_, n)| *n)
        };
        prop_assert_eq!(got, each(&input, model));
    }

    #[test]
    fn chunks_hold_all_records_in_order(input in numbers()) {
        let got = ordered(|out| stream! { source(queue(input.clone())).chunks().flatten().sink(out); });
        prop_assert_eq!(got, input);
    }

    #[test]
    fn map_partitions_sees_every_record_once_and_in_order(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).map_partitions(|all| all.into_iter().map(|n| n + 1)).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().map(|n| n + 1).collect()));
    }

    #[test]
    fn repartition_deals_all_records_evenly_to_so_many_tasks(input in numbers(), n in 1..9usize) {
        let got = sorted(|out| stream! { source(queue(input.clone())).repartition(n).sink(out); });
        prop_assert_eq!(got, each(&input, |t| { let mut t = t.to_vec(); t.sort_unstable(); t }));
        // Of one task the first of n gets every n-th, from the first on.
        let out = MemorySink::new();
        Engine::test().partitions(1).run(stream! {
            source(queue(input.clone())).repartition(n).chunks().sink(out.clone());
        }).expect("it runs");
        let dealt = |t: &[i64]| (0..n).map(|i| t.iter().copied().skip(i).step_by(n).collect::<Vec<_>>()).collect();
        prop_assert_eq!(out.batches(), each(&input, dealt));
    }

    #[test]
    fn map_partitions_is_called_once_a_partition_and_tick(input in numbers()) {
        let got = ordered(|out| stream! {
            let calls = source(queue(input.clone())).repartition(3).map_partitions(|all| [all.len()]);
            calls.fold((0, 0), |(calls, records), n| (calls + 1, records + n)).sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| vec![(3, t.len())]));
    }

    #[test]
    fn transform_gets_the_tick_whole(input in numbers()) {
        let got = ordered(|out| stream! {
            source(queue(input.clone())).transform(|batch, tick| [(tick.number, batch)]).sink(out);
        });
        let model: Vec<_> = (0..).zip(&input).map(|(number, tick)| vec![(number, tick.clone())]).collect();
        prop_assert_eq!(got, model);
    }

    #[test]
    fn transform_with_gets_two_ticks_whole(a in numbers(), b in lines()) {
        let got = ordered(|out| stream! {
            let words = source(queue(b.clone()));
            source(queue(a.clone())).transform_with(words.words(), |a, b, tick| Some((tick.number, a, b))).sink(out);
        });
        let model: Vec<_> = (0..a.len().max(b.len())).map(|i| {
            let words = b.get(i).into_iter().flatten().flat_map(|l| l.split_whitespace()).map(String::from);
            vec![(i as u64, a.get(i).cloned().unwrap_or_default(), words.collect::<Vec<_>>())]
        }).collect();
        prop_assert_eq!(got, model);
    }

    #[test]
    fn map_async_keeps_the_order(input in numbers(), limit in 1..5usize) {
        let factor = 3;
        let factor = &factor;
        let got = ordered(|out| stream! {
            source(queue(input.clone()))
                .map_async(limit, |n| async move { for _ in 0..n.rem_euclid(4) { tokio::task::yield_now().await; } n * factor })
                .sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| t.iter().map(|n| n * 3).collect()));
    }

    #[test]
    fn map_async_without_order_gives_all(input in numbers(), limit in 1..5usize) {
        let got = sorted(|out| stream! {
            source(queue(input.clone()))
                .map_async(unordered(limit), |n| async move { for _ in 0..n.rem_euclid(4) { tokio::task::yield_now().await; } -n })
                .sink(out);
        });
        prop_assert_eq!(got, each(&input, |t| { let mut t: Vec<i64> = t.iter().map(|n| -n).collect(); t.sort_unstable(); t }));
    }

    #[test]
    fn words_are_those_of_std(input in lines()) {
        let got = ordered(|out| stream! {
            let lines = source(queue(input.clone()));
            let words: Stream<&str> = lines.words();
            let all = words.map(|w| w.to_string()).union(lines.words_ascii().map(|w| w.to_string()));
            all.union(lines.map(|l| l.to_uppercase()).words().map(|w| w.to_string())).sink(out);
        });
        let model = |t: &[String]| {
            t.iter().flat_map(|l| {
                let twice = l.split_whitespace().chain(l.split_ascii_whitespace()).map(String::from);
                twice.chain(l.split_whitespace().map(str::to_uppercase)).collect::<Vec<_>>()
            }).collect()
        };
        prop_assert_eq!(got, each(&input, model));
    }
}

#[test]
fn ticks_without_records_reduce_to_nothing_and_fold_to_the_beginning() {
    let empty = || queue([vec![], vec![0u8; 0]]);
    assert_eq!(
        ordered(|out| stream! { source(empty()).reduce(u8::max).sink(out); }),
        [Vec::<u8>::new(), vec![]]
    );
    assert_eq!(ordered(|out| stream! { source(empty()).fold(7, |a, b| a + b).sink(out); }), [[7], [7]]);
    assert_eq!(
        ordered(|out| stream! { source(empty()).aggregate(0, |a, b| a + b, |a, b| a + b).sink(out); }),
        [[0], [0]]
    );
    assert_eq!(ordered(|out| stream! { source(empty()).top(3).sink(out); }), [Vec::<u8>::new(), vec![]]);
    assert_eq!(ordered(|out| stream! { source(empty()).transform(|b, _| [b.len()]).sink(out); }), [[0], [0]]);
}

#[test]
fn a_chunk_is_a_partition_as_in_spark() {
    let out = MemorySink::new();
    let pipeline =
        stream! { source(queue([vec![1, 2, 3, 4], vec![5, 6, 7, 8]])).chunks().sink(out.clone()); };
    Engine::test().partitions(2).run(pipeline).expect("it runs");
    out.assert_batches([vec![vec![1, 2], vec![3, 4]], vec![vec![5, 6], vec![7, 8]]]);
}

#[test]
fn the_plan_says_that_an_aggregate_combines_and_a_fold_does_not() {
    let pipeline = stream! {
        let n = source(queue([vec![1]]));
        n.fold(0, |a, b| a + b).print();
        n.aggregate(0, |a, b| a + b, |a, b| a + b).print();
        n.repartition(4).map_async(unordered(2), |n| async move { n }).top(3).print();
    };
    let plan = pipeline.plan().to_string();
    for line in [
        "fold ⇒ to one ⇒ stage 1",
        "aggregate ⇒ to one, combined before ⇒ stage 2",
        "repartition ⇒ round robin ⇒ stage 3",
        "stage 3: repartition(4)",
        "map_async ⇒ one to one ⇒ stage 4",
        "stage 4: map_async(unordered(2))",
        "stage 5: top(3)",
    ] {
        assert!(plan.contains(line), "`{line}` is not in\n{plan}");
    }
}

#[test]
fn map_async_waits_for_so_many_at_a_time() {
    for (limit, expected) in [(1, 1), (3, 3), (100, 10)] {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (now, most) = (&now, &most);
        let work = |n: i32| async move {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            tokio::task::yield_now().await;
            now.fetch_sub(1, SeqCst);
            n
        };
        let pipeline =
            stream! { source(queue([(0..10).collect::<Vec<_>>()])).map_async(limit, work).for_each(drop); };
        Engine::test().partitions(1).run(pipeline).expect("it runs");
        assert_eq!(most.load(SeqCst), expected);
    }
}

#[test]
fn map_async_has_a_runtime_around_it_also_within_another_one() {
    let run = |engine: &dyn Fn(Pipeline<'_>) -> millstream::Result<()>| {
        let out = MemorySink::new();
        let pipeline = stream! {
            source(queue([vec![1, 2], vec![3]]))
                .map_async(2, |n| async move { tokio::spawn(async move { n * 2 }).await.expect("it ends") })
                .sink(out.clone());
        };
        engine(pipeline).expect("it runs");
        out.assert_batches([vec![2, 4], vec![6]]);
    };
    run(&|pipeline| Engine::test().run(pipeline));
    run(&|pipeline| at_once(2).run(pipeline));
    run(&|pipeline| block_on(async { Engine::test().run(pipeline) }));
}

#[test]
fn a_panic_in_a_future_names_the_operator() {
    let pipeline = stream! { <Asks>
        let answers = source(queue([vec![1, 2, 3]])).map_async(2, |n| async move { assert!(n < 3, "no answer to {n}"); n });
        answers.print();
    };
    let error = Engine::test().run(pipeline).expect_err("it panics").to_string();
    assert!(
        error.contains("map_async") && error.contains("answers") && error.contains("no answer to 3"),
        "{error}"
    );
}

#[test]
fn panics_of_functions_behind_an_exchange_name_their_operators() {
    type Make = fn() -> Pipeline<'static>;
    let panics: [(&str, Make); 6] = [
        ("reduce", || stream! { source(queue([vec![1u8, 2]])).reduce(|_, _| panic!("no")).print(); }),
        ("fold", || stream! { source(queue([vec![1u8, 2]])).fold(0, |_, _| panic!("no")).print(); }),
        (
            "aggregate",
            || stream! { source(queue([vec![1u8, 2]])).aggregate(0, |_, _| panic!("no"), |a, _| a).print(); },
        ),
        ("top", || stream! { source(queue([vec![1u8, 2]])).top(1, |_| -> u8 { panic!("no") }).print(); }),
        (
            "map_partitions",
            || stream! { source(queue([vec![1u8, 2]])).map_partitions(|_| -> Vec<u8> { panic!("no") }).print(); },
        ),
        (
            "transform",
            || stream! { source(queue([vec![1u8, 2]])).transform(|_, _| (0..3).inspect(|_| panic!("no"))).print(); },
        ),
    ];
    for (operator, pipeline) in panics {
        let error = Engine::test().run(pipeline()).expect_err("it panics").to_string();
        assert!(error.contains(&format!("`{operator}`")) && error.contains("no"), "{operator}: {error}");
    }
}

#[test]
fn numbers_that_no_operator_can_mean_are_refused_when_the_pipeline_is_run() {
    let refusal = |pipeline: Pipeline<'_>| match Engine::test().run(pipeline) {
        Err(millstream::Error::Config(message)) => message,
        other => panic!("{other:?}"),
    };
    let (none, many) = (0, 129);
    let message = refusal(stream! { let dealt = source(queue([vec![1]])).repartition(many); dealt.print(); });
    assert_eq!(message, "`dealt/repartition` deals records to 1 to 128 tasks, and was given 129");
    let message = refusal(stream! {
        let answers = source(queue([vec![1]])).map_async(unordered(none), |n| async move { n });
        answers.print();
    });
    assert_eq!(message, "`answers/map_async` waits for 1 record or more at a time, and was given 0");
}

#[test]
fn pipelines_that_own_what_they_capture_may_use_all_of_them() {
    let (offset, out) = (5i64, MemorySink::new());
    let pipeline = stream!(move {
        let n = source(queue([vec![1i64, 2]]));
        let all = n.map_async(2, |n| async move { n + offset }).reduce(|a, b| a + b + offset);
        all.fold(offset, |a, b| a + b + offset).top(1, |n| n + offset).transform(|b, _| b.into_iter().map(move |n| n + offset))
            .sink(out.clone());
    });
    let run =
        |pipeline: Pipeline<'static>| Engine::test().start(pipeline).and_then(|mut job| job.run_to_end());
    run(pipeline).expect("it runs");
    out.assert_batches([[6 + 7 + 5 + 5 + 5 + 5]]);
}

#[test]
fn words_of_a_borrowed_text_outlive_its_record() {
    let got = ordered(|out| {
        stream! {
            let lines = source(queue([vec!["a b", "c"]]));
            lines.words().union(lines.words_ascii()).sink(out);
        }
    });
    assert_eq!(got, [["a", "b", "a", "b", "c", "c"]]);
}
