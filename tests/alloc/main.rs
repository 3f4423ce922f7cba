//! A pipeline allocates for a tick, a task and a new key, and for no record; and what it holds stays in its budget: shown
//! with an allocator that counts.
//!
//! A binary of its own, one test at a time: what others allocate would be counted too.

use std::alloc::System;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use millstream::batch::Data;
use millstream::prelude::*;
use millstream::sink::{Delivery, Sink, SinkInfo};
use millstream::{BoxError, Trigger};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// How often a run allocates.
fn allocations(pipeline: Pipeline<'_>) -> usize {
    let region = Region::new(ALLOCATOR);
    Engine::test().partitions(2).run(pipeline).expect("it runs");
    let change = region.change();
    change.allocations + change.reallocations
}

/// A file of so many lines of ten words, out of 500 distinct ones.
fn text(folder: &tempfile::TempDir, lines: usize) -> PathBuf {
    let path = folder.path().join(format!("{lines}.txt"));
    let mut text = String::new();
    for line in 0..lines {
        for word in 0..10 {
            let n = (line * 10 + word) % 500;
            let tail = if n % 5 == 0 { "-and-longer-than-sixteen-bytes" } else { "" };
            write!(text, "word{n}{tail} ").expect("a string takes all");
        }
        text.push('\n');
    }
    std::fs::write(&path, text).expect("it can be written");
    path
}

fn word_count(path: &Path) -> Pipeline<'_> {
    stream! {
        let counts = source(text_files(path))
            .flat_map(|line| line.split_whitespace())
            .filter(|word| !word.is_empty())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.count().for_each_batch(|counts, _| assert_eq!(counts, [500]));
    }
}

fn chain(path: &Path) -> Pipeline<'_> {
    stream! {
        let lines = source(text_files(path));
        let words = lines.flat_map(|line| line.split(' ')).inspect(|w| assert!(w.len() < 40));
        let (long, short) = words.split(|w| w.len() > 16);
        let (numbers, _bad) = short.filter_map(|w| w.strip_prefix("word")).try_map(str::parse::<u64>);
        for _ in 0..5 { numbers = numbers.map(|n| n * 3 + 1).filter(|n| *n != 7); }
        let lengths = long.key_by(|w| w.len()).map_values(|w| w.len() as u64).map(|(_, n)| n);
        numbers.union(lengths).count().for_each_batch(|counts, _| assert_eq!(counts.len(), 1));
    }
}

#[test]
fn a_record_costs_no_allocation() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let (once, twice) = (text(&folder, 2_000), text(&folder, 4_000));
    for (name, make) in [("word count", word_count as fn(&Path) -> Pipeline<'_>), ("a chain", chain)] {
        // What is made once in a process is made here.
        allocations(make(&once));
        let (n, m) = (allocations(make(&once)), allocations(make(&twice)));
        // 20,000 records more. Room for a few blocks that are read more.
        assert!(m <= n + 20, "{name}: {n} allocations for N records, {m} for 2N");
        assert!(n < 3_000, "{name}: {n} allocations in all");
        println!("{name}: {n} allocations for N records, {m} for 2N");
    }
}

/// Keeps nothing, and notes the most that was alive when it was given something.
struct Peak {
    region: Region<'static, System>,
    most: Arc<AtomicUsize>,
}

impl<T: Data> Sink<T> for Peak {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "peak", detail: String::new(), delivery: Delivery::AtLeastOnce }
    }
    fn write(&mut self, _partition: usize, _records: Vec<T>) -> Result<(), BoxError> {
        let change = self.region.change();
        self.most
            .fetch_max(change.bytes_allocated.saturating_sub(change.bytes_deallocated), Ordering::Relaxed);
        Ok(())
    }
}

/// The most that a run holds at the moments when its sink is given something, in MiB.
fn peak(run: impl FnOnce(Peak)) -> usize {
    let most = Arc::default();
    run(Peak { region: Region::new(ALLOCATOR), most: Arc::clone(&most) });
    most.load(Ordering::Relaxed) >> 20
}

#[test]
fn what_ticks_hold_stays_in_the_budget() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = Engine::local().trigger(Trigger::AvailableNow).memory_budget(16 << 20);
    // 200 MB of strings; 16 of each number.
    let multiplied = peak(|sink| {
        let pipeline = stream! {
            let numbers = source(from_iter(0..160_000u64).max_records_per_tick(u64::MAX));
            let many = numbers.flat_map(|n| (0..16).map(move |m| (format!("{n:020}{m:020}"), m)));
            many.sink(sink);
        };
        engine.run(pipeline).expect("it runs");
    });
    println!("a flat_map that multiplies: {multiplied} MiB");
    // A tick whose every short line becomes a string; 8 MiB a tick would make 64 MiB or more.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("short.txt");
    std::fs::write(&path, "abcdef\n".repeat(4_000_000)).expect("it can be written");
    let lines = peak(|sink| {
        let pipeline = stream! { source(text_files(&path)).sink(sink); };
        engine.run(pipeline).expect("it runs");
    });
    println!("short lines: {lines} MiB");
    assert!(multiplied <= 20 && lines <= 20, "{multiplied} and {lines} MiB");
}

/// Keeps nothing, and notes what is alive when it is given something for the last time.
struct Alive {
    region: Region<'static, System>,
    last: Arc<AtomicUsize>,
}

impl<T: Data> Sink<T> for Alive {
    fn info(&self) -> SinkInfo {
        SinkInfo { name: "alive", detail: String::new(), delivery: Delivery::AtLeastOnce }
    }
    fn write(&mut self, _partition: usize, _records: Vec<T>) -> Result<(), BoxError> {
        let change = self.region.change();
        let alive = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        self.last.store(alive, Ordering::Relaxed);
        Ok(())
    }
}

/// What a run holds for each of so many keys, in bytes, at the moment of its last tick.
fn held_by_key(keys: u64, run: impl FnOnce(u64, Alive)) -> usize {
    let last = Arc::default();
    run(keys, Alive { region: Region::new(ALLOCATOR), last: Arc::clone(&last) });
    last.load(Ordering::Relaxed) / keys as usize
}

#[test]
fn a_key_costs_64_bytes_beyond_itself_and_its_state() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = || Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow);
    // A tick of a single record follows the others: what is alive then is the state.
    let numbers = |keys: u64| from_iter(0..=keys).max_records_per_tick(50_000);
    let count = |keys, sink| {
        let source = numbers(keys);
        engine()
            .run(stream! { source(source).map(|n| (n % keys, ())).running_count().sink(sink); })
            .expect("it runs");
    };
    let map = |keys, sink| {
        let source = numbers(keys);
        let spec = StateSpec::new().timeout(secs(1_000_000));
        let pipeline = stream! {
            let sums = source(source).map(|n| (n % keys, n)).map_with_state(|_, n, sum: &mut State<u64>| {
                *sum.get_or_insert_with(|| 0) += n?;
                Some(())
            }, spec);
            sums.sink(sink);
        };
        engine().run(pipeline).expect("it runs");
    };
    // As full as a table can be, and just grown.
    for keys in [900_000, 1_000_000, 1_100_000, 1_250_000] {
        let (count, map) = (held_by_key(keys, count), held_by_key(keys, map));
        println!("{keys} keys: running_count {count} bytes each, map_with_state with a time-out {map}");
        assert!(count <= 64 + 16, "{count} bytes a key of {keys}");
        // Here there are an alarm and an expiry, too.
        assert!(map <= 64 + 16, "{map} bytes a key of {keys}, with time-outs");
    }
}

/// What a key's state is after so many records: a kilobyte.
#[cfg(feature = "fjall")]
fn page_of(key: u64, records: u64) -> String {
    format!("{:01024}", key * 1000 + records)
}

#[cfg(feature = "fjall")]
#[test]
fn states_of_four_times_the_memory_that_they_are_allowed_run_to_the_end() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    const ALLOWED: u64 = 8 << 20;
    const KEYS: u64 = 4 * ALLOWED / 1024;
    let folder = tempfile::tempdir().expect("a folder");
    let engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow);
    let engine = engine.state_backend(millstream::StateBackend::fjall(folder.path(), ALLOWED));
    let region = Region::new(ALLOCATOR);
    let (mut most, mut wrong, mut records) = (0, 0, [0, 0]);
    // Each key twice, the second time in another order.
    let source = from_iter((0..KEYS).chain((0..KEYS).map(|n| n * 7919 % KEYS))).max_records_per_tick(1000);
    let pipeline = stream! {
        let pages = source(source).map(|key| (key, ())).map_with_state(|key, value, state: &mut State<String>| {
            value?;
            let before = state.get().map_or(0, |page| page.parse::<u64>().unwrap_or(u64::MAX) % 1000);
            let is_right = state.get().is_none_or(|page| *page == page_of(*key, before));
            state.update(page_of(*key, before + 1));
            Some((before, is_right))
        }, StateSpec::new());
        pages.for_each_batch(|batch, _tick| {
            for (before, is_right) in &batch {
                wrong += u64::from(!is_right);
                records[*before as usize] += 1;
            }
            let change = region.change();
            most = most.max(change.bytes_allocated.saturating_sub(change.bytes_deallocated));
        });
    };
    engine.run(pipeline).expect("it runs");
    println!("{} MiB of states in {} MiB", KEYS >> 10, most >> 20);
    assert_eq!((records, wrong), ([KEYS, KEYS], 0));
    // Beyond it: hashes and the index, and the records of two ticks.
    assert!(most < ALLOWED as usize + (8 << 20), "{} MiB", most >> 20);
}
