//! What checkpoints cost: a million keys, of which a tick changes a tenth, with a checkpoint every second and without any.
//!
//! The tenth moves on every 32 ticks, which is about a second: so a checkpoint finds one or two tenths changed. State and
//! sources are the same in both rows; the checkpointed one goes on in one folder from round to round, so that each round begins
//! with a recovery and its checkpoints pile up, are compacted and pruned as they would be in a long run.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::prelude::*;

use crate::chain::Numbers;
use crate::joins::mix;

/// The keys that there are.
const KEYS: u64 = 1_000_000;
/// Those of them that a tick may change.
const TENTH: u64 = KEYS / 10;
/// The records of a tick.
const TICK: u64 = 1_000_000;
/// The ticks before the tenth moves on.
const STAY: u64 = 32;
/// The bytes of a key and its count.
const ENTRY: u64 = 16;

/// One run of some ticks.
#[derive(Debug, Default)]
struct Run {
    /// From the start of the engine to the first tick, which a recovery is part of.
    start: Duration,
    /// What was read before the first tick, in bytes.
    read: u64,
    /// From one commit to the next.
    gaps: Vec<Duration>,
    /// Ticks, bytes and times of the checkpoints.
    checkpoints: Vec<(u64, u64, Duration)>,
}

/// Which tenth a tick changes.
fn tenth(tick: u64) -> u64 {
    tick / STAY % 10
}

#[inline(always)]
fn key(i: u64) -> u64 {
    let at = ((u128::from(mix(i + 1)) * u128::from(TENTH)) >> 64) as u64;
    mix(tenth(i / TICK) * TENTH + at + 1)
}

/// What this process has read so far, where the system says so.
fn read_so_far() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok()).unwrap_or(0)
}

fn run(folder: Option<&Path>, ticks: u64) -> Run {
    let seen = Arc::new(Mutex::new((Run::default(), None::<Instant>)));
    let tells = Arc::clone(&seen);
    let mut engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).on_progress(
        move |progress| {
            let mut seen = tells.lock().expect("no panics");
            let now = Instant::now();
            let (run, last) = &mut *seen;
            match last.replace(now) {
                Some(last) => run.gaps.push(now - last),
                None => run.read = read_so_far() - run.read,
            }
            if let Some(checkpoint) = progress.checkpoint
                && run.checkpoints.last().is_none_or(|(tick, ..)| *tick != checkpoint.tick)
            {
                run.checkpoints.push((checkpoint.tick, checkpoint.bytes, checkpoint.duration));
            }
        },
    );
    if let Some(folder) = folder {
        engine = engine.checkpoint(folder.display().to_string()).checkpoint_interval(secs(1));
    }
    let mut sum = 0u64;
    let pipeline = stream! { <Tenths>
        let keys = source(Numbers { total: ticks * TICK, per_tick: TICK }).map(|i| (key(i), ()));
        keys.running_count().for_each_batch(|batch, _tick| {
            sum = batch.iter().fold(sum, |sum, (key, n)| sum.wrapping_add(key ^ n));
        });
    };
    let begin = Instant::now();
    seen.lock().expect("no panics").0.read = read_so_far();
    engine.run(pipeline).expect("it runs");
    let mut seen = seen.lock().expect("no panics");
    let mut run = std::mem::take(&mut seen.0);
    let ticks: Duration = run.gaps.iter().sum();
    run.start = begin.elapsed().saturating_sub(ticks);
    std::hint::black_box(sum);
    run
}

/// The keys that changed between checkpoints, one after the other.
fn changed(checkpoints: &[(u64, u64, Duration)], first: u64) -> u64 {
    let mut from = first;
    let mut keys = 0;
    for (tick, ..) in checkpoints {
        let mut tenths: Vec<u64> = (from..*tick).map(tenth).collect();
        tenths.sort_unstable();
        tenths.dedup();
        keys += tenths.len() as u64 * TENTH;
        from = *tick;
    }
    keys
}

/// Runs both rows in turn, and prints what they cost.
pub fn report(seconds: u64, rounds: u64) {
    let folder = tempfile::tempdir().expect("a folder for the checkpoints");
    let warm = run(None, 200);
    let per_tick = median(&warm.gaps);
    let ticks = (seconds as f64 / per_tick.as_secs_f64()) as u64;
    let (mut ratios, mut with_all, mut written, mut entries, mut count) = (Vec::new(), Vec::new(), 0, 0, 0);
    let mut tick = 0;
    for round in 0..rounds {
        let without = run(None, ticks);
        let with = run(Some(folder.path()), tick + ticks);
        let rate = |run: &Run| run.gaps.len() as f64 / run.gaps.iter().sum::<Duration>().as_secs_f64();
        ratios.push(rate(&with) / rate(&without));
        let bytes: u64 = with.checkpoints.iter().map(|(_, bytes, _)| bytes).sum();
        written += bytes;
        entries += changed(&with.checkpoints, tick);
        count += with.checkpoints.len();
        let longest = ms(with.checkpoints.iter().map(|(.., took)| *took).max().unwrap_or_default());
        println!(
            "round {round}: {:.1} M records/s without, {:.1} with: {:.3}; ticks without: {}; with: {}; {} checkpoints, longest {longest:.0} ms; before the first tick {:.0} ms and {:.1} MB read",
            rate(&without) * TICK as f64 / 1e6,
            rate(&with) * TICK as f64 / 1e6,
            ratios.last().copied().unwrap_or_default(),
            lengths(&without, 0),
            lengths(&with, tick),
            with.checkpoints.len(),
            ms(with.start),
            with.read as f64 / 1e6,
        );
        with_all.extend(with.gaps);
        tick += ticks;
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "checkpoints: {:.3} of the throughput without; {count} checkpoints wrote {:.1} MB for {:.1} MB of changed keys and counts: {:.2} times",
        ratios[ratios.len() / 2],
        written as f64 / 1e6,
        (entries * ENTRY) as f64 / 1e6,
        written as f64 / (entries * ENTRY) as f64,
    );
    println!("live state: {:.1} MB", (KEYS * ENTRY) as f64 / 1e6);
}

/// How long ticks take where the tenth stays: one that moves it on finds its keys in no cache, checkpoint or not.
fn lengths(run: &Run, first: u64) -> String {
    let numbered = (first + 1..).zip(&run.gaps);
    let gaps: Vec<Duration> = numbered.filter(|(tick, _)| tick % STAY > 1).map(|(_, gap)| *gap).collect();
    let (median, longest) = (median(&gaps), gaps.iter().max().copied().unwrap_or_default());
    let slow = gaps.iter().filter(|gap| **gap > median * 2).count();
    format!(
        "{:.1} ms, longest {:.1} ms, {slow} of {} over twice the median",
        ms(median),
        ms(longest),
        gaps.len()
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
