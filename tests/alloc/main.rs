//! A pipeline allocates for a tick, a task and a new key, and for no record: shown with an allocator that counts.
//!
//! A binary of its own, with one test: what other tests allocate would be counted too.

#![allow(unsafe_code, reason = "a global allocator can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use millstream::prelude::*;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator with the same arguments.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often a run allocates.
fn allocations(pipeline: Pipeline<'_>) -> u64 {
    let before = ALLOCATIONS.load(Relaxed);
    Engine::test().partitions(2).run(pipeline).expect("it runs");
    ALLOCATIONS.load(Relaxed) - before
}

/// A file of so many lines of ten words, out of 500 distinct ones.
fn text(folder: &tempfile::TempDir, lines: usize) -> std::path::PathBuf {
    let path = folder.path().join(format!("{lines}.txt"));
    let mut text = String::new();
    for line in 0..lines {
        for word in 0..10 {
            let n = (line * 10 + word) % 500;
            let tail = if n % 5 == 0 { "-and-longer-than-sixteen-bytes" } else { "" };
            text.push_str(&format!("word{n}{tail} "));
        }
        text.push('\n');
    }
    std::fs::write(&path, text).expect("it can be written");
    path
}

fn word_count(path: &std::path::Path) -> Pipeline<'_> {
    stream! {
        let counts = source(text_files(path))
            .flat_map(|line| line.split_whitespace())
            .filter(|word| !word.is_empty())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.count().for_each_batch(|counts, _| assert_eq!(counts, [500]));
    }
}

fn chain(path: &std::path::Path) -> Pipeline<'_> {
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
    let folder = tempfile::tempdir().expect("a folder");
    let (once, twice) = (text(&folder, 2_000), text(&folder, 4_000));
    for (name, make) in
        [("word count", word_count as fn(&std::path::Path) -> Pipeline<'_>), ("a chain", chain)]
    {
        // What is made once in a process is made here.
        allocations(make(&once));
        let (n, m) = (allocations(make(&once)), allocations(make(&twice)));
        // 20,000 records more. Room for a few blocks that are read more.
        assert!(m <= n + 20, "{name}: {n} allocations for N records, {m} for 2N");
        assert!(n < 3_000, "{name}: {n} allocations in all");
        println!("{name}: {n} allocations for N records, {m} for 2N");
    }
}
