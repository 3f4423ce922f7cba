//! Windows whose records cross in parts: against the same windows beside their late records, which cross as they are.

use millstream::prelude::*;
use millstream::{Emit, Window};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::few;

/// A key that does not lie inline in a table, a time, and a number.
type Record = (String, i64, i64);

fn ticks() -> impl Strategy<Value = Vec<Vec<Record>>> {
    let record = (0u8..5, 0i64..40, -9i64..10);
    vec(vec(record, 0..30), 1..6).prop_map(|ticks| {
        let named = |(tick, (key, time, number)): (usize, (u8, i64, i64))| {
            (format!("the name of the key number {key}"), time + 15 * tick as i64, number)
        };
        let tick = |(n, tick): (usize, Vec<_>)| tick.into_iter().map(|record| named((n, record))).collect();
        ticks.into_iter().enumerate().map(tick).collect()
    })
}

type Of = (u64, i64, i64, i64, f64);

/// The batches of one pipeline in parts, and of one that has late records.
macro_rules! both_ways {
    ($ticks:expr, $partitions:expr, |$stream:ident| $($windows:tt)+) => {{
        let (parts, singly, late) = (MemorySink::new(), MemorySink::new(), MemorySink::new());
        let (sink, other, gone) = (parts.clone(), singly.clone(), late.clone());
        let (ticks, again) = ($ticks.clone(), $ticks.clone());
        let in_parts = stream! {
            let $stream = source(queue(ticks)).event_time(|(_, time, _)| *time, millis(3)).map(|(key, _, n)| (key, n));
            $($windows)+.aggregate_by_key((count(), sum(|n| *n), min(|n| *n), max(|n| *n), mean(|n| *n))).sink(sink);
        };
        let as_they_are = stream! {
            let $stream = source(queue(again)).event_time(|(_, time, _)| *time, millis(3)).map(|(key, _, n)| (key, n));
            let (results, late) =
                $($windows)+.aggregate_by_key((count(), sum(|n| *n), min(|n| *n), max(|n| *n), mean(|n| *n)));
            results.sink(other);
            late.sink(gone);
        };
        prop_assert!(in_parts.plan().to_string().contains("by key, combined before"));
        prop_assert!(!as_they_are.plan().to_string().contains("combined before"));
        Engine::test().partitions($partitions).run(in_parts).expect("it runs");
        Engine::test().run(as_they_are).expect("it runs");
        let _: &MemorySink<(Window, String, Of)> = &parts;
        prop_assert_eq!(parts.batches(), singly.batches());
    }};
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn tumbling_windows_in_parts(ticks in ticks(), partitions in 1usize..6) {
        both_ways!(ticks, partitions, |values| values.tumbling(millis(10)).allowed_lateness(millis(4)));
    }

    #[test]
    fn sliding_windows_in_parts(ticks in ticks(), partitions in 1usize..6) {
        both_ways!(ticks, partitions, |values| values.sliding(millis(12), millis(4)).emit(Emit::Update));
    }

    #[test]
    fn sessions_in_parts(ticks in ticks(), partitions in 1usize..6) {
        both_ways!(ticks, partitions, |values| values.session(millis(3)));
    }
}

#[test]
fn the_plan_says_what_crosses_in_parts() {
    let plan = |pipeline: Pipeline<'_>| pipeline.plan().to_string();
    macro_rules! plan_of {
        (|$stream:ident| $($chain:tt)+) => {
            plan(stream! {
                let $stream = source(queue([vec![(1u64, 2u64)]])).event_time(|(time, _)| *time, secs(1));
                $($chain)+.print();
            })
        };
    }
    for combined in [
        plan_of!(|pairs| pairs.tumbling(secs(10)).count()),
        plan_of!(|pairs| pairs.tumbling(secs(10)).reduce_by_key(|a, b| a + b)),
        plan_of!(|pairs| pairs.sliding(secs(10), secs(5)).aggregate((count(), max_by(|(_, n)| *n), top(3)))),
        plan_of!(|pairs| pairs.global().emit(Emit::Update).aggregate_by_key(mean(|n| *n))),
        plan_of!(|pairs| pairs.session(secs(10)).aggregate_by_key((count(), max(|n| *n)))),
    ] {
        assert!(combined.contains("combined before"), "{combined}");
    }
    for apart in [
        // Floats round.
        plan_of!(|pairs| pairs.tumbling(secs(10)).aggregate(sum(|(_, n)| *n as f64))),
        plan_of!(|pairs| pairs.tumbling(secs(10)).aggregate((count(), mean(|(_, n)| *n as f32)))),
        // Two folds are no fold.
        plan_of!(|pairs| pairs.tumbling(secs(10)).fold_by_key(0u64, |a, b| a + b)),
        plan_of!(|pairs| pairs.tumbling(secs(10)).aggregate_by_key((count(), collect()))),
        // Sessions may grow into one that lie before and behind others.
        plan_of!(|pairs| pairs.session(secs(10)).reduce_by_key(|a, b| a + b)),
    ] {
        assert!(!apart.contains("combined before"), "{apart}");
    }
}
