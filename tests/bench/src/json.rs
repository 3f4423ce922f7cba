//! JSON: lines are parsed, and what they took is added up by page, in each tick.

use std::path::Path;

use millstream::prelude::*;
use serde::Deserialize;

use crate::{pair_sum, word_count};

/// What is of interest of a line.
#[derive(Debug, Deserialize)]
pub struct Visit<'l> {
    #[serde(borrow)]
    pub page: &'l str,
    pub ms: u64,
}

/// By hand: as word count, of what `serde_json` reads without copying.
pub fn idiomatic(path: &Path, tick: u64) -> u64 {
    word_count::grouped(path, tick, |line, totals| {
        if let Ok(visit) = serde_json::from_str::<Visit<'_>>(line) {
            totals.add(visit.page, visit.ms);
        }
    })
}

/// With Millstream.
pub fn millstream(path: &Path, tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <Pages>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        let visits = lines.filter_map(|line| serde_json::from_str::<Visit<'_>>(line).ok());
        let totals = visits.map(|visit| (visit.page, visit.ms)).reduce_by_key(|a, b| a + b);
        totals.for_each_batch(|batch, _tick| {
            for (page, ms) in &batch {
                sum = sum.wrapping_add(pair_sum(page, *ms));
            }
        });
    };
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
    sum
}
