//! Words: lines to words; every tick's sum of their lengths is emitted. So nearly all that is measured is the splitting.

use std::fs::File;
use std::path::Path;
use std::sync::{Barrier, Mutex};

use millstream::prelude::*;

use crate::{files, pair_sum};

/// What a word adds.
fn weight(word: &str) -> u64 {
    word.len() as u64 + 1
}

/// By hand: two threads, each with half of every tick, which meet at its end.
pub fn by_hand(path: &Path, tick: u64) -> u64 {
    let file = File::open(path).expect("the text is there");
    let len = file.metadata().expect("the text is there").len();
    let (barrier, total) = (Barrier::new(2), Mutex::new(0u64));
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (file, barrier, total) = (&file, &barrier, &total);
            scope.spawn(move || {
                let mut buffer = Vec::new();
                for begin in (0..len).step_by(tick as usize) {
                    let end = (begin + tick).min(len);
                    let middle = begin + (end - begin) / 2;
                    let (from, to) = if me == 0 { (begin, middle) } else { (middle, end) };
                    let mut sum = 0;
                    files::blocks(file, from, to, &mut buffer, |block| {
                        let text = simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
                        let mut start = 0;
                        for newline in memchr::memchr_iter(b'\n', block) {
                            let line = &text[start..newline];
                            start = newline + 1;
                            sum += line.split_whitespace().map(weight).sum::<u64>();
                        }
                    });
                    *total.lock().expect("no panics") += sum;
                    barrier.wait();
                }
            });
        }
    });
    total.into_inner().expect("no panics")
}

fn run(pipeline: Pipeline<'_>) {
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
}

macro_rules! rows {
    ($($split:ident, $count:ident: |$lines:ident| $words:ident($($arg:tt)*);)+) => {$(
        /// With Millstream: the words alone.
        pub fn $split(path: &Path, tick: u64) -> u64 {
            let mut sum = 0u64;
            run(stream! {
                let $lines = source(text_files(path).max_bytes_per_tick(tick));
                $lines.$words($($arg)*).map(weight).reduce(|a, b| a + b).for_each(|n| sum += n);
            });
            sum
        }

        /// With Millstream: word count.
        pub fn $count(path: &Path, tick: u64) -> u64 {
            let mut sum = 0u64;
            run(stream! {
                let $lines = source(text_files(path).max_bytes_per_tick(tick));
                let counts = $lines.$words($($arg)*).count_by_value();
                counts.for_each_batch(|batch, _| {
                    for (word, count) in &batch {
                        sum = sum.wrapping_add(pair_sum(word, *count));
                    }
                });
            });
            sum
        }
    )+};
}

rows! {
    split, count_split: |lines| flat_map(|line| line.split(' '));
    split_whitespace, count_split_whitespace: |lines| flat_map(|line| line.split_whitespace());
    words, count_words: |lines| words();
    words_ascii, count_words_ascii: |lines| words_ascii();
}
