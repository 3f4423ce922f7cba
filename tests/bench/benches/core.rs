//! `cargo bench`: word count, words, grep and chains of maps. `cargo bench -- grep` runs the workloads whose name holds `grep`;
//! `MILLSTREAM_BENCH_MB` is the size of the text (1000).

use std::hint::black_box;

use millstream_bench::harness::{Row, compare, summary};
use millstream_bench::{
    chain, checkpoints, data, grep, joins, nexmark, on_timely, state, windows, word_count, words,
};

/// About 8 MB a tick.
const TICK: u64 = 8 << 20;

fn main() {
    let filters: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|f| name.contains(f));
    let megabytes = std::env::var("MILLSTREAM_BENCH_MB").ok().and_then(|m| m.parse().ok()).unwrap_or(1000);
    let rounds = std::env::var("MILLSTREAM_BENCH_ROUNDS").ok().and_then(|m| m.parse().ok()).unwrap_or(5);
    let text = data::text(megabytes * 1_000_000);
    let bytes = text.metadata().map_or(0, |m| m.len());
    let lines = data::lines_in(&text);
    let mut results = Vec::new();
    if wanted("word count") {
        results.extend(compare(
            "word count, split(' ')",
            rounds,
            lines,
            bytes,
            vec![
                Row::new("by hand", || word_count::by_hand(&text, TICK)),
                Row::new("millstream", || word_count::millstream(&text, TICK)),
                Row::new("timely", || on_timely::word_count(&text, TICK)),
            ],
        ));
    }
    if wanted("words") {
        results.extend(compare(
            "words",
            rounds,
            lines,
            bytes,
            vec![
                Row::new("by hand", || words::by_hand(&text, TICK)),
                Row::new("split(' ')", || words::split(&text, TICK)),
                Row::new("split_whitespace", || words::split_whitespace(&text, TICK)),
                Row::new("words", || words::words(&text, TICK)),
                Row::new("words_ascii", || words::words_ascii(&text, TICK)),
            ],
        ));
        results.extend(compare(
            "word count by its splitter",
            rounds,
            lines,
            bytes,
            vec![
                Row::new("by hand", || word_count::by_hand(&text, TICK)),
                Row::new("split(' ')", || words::count_split(&text, TICK)),
                Row::new("split_whitespace", || words::count_split_whitespace(&text, TICK)),
                Row::new("words", || words::count_words(&text, TICK)),
                Row::new("words_ascii", || words::count_words_ascii(&text, TICK)),
            ],
        ));
    }
    if wanted("sliding") {
        results.extend(compare(
            "word count, 30 s every 10 s",
            rounds,
            lines,
            bytes,
            vec![
                Row::new("by hand", || windows::by_hand(&text, TICK)),
                Row::new("millstream", || windows::millstream(&text, TICK)),
                Row::new("with an inverse", || windows::with_inverse(&text, TICK)),
            ],
        ));
    }
    if wanted("slides") {
        // Not a row: it is held against itself.
        for inverse in [false, true] {
            let [few, many] = [10, 3600].map(|slides| windows::cost_of_a_tick(slides, 10_000, 3700, inverse));
            println!(
                "a tick of 10 k keys, {}: {few:?} in a window of 10 slides, {many:?} in one of 3,600: {:.2} times",
                if inverse { "with an inverse" } else { "without an inverse" },
                many.as_secs_f64() / few.as_secs_f64()
            );
        }
    }
    if wanted("grep") {
        results.extend(compare(
            "grep",
            rounds,
            lines,
            bytes,
            vec![
                Row::new("by hand", || grep::by_hand(&text, TICK)),
                Row::new("millstream", || grep::millstream(&text, TICK)),
                Row::new("timely", || on_timely::grep(&text, TICK)),
            ],
        ));
    }
    let numbers = |n: u64| (n, n * 8);
    if wanted("1 map") {
        let (n, b) = numbers(2_000_000_000);
        results.extend(compare(
            "chain of 1 map",
            rounds,
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand::<1>(n, 10_000_000)),
                Row::new("millstream", || chain::maps_1(n, 10_000_000)),
            ],
        ));
    }
    if wanted("10 maps") {
        let (n, b) = numbers(500_000_000);
        results.extend(compare(
            "chain of 10 maps",
            rounds,
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand::<10>(n, 10_000_000)),
                Row::new("millstream", || chain::maps_10(n, 10_000_000)),
            ],
        ));
        results.extend(compare(
            "for, 10 times",
            rounds,
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_looped(black_box(10), n, 10_000_000)),
                Row::new("millstream", || chain::looped(black_box(10), n, 10_000_000)),
            ],
        ));
    }
    if wanted("100 maps") {
        let (n, b) = numbers(50_000_000);
        results.extend(compare(
            "chain of 100 maps",
            rounds,
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_100(n, 10_000_000)),
                Row::new("millstream", || chain::maps_100(n, 10_000_000)),
            ],
        ));
        results.extend(compare(
            "for, 100 times",
            rounds,
            n,
            b,
            vec![
                Row::new("by hand", || chain::by_hand_looped(black_box(100), n, 10_000_000)),
                Row::new("millstream", || chain::looped(black_box(100), n, 10_000_000)),
            ],
        ));
    }
    let (left, right) = (10_000_000, 1_000_000);
    if wanted("join") {
        results.extend(compare(
            "join, 10 M with 1 M",
            rounds,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::join_by_hand(left, right)),
                Row::new("millstream", || joins::join(left, right)),
            ],
        ));
    }
    if wanted("table") {
        let (open, table) = (joins::open_table(right), joins::table(right));
        results.extend(compare(
            "join_table, 10 M with 1 M",
            rounds,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::look_up_by_hand(left, right, &open)),
                Row::new("millstream", || joins::look_up(left, right, &table)),
            ],
        ));
    }
    if wanted("group") {
        results.extend(compare(
            "group, 10 M of 1 M keys",
            rounds,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::group_by_hand(left, right)),
                Row::new("millstream", || joins::group(left, right)),
            ],
        ));
    }
    let (total, keys, tick) = (20_000_000, 1_000_000, 1_000_000);
    if wanted("map_with_state") {
        results.extend(compare(
            "map_with_state, 1 M keys",
            rounds,
            total,
            total * 16,
            vec![
                Row::new("by hand", || state::totals_by_hand(total, keys, tick)),
                Row::new("millstream", || state::totals(total, keys, tick)),
            ],
        ));
    }
    if wanted("running_count") {
        results.extend(compare(
            "running_count, 1 M keys",
            rounds,
            total,
            total * 8,
            vec![
                Row::new("by hand", || state::counts_by_hand(total, keys, tick)),
                Row::new("millstream", || state::counts(total, keys, tick)),
            ],
        ));
    }
    if wanted("checkpoints") {
        // Four rounds of fifty seconds: two hundred checkpoints. Then short ticks, each with its entry in the log.
        let seconds =
            std::env::var("MILLSTREAM_BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(50);
        checkpoints::report(seconds, rounds.min(4) as u64, 5_000_000);
        checkpoints::report(seconds, rounds.min(2) as u64, 1_000_000);
    }
    if wanted("nexmark") {
        let n = megabytes as u64 * 1000;
        let events = nexmark::events(n);
        type Query = fn(&nexmark::Events) -> u64;
        let queries: [(&str, Query, Query); 7] = [
            ("nexmark 1", nexmark::q1_by_hand, nexmark::q1),
            ("nexmark 2", nexmark::q2_by_hand, nexmark::q2),
            ("nexmark 3", nexmark::q3_by_hand, nexmark::q3),
            ("nexmark 4", nexmark::q4_by_hand, nexmark::q4),
            ("nexmark 5", nexmark::q5_by_hand, nexmark::q5),
            ("nexmark 7", nexmark::q7_by_hand, nexmark::q7),
            ("nexmark 8", nexmark::q8_by_hand, nexmark::q8),
        ];
        for (query, by_hand, ours) in queries {
            let rows =
                vec![Row::new("by hand", || by_hand(&events)), Row::new("millstream", || ours(&events))];
            results.extend(compare(query, rounds, n, n * 200, rows));
        }
    }
    summary(&results);
}
