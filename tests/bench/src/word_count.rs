//! Word count: lines, split at single spaces, counted by word; every tick's counts are emitted.

use std::fs::File;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::{Barrier, Mutex};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use millstream::prelude::*;

use crate::{files, pair_sum};

type Table = HashTable<(String, u64)>;

/// A table for each half of the keys.
#[derive(Default)]
pub(crate) struct Adder {
    tables: [Table; 2],
    hasher: FixedState,
}

impl Adder {
    #[inline(always)]
    pub(crate) fn add(&mut self, word: &str, n: u64) {
        let hash = self.hasher.hash_one(word);
        add(&mut self.tables[(hash >> 50) as usize & 1], &self.hasher, hash, word, n);
    }
}

#[inline(always)]
fn add(table: &mut Table, hasher: &FixedState, hash: u64, word: &str, n: u64) {
    match table.find_mut(hash, |(known, _)| known == word) {
        Some((_, count)) => *count += n,
        None => {
            table.insert_unique(hash, (word.to_owned(), n), |(known, _)| hasher.hash_one(known.as_str()));
        }
    }
}

/// By hand: two threads, each with half of every tick; a table for each half of the keys; each thread merges one
/// half, and emits it. Tables are kept from tick to tick. `each` adds what a line has.
pub(crate) fn grouped(path: &Path, tick: u64, each: impl Fn(&str, &mut Adder) + Sync) -> u64 {
    let file = File::open(path).expect("the text is there");
    let len = file.metadata().expect("the text is there").len();
    let (barrier, total) = (Barrier::new(2), Mutex::new(0u64));
    // exchange[from][to]
    let exchange: [[Mutex<Table>; 2]; 2] = Default::default();
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (file, barrier, total, exchange, each) = (&file, &barrier, &total, &exchange, &each);
            scope.spawn(move || {
                let (mut sum, mut buffer, mut adder) = (0u64, Vec::new(), Adder::default());
                for begin in (0..len).step_by(tick as usize) {
                    let end = (begin + tick).min(len);
                    let middle = begin + (end - begin) / 2;
                    let (from, to) = if me == 0 { (begin, middle) } else { (middle, end) };
                    for (table, mine) in adder.tables.iter_mut().zip(&exchange[me]) {
                        *table = std::mem::take(&mut *mine.lock().expect("no panics"));
                    }
                    files::blocks(file, from, to, &mut buffer, |block| {
                        let text = simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
                        let mut start = 0;
                        for newline in memchr::memchr_iter(b'\n', block) {
                            let line = &text[start..newline];
                            start = newline + 1;
                            each(line, &mut adder);
                        }
                    });
                    for (table, mine) in adder.tables.iter_mut().zip(&exchange[me]) {
                        *mine.lock().expect("no panics") = std::mem::take(table);
                    }
                    barrier.wait();
                    let mut mine = exchange[0][me].lock().expect("no panics");
                    let mut other = exchange[1][me].lock().expect("no panics");
                    let hasher = &adder.hasher;
                    for (word, count) in other.drain() {
                        let hash = hasher.hash_one(word.as_str());
                        match mine.find_mut(hash, |(known, _)| *known == word) {
                            Some((_, known)) => *known += count,
                            None => {
                                mine.insert_unique(hash, (word, count), |(w, _)| hasher.hash_one(w.as_str()));
                            }
                        }
                    }
                    for (word, count) in mine.drain() {
                        sum = sum.wrapping_add(pair_sum(&word, count));
                    }
                    drop((mine, other));
                    barrier.wait();
                }
                let mut total = total.lock().expect("no panics");
                *total = total.wrapping_add(sum);
            });
        }
    });
    total.into_inner().expect("no panics")
}

/// By hand, as most would write it.
pub fn idiomatic(path: &Path, tick: u64) -> u64 {
    grouped(path, tick, |line, counts| line.split(' ').for_each(|word| counts.add(word, 1)))
}

/// With Millstream.
pub fn millstream(path: &Path, tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <WordCount>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        let counts = lines
            .flat_map(|line| line.split(' '))
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.for_each_batch(|batch, _tick| {
            for (word, count) in &batch {
                sum = sum.wrapping_add(pair_sum(word, *count));
            }
        });
    };
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
    sum
}

/// With Millstream, split by `words()`.
pub fn by_words(path: &Path, tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <WordCount>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        let counts = lines.words().map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.for_each_batch(|batch, _tick| {
            for (word, count) in &batch {
                sum = sum.wrapping_add(pair_sum(word, *count));
            }
        });
    };
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
    sum
}
