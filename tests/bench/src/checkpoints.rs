//! What checkpoints cost: a million keys, of which each tick changes another tenth, with a checkpoint every second and without any.
//!
//! Ten ticks are about a second or less, so a checkpoint finds all keys changed. State and sources are the same in both rows; the
//! checkpointed one goes on in one folder from round to round, so that each round begins with a recovery and its checkpoints pile up,
//! are written anew and pruned as they would be in a long run.

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
/// The bytes of a key and its count.
const ENTRY: u64 = 16;

/// A tick, from the commit before it to its own.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    wall: Duration,
    /// What all threads of this process ran meanwhile.
    ran: Duration,
    /// How long they were ready to run and no core was free.
    waited: Duration,
}

/// One run of some ticks.
#[derive(Debug, Default)]
struct Run {
    /// From the start of the engine to the first tick, which a recovery is part of.
    start: Duration,
    /// What was read before the first tick, in bytes.
    read: u64,
    ticks: Vec<Took>,
    /// Ticks, bytes and times of the checkpoints.
    checkpoints: Vec<(u64, u64, Duration)>,
}

/// Which tenth a tick changes.
fn tenth(tick: u64) -> u64 {
    tick % 10
}

/// The key of record `i`, in ticks of so many records.
#[inline(always)]
fn key(i: u64, per_tick: u64) -> u64 {
    let at = ((u128::from(mix(i + 1)) * u128::from(TENTH)) >> 64) as u64;
    mix(tenth(i / per_tick) * TENTH + at + 1)
}

/// What this process has read so far, where the system says so.
fn read_so_far() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok()).unwrap_or(0)
}

/// What its threads have run and waited for a core so far, where the system says so.
fn scheduled() -> (Duration, Duration) {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of_thread = |thread: fs::DirEntry| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let mut nanos = text.split(' ').map(|nanos| nanos.parse().ok().map(Duration::from_nanos));
        Some((nanos.next()??, nanos.next()??))
    };
    threads.filter_map(of_thread).fold(Default::default(), |(ran, waited), of| (ran + of.0, waited + of.1))
}

fn run(folder: Option<&Path>, ticks: u64, per_tick: u64) -> Run {
    let seen = Arc::new(Mutex::new((Run::default(), None::<(Instant, (Duration, Duration))>)));
    let tells = Arc::clone(&seen);
    let mut engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).on_progress(
        move |progress| {
            let mut seen = tells.lock().expect("no panics");
            let (now, (ran, waited)) = (Instant::now(), scheduled());
            let (run, last) = &mut *seen;
            match last.replace((now, (ran, waited))) {
                Some((began, (before, before_waited))) => run.ticks.push(Took {
                    wall: now - began,
                    // The threads of a runtime that is gone are counted no more.
                    ran: ran.saturating_sub(before),
                    waited: waited.saturating_sub(before_waited),
                }),
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
        let keys = source(Numbers { total: ticks * per_tick, per_tick }).map(|i| (key(i, per_tick), ()));
        keys.running_count().for_each_batch(|batch, _tick| {
            sum = batch.iter().fold(sum, |sum, (key, n)| sum.wrapping_add(key ^ n));
        });
    };
    let begin = Instant::now();
    seen.lock().expect("no panics").0.read = read_so_far();
    engine.run(pipeline).expect("it runs");
    let mut seen = seen.lock().expect("no panics");
    let mut run = std::mem::take(&mut seen.0);
    run.start = begin.elapsed().saturating_sub(run.sum(|tick| tick.wall));
    std::hint::black_box(sum);
    run
}

impl Run {
    fn sum(&self, of: impl Fn(&Took) -> Duration) -> Duration {
        self.ticks.iter().map(of).sum()
    }

    fn median(&self, of: impl Fn(&Took) -> Duration) -> Duration {
        let mut times: Vec<Duration> = self.ticks.iter().map(of).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    /// Ticks a second.
    fn rate(&self) -> f64 {
        self.ticks.len() as f64 / self.sum(|tick| tick.wall).as_secs_f64()
    }

    /// How long its ticks are, and what those did that took over twice the median.
    fn lengths(&self) -> String {
        let median = self.median(|tick| tick.wall);
        let longest = self.ticks.iter().map(|tick| tick.wall).max().unwrap_or_default();
        let slow: Vec<&Took> = self.ticks.iter().filter(|tick| tick.wall > median * 2).collect();
        // Of two cores: what its threads did not run, though they could, others did.
        let of_others =
            slow.iter().filter(|tick| tick.wall.saturating_sub(tick.waited / 2) <= median * 2).count();
        format!(
            "{:.1} ms ({:.1} ms of work), longest {:.1} ms, {} of {} over twice the median ({of_others} not, without what they waited for a core)",
            ms(median),
            ms(self.median(|tick| tick.ran)),
            ms(longest),
            slow.len(),
            self.ticks.len()
        )
    }
}

/// The keys that changed between checkpoints, one after the other.
fn changed(checkpoints: &[(u64, u64, Duration)], first: u64) -> u64 {
    let mut from = first;
    let mut keys = 0;
    for (tick, ..) in checkpoints {
        keys += (tick - from).min(10) * TENTH;
        from = *tick;
    }
    keys
}

/// Runs both rows in turn, in ticks of so many records, and prints what they cost.
pub fn report(seconds: u64, rounds: u64, per_tick: u64) {
    let folder = tempfile::tempdir().expect("a folder for the checkpoints");
    let a_tick = run(None, 50_000_000 / per_tick, per_tick).median(|tick| tick.wall);
    let ticks = (seconds as f64 / a_tick.as_secs_f64()) as u64;
    let (mut ratios, mut of_work) = (Vec::new(), Vec::new());
    let (mut written, mut entries, mut count) = (0, 0, 0);
    let mut tick = 0;
    for round in 0..rounds {
        let without = run(None, ticks, per_tick);
        let with = run(Some(folder.path()), tick + ticks, per_tick);
        ratios.push(with.rate() / without.rate());
        let work = |run: &Run| run.sum(|tick| tick.ran).as_secs_f64() / run.ticks.len() as f64;
        of_work.push(work(&without) / work(&with));
        written += with.checkpoints.iter().map(|(_, bytes, _)| bytes).sum::<u64>();
        entries += changed(&with.checkpoints, tick);
        count += with.checkpoints.len();
        let longest = ms(with.checkpoints.iter().map(|(.., took)| *took).max().unwrap_or_default());
        println!(
            "round {round}: {:.1} M records/s without, {:.1} with: {:.3} ({:.3} by the work of all threads)\n  ticks without: {}\n  with: {}\n  {} checkpoints, longest {longest:.0} ms; before the first tick {:.0} ms and {:.1} MB read",
            without.rate() * per_tick as f64 / 1e6,
            with.rate() * per_tick as f64 / 1e6,
            ratios[round as usize],
            of_work[round as usize],
            without.lengths(),
            with.lengths(),
            with.checkpoints.len(),
            ms(with.start),
            with.read as f64 / 1e6,
        );
        tick += ticks;
    }
    println!(
        "checkpoints, ticks of {} M records: {:.3} of the throughput without ({:.3} by work); {count} checkpoints wrote {:.1} MB for {:.1} MB of changed keys and counts: {:.2} times",
        per_tick / 1_000_000,
        mean(&ratios),
        mean(&of_work),
        written as f64 / 1e6,
        (entries * ENTRY) as f64 / 1e6,
        written as f64 / (entries * ENTRY) as f64,
    );
    println!("live state: {:.1} MB", (KEYS * ENTRY) as f64 / 1e6);
}

fn mean(ratios: &[f64]) -> f64 {
    ratios.iter().sum::<f64>() / ratios.len() as f64
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
