//! Workloads over numbers that are made where they are read.

use std::hint::black_box;

use millstream_bench::harness::Row;
use millstream_bench::{best, chain, checkpoints, joins, on_timely, state};

use crate::{Bench, number};

const CHAIN: &str = "numbers made where they are read, 8 bytes, ticks of 10 M; of each tick it is emitted how many pass; no checkpoint, no state";

pub fn all(bench: &mut Bench) {
    chains(bench);
    of_joins(bench);
    states(bench);
    if bench.wants("checkpoints") {
        // Four rounds of fifty seconds: two hundred checkpoints. Then short ticks, each with its entry in the log.
        let seconds = number("MILLSTREAM_BENCH_SECONDS").unwrap_or(50) as u64;
        checkpoints::report(seconds, bench.rounds.min(4) as u64, 5_000_000);
        checkpoints::report(seconds, bench.rounds.min(2) as u64, 1_000_000);
    }
}

fn chains(bench: &mut Bench) {
    const TICK: u64 = 10_000_000;
    let looped = |times: usize, n: u64| {
        vec![
            Row::new("idiomatic", move || chain::by_hand_looped(black_box(times), n, TICK)),
            Row::new("millstream", move || chain::looped(black_box(times), n, TICK)),
        ]
    };
    if bench.wants("chain of 1 map") {
        let n = bench.records(1, TICK);
        let rows = vec![
            Row::new("idiomatic", || chain::by_hand::<1>(n, TICK)),
            Row::new("best", || best::maps::<1>(n, TICK)),
            Row::new("millstream", || chain::maps_1(n, TICK)),
            Row::new("timely", || on_timely::maps(1, n, TICK)),
        ];
        bench.compare("chain of 1 map", CHAIN, n, n * 8, rows);
    }
    if bench.wants("chain of 10 maps") {
        let n = bench.records(4, TICK);
        let rows = vec![
            Row::new("idiomatic", || chain::by_hand::<10>(n, TICK)),
            Row::new("best", || best::maps::<10>(n, TICK)),
            Row::new("millstream", || chain::maps_10(n, TICK)),
            Row::new("timely", || on_timely::maps(10, n, TICK)),
        ];
        bench.compare("chain of 10 maps", CHAIN, n, n * 8, rows);
    }
    if bench.wants("for, 10 times") {
        let n = bench.records(4, TICK);
        bench.compare("for, 10 times", CHAIN, n, n * 8, looped(10, n));
    }
    if bench.wants("chain of 100 maps") {
        let n = bench.records(8, TICK);
        let rows = vec![
            Row::new("idiomatic", || chain::by_hand_100(n, TICK)),
            Row::new("best", || best::maps::<100>(n, TICK)),
            Row::new("millstream", || chain::maps_100(n, TICK)),
            Row::new("timely", || on_timely::maps(100, n, TICK)),
        ];
        bench.compare("chain of 100 maps", CHAIN, n, n * 8, rows);
    }
    if bench.wants("for, 100 times") {
        let n = bench.records(16, TICK);
        bench.compare("for, 100 times", CHAIN, n, n * 8, looped(100, n));
    }
}

fn of_joins(bench: &mut Bench) {
    let (left, right) = (10_000_000, 1_000_000);
    let describe = "numbers made where they are read, pairs of 16 bytes, one tick; the sum of some marks is emitted; no checkpoint";
    if bench.wants("table join, 10 M with 1 M") {
        let (open, table) = (joins::open_table(right), joins::table(right));
        bench.compare(
            "table join, 10 M with 1 M",
            describe,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::look_up_by_hand(left, right, &open)),
                Row::new("millstream", || joins::look_up(left, right, &table)),
            ],
        );
    }
    if bench.wants("batch join, 10 M with 1 M") {
        bench.compare(
            "batch join, 10 M with 1 M",
            describe,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::join_by_hand(left, right)),
                Row::new("millstream", || joins::join(left, right)),
            ],
        );
    }
    if bench.wants("group, 10 M of 1 M keys") {
        bench.compare(
            "group, 10 M of 1 M keys",
            describe,
            left,
            left * 16,
            vec![
                Row::new("by hand", || joins::group_by_hand(left, right)),
                Row::new("millstream", || joins::group(left, right)),
            ],
        );
    }
}

fn states(bench: &mut Bench) {
    let (keys, tick) = (1_000_000, 1_000_000);
    if bench.wants("map_with_state, 1 M keys") {
        let total = bench.records(16, tick);
        bench.compare(
            "map_with_state, 1 M keys",
            "numbers made where they are read, pairs of 16 bytes, ticks of 1 M; every record's sum so far is emitted; no checkpoint, state in memory",
            total,
            total * 16,
            vec![
                Row::new("idiomatic", || state::totals_by_hand(total, keys, tick)),
                Row::new("millstream", || state::totals(total, keys, tick)),
            ],
        );
    }
    if bench.wants("running_count, 1 M keys") {
        let total = bench.records(8, tick);
        bench.compare(
            "running_count, 1 M keys",
            "keys made where they are read, 8 bytes, ticks of 1 M; the changed keys with their counts are emitted; no checkpoint, state in memory",
            total,
            total * 8,
            vec![
                Row::new("idiomatic", || state::counts_by_hand(total, keys, tick)),
                Row::new("best", || best::running_count(total, keys, tick)),
                Row::new("millstream", || state::counts(total, keys, tick)),
                Row::new("timely", || on_timely::running_count(total, keys, tick)),
            ],
        );
    }
}
