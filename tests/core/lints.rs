//! Pipelines of all operators under strict lints: none may fire on what the macro adds. Whoever adds an operator adds it
//! here.

#![deny(
    warnings,
    unused,
    nonstandard_style,
    rust_2018_idioms,
    let_underscore,
    keyword_idents,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unexpected_cfgs,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::clone_on_ref_ptr,
    clippy::dbg_macro,
    clippy::default_numeric_fallback,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::str_to_string,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
#![allow(clippy::redundant_pub_crate, reason = "it contradicts rustc's `unreachable_pub`")]

mod timed_joins;
mod unfinished;

use millstream::prelude::{
    Emit, Key, MemorySink, Order, Pipeline, State, StateSpec, Table, from_iter, queue, refreshed_table, secs,
    stream, unordered,
};
use millstream::source::{Lines, Source};
use millstream_plan::OpKind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
pub(crate) struct Page {
    site: String,
    path: Option<String>,
}

/// Another, with fields of all kinds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Key)]
pub(crate) enum Event<T> {
    /// No fields.
    Nothing,
    /// Named ones.
    View {
        /// Where.
        page: Page,
    },
    /// Unnamed ones.
    Click(T, T),
}

type Pairs = MemorySink<(String, u64)>;

fn word_count(input: impl Source<Batch = Lines>, without: &[&str], out: &Pairs) -> Pipeline<'static> {
    let stopwords: Vec<String> = without.iter().copied().map(String::from).collect();
    stream!(move { <WordCount>
        let lines = source(input);
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words
            .filter(|w| !stopwords.iter().any(|s| s == w))
            .map(|w| (w, 1_u64))
            .reduce_by_key(|a, b| a + b);
        counts.print();
        counts.sink(out.clone());
    })
}

fn fan_out<'a>(limit: &'a u64, out: &MemorySink<u64>) -> Pipeline<'a> {
    stream! {
        /// Numbers from nowhere.
        let n = source(from_iter(0_u64..10));
        n.filter(|n| n < limit).filter(|n| *n > 1).sink(out.clone());
        n.filter(|n| *n >= *limit).map(|n| n * 2).print(3);
        n.count().sink(out.clone());
    }
}

fn both_sides(out: &MemorySink<u64>) -> Pipeline<'static> {
    stream! {
        let numbers: Stream<u64> = source(queue([vec![1_u64, 20]]));
        let (small, large) = numbers.split(|n| *n < 10);
        let all = small.map(|n| n + 1).union(large).union(small);
        for i in 0..3_u64 {
            all = all.map(|n| n * 2).filter(|n| n % 7 != 3);
            all = all.filter_map(|n| n.checked_add(i)).inspect(|n| drop(n.to_string()));
        }
        all.sink(out.clone());
    }
}

fn bad_records(out: &MemorySink<String>, good: &MemorySink<(bool, u64)>) -> Pipeline<'static> {
    stream! {
        let (numbers, bad) = source(queue([vec!["1", "x"]])).try_map(|s| s.parse::<u64>());
        bad.map(|b| format!("{}: {}", b.record, b.error)).sink(out.clone());
        numbers.key_by(|n| n % 2 == 0).map_values(|n| n + 1).reduce_by_key(u64::max).sink(good.clone());
    }
}

fn two_sources<'a>(sum: &'a mut u64, ticks: &'a mut Vec<u64>) -> Pipeline<'a> {
    stream! {
        let a = source(queue([vec![1_u64]]));
        let b = source(queue([vec![2_u64]])).map(|n| n + 1);
        let both = a.union(b);
        both.for_each(|n| *sum += n);
        both.for_each_batch(|batch, tick| {
            let len = u64::try_from(batch.len())?;
            ticks.push(len + tick.number);
            Ok::<(), std::num::TryFromIntError>(())
        });
    }
}

fn keys(out: &MemorySink<(Event<u8>, u64)>) -> Pipeline<'static> {
    let page = Page { site: "s".to_owned(), path: None };
    stream!(move {
        let events = source(queue([vec![Event::Nothing, Event::View { page }, Event::Click(1_u8, 2_u8)]]));
        events.count_by_value().sink(out.clone());
    })
}

fn unused_streams(out: &MemorySink<usize>) -> Pipeline<'static> {
    stream! {
        let (long, _) = source(queue([vec!["a", "bcd"]])).split(|w| w.len() > 1);
        let _upper = long.map(str::to_uppercase);
        long.map(str::len).sink(out.clone());
    }
}

fn whole_ticks<'a>(factor: &'a u64, out: &MemorySink<u64>) -> Pipeline<'a> {
    stream! {
        let n = source(from_iter(0_u64..10));
        let sums = n.reduce(|a, b| a + b).fold(0_u64, |a, b| a + b * *factor);
        let combined = n.aggregate(0_u64, |a, b| a + b * *factor, |a, b| a + b);
        let asked = n.map_async(unordered(3), move |n| async move { n * factor }).map_async(2, |n| async move { n + 1 });
        let largest = asked.top(3).top(2, |n| n * *factor).repartition(2);
        let lengths = n.chunks().map(|chunk| chunk.len() as u64).map_partitions(|all| all.into_iter().rev());
        let sorted = n.key_by(|n| n % 3).sort_by_key().values();
        let last = n.key_by(|n| n % 3).sort_by_key(Order::Descending).transform(|all, _| all.into_iter().map(|(_, n)| n).next_back());
        let both = sums.transform_with(combined, |a, b, tick| [a.len() as u64, b.len() as u64, tick.number]);
        both.union(largest).union(lengths).union(sorted).union(last).sink(out.clone());
    }
}

fn pairs(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    stream! {
        let pairs = source(queue([vec![("a", 1_u64), ("b", 2)]]));
        let more = pairs.flat_map_values(|n| [n, n + 1]).filter_values(|n| *n > 1);
        let lists = more.map(|(w, n)| vec![(w, n)]).flatten();
        let known = pairs.join_table(Table::from_iter([("a", 3_u64)])).map_values(|(n, m)| n + m);
        let all = pairs.left_outer_join_table(Table::from_iter([("a", 3_u64)])).map_values(|(n, m)| n + m.unwrap_or(0));
        let folded = lists.union(known).union(all).fold_by_key(0_u64, |sum, n| sum + n);
        let sums = folded.aggregate_by_key(0_u64, |sum, n| sum + n, |a, b| a + b);
        let groups = sums.group_by_key().map_values(|group| group.len() as u64);
        sums.union(groups).distinct().sink(out.clone());
    }
}

fn joins(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    stream! {
        let a = source(queue([vec![("a", 1_u64), ("b", 2)]]));
        let b = source(queue([vec![("a", 3_u64)]]));
        let inner = a.join(b).map_values(|(a, b)| a + b);
        let left = a.left_outer_join(b).map_values(|(a, b)| a + b.unwrap_or(0));
        let right = a.right_outer_join(b).map_values(|(a, b)| a.unwrap_or(0) + b);
        let full = a.full_outer_join(b).map_values(|(a, b)| a.unwrap_or(0) + b.unwrap_or(0));
        let semi = a.left_semi_join(b).union(a.left_anti_join(b));
        let groups = a.cogroup(b).map_values(|(a, b)| (a.len() + b.len()) as u64);
        inner.union(left).union(right).union(full).union(semi).union(groups).sink(out.clone());
    }
}

fn with_state<'a>(first: &'a u64, out: &MemorySink<(String, u64)>) -> Pipeline<'a> {
    stream! {
        let pairs = source(queue([vec![("a", 1_u64), ("a", 2)], vec![("b", 3)]]));
        let counts = pairs.running_count();
        let sums = pairs.running_reduce(|a, b| a + b);
        let folds = pairs.running_fold(0_u64, |sum, n| sum + n * *first);
        let updated = pairs.update_state_by_key(|new, old: Option<u64>| Some(new.len() as u64 + old.unwrap_or(*first)));
        let with = pairs.update_state_by_key_with(|_, _, old: Option<u64>, tick| Some(old.unwrap_or(tick.number)), [("c", 4_u64)]);
        let mapped = pairs.map_with_state(|key: &String, n, state: &mut State<u64>| {
            let all = n? + state.get().copied().unwrap_or(*first);
            state.update(all);
            Some((key.clone(), all))
        });
        let (_, snapshots) = pairs.map_with_state_and_snapshots(
            |_, n, state: &mut State<u64>| {
                state.update(n?);
                Some(())
            },
            StateSpec::new().timeout(secs(3)).initial([("d", 5_u64)]),
        );
        let new = pairs.drop_duplicates().unbounded().drop_duplicates_by_key(secs(9)).map(|(w, n)| (w.clone(), n));
        let all = counts.union(sums).union(folds).union(updated).union(with).union(mapped).union(snapshots);
        all.union(new).sink(out.clone());
    }
}

fn windows(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    stream! {
        let pairs = source(queue([vec![("a", 1_u64)], vec![("b", 2)]]));
        let sums = pairs.reduce_by_key_and_window(|a, b| a + b, secs(2));
        let kept = pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2), secs(1));
        let groups = pairs.group_by_key_and_window(secs(2)).map_values(|group| group.len() as u64);
        let counts = pairs.keys().count_by_value_and_window(secs(2));
        sums.union(kept).union(groups).union(counts).union(pairs.window(secs(2))).sink(out.clone());
        let n = pairs.values();
        let lengths = n.count_by_window(secs(2)).union(n.reduce_by_window(|a, b| a + b, secs(2)));
        let taken_off = n.reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, secs(2));
        lengths.union(taken_off).map(|n| (String::new(), n)).sink(out.clone());
    }
}

fn outputs<'a>(folder: &std::path::Path, size: &'a AtomicUsize) -> Pipeline<'a> {
    stream! {
        let words = source(queue([vec![("a", 1_u64)]])).keys();
        words.save_as_text_files(folder.join("words"), "txt");
        words.for_each_partition(|all, partition, tick| {
            let number = usize::try_from(tick.number)?;
            size.store(all.len() + partition + number, Ordering::Relaxed);
            Ok::<(), std::num::TryFromIntError>(())
        });
    }
}

fn words(out: &MemorySink<String>) -> Pipeline<'static> {
    stream! {
        let lines = source(queue([vec!["a b", "c"]]));
        lines.words().union(lines.words_ascii()).sink(out.clone());
    }
}

fn times(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    stream! {
        let events = source(queue([vec![("a", 1_u64), ("b", 12)], vec![("a", 2), ("b", 40)]]));
        let timed = events.event_time(|(_, second)| 1000 * second, secs(5)).idle_after(secs(60));
        let (counts, late) = timed.tumbling(secs(10)).allowed_lateness(secs(1)).emit(Emit::Append).count_by_key();
        let sums = timed.sliding(secs(10), secs(5)).reduce_by_key(|a, b| a + b);
        let folds = timed.session(secs(5)).fold_by_key(0_u64, |sum, n| sum + n);
        let several = timed.tumbling(secs(20)).aggregate_by_key((sum(|n| *n), top(1)));
        let groups = timed.tumbling(secs(30)).group_by_key();
        counts.map(|(_, key, n)| (key, n)).union(sums.map(|(_, key, n)| (key, n))).sink(out.clone());
        folds.map(|(_, key, n)| (key, n)).union(several.map(|(_, key, (n, _))| (key, n))).sink(out.clone());
        groups.filter_map(|(_, key, all)| all.first().map(|n| (key, *n))).union(late).sink(out.clone());
        timed.drop_duplicates_within_watermark(secs(5)).sink(out.clone());
        timed.drop_duplicates_by_key_within_watermark(secs(5)).sink(out.clone());
    }
}

fn in_time(out: &MemorySink<(String, u64)>) -> Pipeline<'static> {
    let load = |version| Ok::<_, std::io::Error>(Table::from_iter([("a", version)]));
    let table = refreshed_table(secs(5), |_| Ok::<_, std::io::Error>(1), load);
    stream! {
        let timed = source(queue([vec![("a", 1_u64), ("b", 12)]])).event_time(|(_, second)| 1000 * second, secs(5));
        let others = source(queue([vec![("a", 1_u64), ("b", 12)]])).event_time(|(_, second)| 1000 * second, secs(5));
        let near = timed.join_as_of(others, secs(5));
        let newest = timed.join_latest(others).union(timed.join_as_of(others)).union(near);
        let outer = timed.left_outer_join_latest(others).union(timed.left_outer_join_as_of(others));
        let rated = timed.join_table(table).map(|(key, both)| (key.to_owned(), both));
        newest.union(rated).map_values(|(a, b)| a + b).sink(out.clone());
        outer.map_values(|(a, b)| a + b.unwrap_or(0)).sink(out.clone());
        timed.lag().map_values(|(a, b)| a.unwrap_or(0) + b).union(timed.delta(|a, b| b - a)).sink(out.clone());
        timed.sessionize(secs(9)).map(|(_, key, n)| (key, n)).sink(out.clone());
    }
}

fn whole_windows<'a>(limit: &'a u64, out: &MemorySink<u64>) -> Pipeline<'a> {
    stream! {
        let n = source(queue([vec![1_u64, 12], vec![2, 40]])).event_time(|second| 1000 * second, secs(5));
        let all = n.global().count().union(n.tumbling(secs(7)).reduce(|a, b| a + b));
        let others = n.tumbling(secs(8)).fold(0_u64, |sum, n| sum + n).union(n.tumbling(secs(9)).aggregate(count()));
        all.union(others).map(|(_, n)| n).sink(out.clone());
        let tops = n.tumbling(secs(11)).top(2, |n| limit.wrapping_sub(*n)).union(n.tumbling(secs(12)).collect());
        tops.flat_map(|(_, all)| all).sink(out.clone());
    }
}

/// A record that is neither `Copy` nor `Clone`.
#[derive(Debug)]
struct Single(u64);

fn moved_records(out: &MemorySink<u64>) -> Pipeline<'static> {
    stream! {
        let single = source(queue([vec![1_u64]])).map(Single).filter(|s| s.0 > 0).inspect(|_| ());
        single.map(|s| s.0).sink(out.clone());
    }
}

#[test]
fn pipelines_under_strict_lints_run_too() -> millstream::Result<()> {
    let used = std::cell::RefCell::new(Vec::new());
    let run = |pipeline: Pipeline<'_>| {
        for node in pipeline.plan().graph().nodes {
            used.borrow_mut().push(node.kind);
            used.borrow_mut().extend(node.body);
        }
        millstream::Engine::test().run(pipeline)
    };
    let counts = MemorySink::new();
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("a.txt");
    std::fs::write(&text, "the mill a mill\n")?;
    run(word_count(millstream::source::text_files(&text), &["the", "a"], &counts))?;
    counts.assert_batches([[("mill", 2_u64)]]);

    let limit = 5_u64;
    let numbers = MemorySink::new();
    run(fan_out(&limit, &numbers))?;
    numbers.assert_batches([[2_u64, 3, 4, 10]]);
    numbers.clear();
    run(both_sides(&numbers))?;
    let strings = MemorySink::new();
    run(bad_records(&strings, &MemorySink::new()))?;
    strings.assert_batches([["x: invalid digit found in string"]]);
    let (mut sum, mut ticks) = (0_u64, Vec::new());
    run(two_sources(&mut sum, &mut ticks))?;
    assert_eq!((sum, ticks), (4_u64, vec![2_u64]));
    let events = MemorySink::new();
    run(keys(&events))?;
    assert_eq!(events.records().len(), 3);
    run(unused_streams(&MemorySink::new()))?;
    numbers.clear();
    run(whole_ticks(&limit, &numbers))?;
    numbers.assert_batches([[1_u64, 1, 0, 46, 41, 10, 0, 3, 6, 9, 1, 4, 7, 2, 5, 8, 9]]);
    strings.clear();
    run(words(&strings))?;
    strings.assert_batches([["a", "b", "a", "b", "c", "c"]]);
    numbers.clear();
    run(moved_records(&numbers))?;
    numbers.assert_batches([[1_u64]]);
    let pairs_out = MemorySink::new();
    run(pairs(&pairs_out))?;
    pairs_out.assert_batches_sorted([[("a", 1_u64), ("a", 10), ("b", 1), ("b", 7)]]);
    pairs_out.clear();
    run(joins(&pairs_out))?;
    assert_eq!(pairs_out.records().len(), 10);
    pairs_out.clear();
    run(with_state(&limit, &pairs_out))?;
    assert_eq!(pairs_out.batches().len(), 2);
    pairs_out.clear();
    run(windows(&pairs_out))?;
    assert!(pairs_out.records().contains(&("a".to_owned(), 1_u64)));
    pairs_out.clear();
    run(times(&pairs_out))?;
    assert!(pairs_out.records().contains(&("a".to_owned(), 2_u64)));
    pairs_out.clear();
    run(in_time(&pairs_out))?;
    let joins_out = MemorySink::new();
    run(timed_joins::in_event_time(&joins_out))?;
    assert!(!joins_out.records().is_empty());
    assert_eq!(pairs_out.records().len(), 15);
    numbers.clear();
    run(whole_windows(&limit, &numbers))?;
    assert!(numbers.records().contains(&4_u64));
    let size = AtomicUsize::new(0);
    run(outputs(folder.path(), &size))?;
    assert_eq!(size.into_inner(), 1);
    assert!(unfinished::pairs().plan().to_string().contains("flat_map_values"));
    assert!(unfinished::records().plan().to_string().contains("flat_map"));

    for kind in OpKind::ALL {
        assert!(used.borrow().contains(kind), "`{}` is in none of the pipelines here", kind.name());
    }
    Ok(())
}
