//! Plans of pipelines, as their users see them.

mod drawn;

use millstream::prelude::*;
use millstream::sink::text_file_sink;

fn word_count() -> Pipeline<'static> {
    stream! { <WordCount>
        let lines = source(text_socket("127.0.0.1:7777"));
        let words = lines.flat_map(|line| line.split_whitespace());
        /// How often each word came
        /// in the last second.
        let counts = words.filter(|w| w.len() > 3).map(|w| (w, 1u64)).reduce_by_key(|a, b| a + b);
        counts.print();
    }
}

fn split_and_union() -> Pipeline<'static> {
    stream! {
        let (small, large) = source(queue([vec![1, 20], vec![]])).split(|n| *n < 10);
        let all = small.map(|n| n * 100).union(large);
        all.count().print(1);
        all.for_each(|_| ());
    }
}

#[test]
fn a_word_count_is_two_stages() {
    insta::assert_snapshot!(word_count().plan(), @r"
    pipeline WordCount

    stage 0: text_socket(127.0.0.1:7777) → lines
    │  flat_map → words
    │  filter
    │  map
    └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

    stage 1: reduce_by_key → counts
    │    // How often each word came in the last second.
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn engines_add_what_depends_on_them() {
    insta::assert_snapshot!(Engine::local().partitions(8).explain(&word_count()), @r"
    pipeline WordCount
    guarantee: each record once within a run; a restart starts over, because there is no checkpoint; with one, at-least-once, because `print` (print(10)) on `counts` shows a tick again that runs again; exactly-once from the log on for what `lines` (text_socket(127.0.0.1:7777)) gives: what it has received and is not logged yet may be lost
    partitions: 8
    trigger: every 1s

    stage 0: text_socket(127.0.0.1:7777) → lines
    │  flat_map → words
    │  filter
    │  map
    └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

    stage 1: reduce_by_key → counts
    │    // How often each word came in the last second.
    └─ print(10) ⇒ to the driver
    ");
    let replayable = stream! { source(queue([vec![1]])).sink(MemorySink::new()); };
    insta::assert_snapshot!(Engine::local().partitions(2).trigger(Trigger::Eager).explain(&replayable), @r"
    pipeline
    guarantee: each record once within a run; a restart starts over, because there is no checkpoint
    partitions: 2
    trigger: eager

    stage 0: queue(1 tick)
    └─ sink(memory()) ⇒ to the driver
    ");
}

#[test]
fn a_stream_with_several_consumers_forks() {
    let pipeline = stream! {
        let lines = source(text_files("logs/*.log"));
        let words = lines.flat_map(|l| l.split(' '));
        words.count_by_value().print(20);
        words.filter(|w| w.starts_with('E')).sink(text_file_sink("out/errors"));
        lines.count().print();
    }
    .named("Logs");
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Logs

    stage 0: text_files(logs/*.log) → lines
    ├─ flat_map → words
    │  ├─ count_by_value ⇒ by key, combined before ⇒ stage 1
    │  └─ filter
    │     └─ sink(text_file_sink(out/errors-TIME)) ⇒ to the driver
    └─ count ⇒ to one, combined before ⇒ stage 2

    stage 1: count_by_value
    └─ print(20) ⇒ to the driver

    stage 2: count
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn two_sources_unite_in_a_stage_of_their_own() {
    let pipeline = stream! { <Merged>
        let web = source(queue([vec!["a"]]));
        let app = source(from_iter(["b"]));
        /// From everywhere.
        let all = web.map(|l| l.trim()).union(app);
        all.count_by_value().sink(MemorySink::new());
        all.for_each_batch(|_, _| ());
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Merged

    stage 0: queue(1 tick) → web
    │  map
    └─ union ⇒ one to one ⇒ stage 2

    stage 1: from_iter() → app
    └─ union ⇒ one to one ⇒ stage 2

    stage 2: union of all/map, app → all
    │    // From everywhere.
    ├─ count_by_value ⇒ by key, combined before ⇒ stage 3
    └─ for_each_batch ⇒ to the driver

    stage 3: count_by_value
    └─ sink(memory()) ⇒ to the driver
    ");
}

#[test]
fn a_split_joins_again_within_its_stage() {
    insta::assert_snapshot!(split_and_union().plan(), @r"
    pipeline

    stage 0: queue(2 ticks)
    │  split → small | large
    ├─ small: map
    │  │  union of all/map, large → all
    │  ├─ count ⇒ to one, combined before ⇒ stage 1
    │  └─ for_each ⇒ to the driver
    └─ large: into the union of all/map, large above

    stage 1: count
    └─ print(1) ⇒ to the driver
    ");
}

#[test]
fn a_for_shows_its_body_once_however_often_it_runs() {
    let n = 1_000_000;
    let pipeline = stream! {
        let s = source(queue([vec![1u64]]));
        /// Smoothed.
        for _ in 0..n { s = s.map(|x| x / 2 + 1); s = s.filter(|x| *x > 0).inspect(|_| ()); }
        s.print();
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline

    stage 0: queue(1 tick) → s
    │  for → s
    │    ↻ map
    │    ↻ filter
    │    ↻ inspect
    │    // Smoothed.
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn several_sources_and_sinks_stand_apart() {
    let pipeline = stream! { <Shop>
        let orders = source(text_files(["orders.csv", "more.csv"]));
        let clicks = source(stdin());
        let (good, bad) = orders.try_map(|l| l.parse::<u64>());
        bad.map(|b| b.record).sink(text_file_sink("out/bad"));
        let totals = good.key_by(|n| n % 10).reduce_by_key(u64::wrapping_add);
        totals.sink(MemorySink::new());
        totals.for_each(|_| ());
        clicks.filter_map(|l| l.split_once(' ')).print(5);
    };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline Shop

    stage 0: text_files(orders.csv, more.csv) → orders
    │  try_map → good | bad
    ├─ good: key_by
    │  └─ reduce_by_key ⇒ by key, combined before ⇒ stage 2
    └─ bad: map
       └─ sink(text_file_sink(out/bad-TIME)) ⇒ to the driver

    stage 1: stdin() → clicks
    │  filter_map
    └─ print(5) ⇒ to the driver

    stage 2: reduce_by_key → totals
    ├─ sink(memory()) ⇒ to the driver
    └─ for_each ⇒ to the driver
    ");
}

#[test]
fn a_stream_by_a_raw_identifier_has_its_plain_name() {
    let pipeline = stream! { let r#type = source(queue([vec![1]])); r#type.print(); };
    insta::assert_snapshot!(pipeline.plan(), @r"
    pipeline

    stage 0: queue(1 tick) → type
    └─ print(10) ⇒ to the driver
    ");
}

#[test]
fn a_pipelines_debug_form_is_its_plan() {
    let pipeline = word_count();
    assert_eq!(format!("{pipeline:?}"), pipeline.plan().to_string());
}
