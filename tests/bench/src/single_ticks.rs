//! What a tick costs that has nothing to do, and one of a single record: not a throughput, so not a row.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use millstream::prelude::*;

use crate::joins::run;

/// The mean over so many ticks of `records` each.
fn of_ticks(ticks: u64, records: u64) -> Duration {
    let mut sum = 0u64;
    let begin = Instant::now();
    let input = queue((0..ticks).map(|tick| (0..records).map(|i| tick + i).collect::<Vec<u64>>()));
    run(stream! {
        let counts = source(input).map(|n| (n % 1000, 1u64)).reduce_by_key(|a, b| a + b);
        counts.for_each(|(_, n)| sum += n);
    });
    assert_eq!(sum, ticks * records, "every record is counted");
    begin.elapsed() / ticks as u32
}

/// As [`of_ticks`] by hand: what a map of the counts costs on one thread.
fn by_hand(ticks: u64) -> Duration {
    let (mut counts, mut sum) = (HashMap::<u64, u64>::new(), 0);
    let begin = Instant::now();
    for tick in 0..ticks {
        *counts.entry(std::hint::black_box(tick % 1000)).or_default() += 1;
        sum += counts.drain().map(|(_, n)| n).sum::<u64>();
    }
    assert_eq!(sum, ticks);
    begin.elapsed() / ticks as u32
}

/// A line of its own: ticks of a keyed count behind a queue, without checkpoints.
pub fn report() {
    const TICKS: u64 = 200_000;
    let mut empty = Vec::new();
    let mut one = Vec::new();
    for _ in 0..5 {
        empty.push(of_ticks(TICKS, 0));
        one.push(of_ticks(TICKS, 1));
    }
    empty.sort_unstable();
    one.sort_unstable();
    println!(
        "a tick of a keyed count: {:?} empty, {:?} with one record, to the sink (by hand, one thread: {:?}); medians of five, of {TICKS} ticks",
        empty[2],
        one[2],
        by_hand(TICKS)
    );
}
