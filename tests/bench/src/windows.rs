//! Sliding windows: word count over the last thirty ticks, every ten; and what a tick costs in a window of many slides.

use std::collections::VecDeque;
use std::fs::File;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use millstream::clock::Clock;
use millstream::prelude::*;

use crate::chain::Numbers;
use crate::{files, pair_sum};

/// In ticks of a second.
pub(crate) const LENGTH: u64 = 30;
pub(crate) const SLIDE: u64 = 10;

/// Stands at the second that the driver waits for, at most two behind the last committed tick: so ticks follow each other as
/// fast as they can, each at a second of its own.
#[derive(Default)]
struct Hurrying {
    now: AtomicI64,
    committed: AtomicI64,
}

impl Clock for Hurrying {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(SeqCst))
    }

    fn until(&self, time: Timestamp) -> Option<Duration> {
        if time.millis() > self.committed.load(SeqCst) + 2000 {
            return None;
        }
        self.now.fetch_max(time.millis(), SeqCst);
        Some(Duration::ZERO)
    }
}

/// A tick a second, without waiting; `committed` is called behind each.
fn engine(committed: impl Fn() + Send + Sync + 'static) -> Engine {
    let clock = Arc::new(Hurrying::default());
    let told = Arc::clone(&clock);
    Engine::local().threads(2).partitions(2).batch_interval(secs(1)).clock(clock).on_progress(
        move |progress| {
            told.committed.store(progress.tick.map_or(0, |tick| tick.time.millis()), SeqCst);
            committed();
        },
    )
}

type Table = HashTable<(String, u64)>;

fn add(table: &mut Table, hasher: &FixedState, hash: u64, word: &str, count: u64) {
    match table.find_mut(hash, |(known, _)| known == word) {
        Some((_, known)) => *known += count,
        None => {
            table.insert_unique(hash, (word.to_owned(), count), |(known, _)| hasher.hash_one(known.as_str()));
        }
    }
}

/// As the engine's first ticks, of whose output nothing is known, are smaller.
pub(crate) fn ticks(len: u64, tick: u64) -> Vec<(u64, u64)> {
    let (mut ticks, mut begin) = (Vec::new(), 0);
    while begin < len {
        let size = if ticks.len() < 2 { tick.min(1 << 20) } else { tick };
        let end = (begin + size).min(len);
        ticks.push((begin, end));
        begin = end;
    }
    ticks
}

/// By hand: two threads, each with half of every tick. They count into tables by half of the keys, a new one every ten ticks;
/// then each thread merges its half of the keys, and adds up the last three.
pub fn idiomatic(path: &Path, tick: u64) -> u64 {
    let file = File::open(path).expect("the text is there");
    let len = file.metadata().expect("the text is there").len();
    let (barrier, total) = (Barrier::new(2), Mutex::new(0u64));
    // exchange[from][to]
    let exchange: [[Mutex<Table>; 2]; 2] = Default::default();
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (file, barrier, total, exchange) = (&file, &barrier, &total, &exchange);
            scope.spawn(move || {
                let hasher = FixedState::default();
                let (mut sum, mut buffer) = (0u64, Vec::new());
                let mut tables: [Table; 2] = Default::default();
                let mut panes: VecDeque<Table> = VecDeque::new();
                for (number, (begin, end)) in (1..).zip(ticks(len, tick)) {
                    let middle = begin + (end - begin) / 2;
                    let (from, to) = if me == 0 { (begin, middle) } else { (middle, end) };
                    files::blocks(file, from, to, &mut buffer, |block| {
                        let text = simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
                        let mut start = 0;
                        for newline in memchr::memchr_iter(b'\n', block) {
                            let line = &text[start..newline];
                            start = newline + 1;
                            for word in line.split(' ') {
                                let hash = hasher.hash_one(word);
                                add(&mut tables[(hash >> 50) as usize & 1], &hasher, hash, word, 1);
                            }
                        }
                    });
                    if number % SLIDE != 0 {
                        continue;
                    }
                    for (to, table) in tables.iter_mut().enumerate() {
                        *exchange[me][to].lock().expect("no panics") = std::mem::take(table);
                    }
                    barrier.wait();
                    let mut pane = std::mem::take(&mut *exchange[0][me].lock().expect("no panics"));
                    let other = std::mem::take(&mut *exchange[1][me].lock().expect("no panics"));
                    for (word, count) in &other {
                        add(&mut pane, &hasher, hasher.hash_one(word.as_str()), word, *count);
                    }
                    panes.push_back(pane);
                    if panes.len() > (LENGTH / SLIDE) as usize {
                        panes.pop_front();
                    }
                    let mut window = Table::with_capacity(panes.back().map_or(0, HashTable::len));
                    for (word, count) in panes.iter().flatten() {
                        add(&mut window, &hasher, hasher.hash_one(word.as_str()), word, *count);
                    }
                    for (word, count) in window.drain() {
                        sum = sum.wrapping_add(pair_sum(&word, count));
                    }
                    barrier.wait();
                }
                let mut total = total.lock().expect("no panics");
                *total = total.wrapping_add(sum);
            });
        }
    });
    total.into_inner().expect("no panics")
}

/// With Millstream.
pub fn millstream(path: &Path, tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <SlidingWordCount>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        let counts = lines
            .flat_map(|line| line.split(' '))
            .map(|word| (word, 1u64))
            .reduce_by_key_and_window(|a, b| a + b, secs(LENGTH), secs(SLIDE));
        counts.for_each_batch(|batch, _tick| {
            for (word, count) in &batch {
                sum = sum.wrapping_add(pair_sum(word, *count));
            }
        });
    };
    engine(|| ()).memory_budget(u64::MAX).run(pipeline).expect("it runs");
    sum
}

/// With Millstream, and an inverse.
pub fn with_inverse(path: &Path, tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <SlidingWordCount>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        let counts = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64)).reduce_by_key_and_window_with_inverse(
            |a, b| a + b,
            |total, gone| total - gone,
            secs(LENGTH),
            secs(SLIDE),
            |_, count| *count > 0,
        );
        counts.for_each_batch(|batch, _tick| {
            for (word, count) in &batch {
                sum = sum.wrapping_add(pair_sum(word, *count));
            }
        });
    };
    engine(|| ()).memory_budget(u64::MAX).run(pipeline).expect("it runs");
    sum
}

/// What a tick costs in a window of so many slides, a slide being a tick, in which each of `keys` keys has a value in every tick:
/// the mean over a thousand ticks behind `warm_up`. (What it takes to free all panes in the end is no part of it.)
pub fn cost_of_a_tick(slides: u64, keys: u64, warm_up: u64, inverse: bool) -> Duration {
    const MEASURED: u64 = 1000;
    let began = Instant::now();
    let times = Arc::new(Mutex::new((0u64, [began; 2])));
    let told = Arc::clone(&times);
    let engine = engine(move || {
        let mut told = told.lock().expect("no panics");
        told.0 += 1;
        let at = [warm_up, warm_up + MEASURED].iter().position(|tick| *tick == told.0);
        if let Some(at) = at {
            told.1[at] = Instant::now();
        }
    });
    let mut sum = 0u64;
    let total = keys * (warm_up + MEASURED);
    let input = Numbers { total, per_tick: keys };
    let pairs = move |i: u64| (i % keys, i);
    if inverse {
        engine.run(stream! {
            let windows = source(input).map(pairs).reduce_by_key_and_window_with_inverse(
                u64::wrapping_add, u64::wrapping_sub, secs(slides), secs(1)
            );
            windows.values().reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
        })
    } else {
        engine.run(stream! {
            let windows = source(input).map(pairs).reduce_by_key_and_window(u64::max, secs(slides), secs(1));
            windows.values().reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
        })
    }
    .expect("it runs");
    assert_ne!(sum, 0, "every window has values");
    let (ticks, [began, ended]) = *times.lock().expect("no panics");
    assert!(ticks >= warm_up + MEASURED, "there were {ticks} ticks");
    (ended - began) / MEASURED as u32
}
