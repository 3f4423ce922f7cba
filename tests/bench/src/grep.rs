//! Grep: lines that hold a word; every tick's number of them, and of their bytes, is emitted.

use std::fs::File;
use std::path::Path;
use std::sync::{Barrier, Mutex};

use memchr::memmem::Finder;
use millstream::prelude::*;

use crate::files;

/// Rare: a few lines of a megabyte.
pub const NEEDLE: &str = "qzx";

/// By hand: two threads, each with half of every tick, which meet at its end.
pub fn idiomatic(path: &Path, tick: u64) -> u64 {
    let file = File::open(path).expect("the text is there");
    let len = file.metadata().expect("the text is there").len();
    let (barrier, total) = (Barrier::new(2), Mutex::new(0u64));
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (file, barrier, total) = (&file, &barrier, &total);
            scope.spawn(move || {
                let finder = Finder::new(NEEDLE);
                let mut buffer = Vec::new();
                for begin in (0..len).step_by(tick as usize) {
                    let end = (begin + tick).min(len);
                    let middle = begin + (end - begin) / 2;
                    let (from, to) = if me == 0 { (begin, middle) } else { (middle, end) };
                    let mut found: Vec<String> = Vec::new();
                    files::blocks(file, from, to, &mut buffer, |block| {
                        let text = simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
                        let mut start = 0;
                        for newline in memchr::memchr_iter(b'\n', block) {
                            let line = &text[start..newline];
                            start = newline + 1;
                            if finder.find(line.as_bytes()).is_some() {
                                found.push(line.to_owned());
                            }
                        }
                    });
                    *total.lock().expect("no panics") += lengths(&found);
                    barrier.wait();
                }
            });
        }
    });
    total.into_inner().expect("no panics")
}

pub(crate) fn lengths(lines: &[String]) -> u64 {
    lines.iter().map(|l| l.len() as u64 + 1).sum()
}

/// With Millstream.
pub fn millstream(path: &Path, tick: u64) -> u64 {
    let finder = Finder::new(NEEDLE);
    let mut sum = 0u64;
    let pipeline = stream! { <Grep>
        let lines = source(text_files(path).max_bytes_per_tick(tick));
        lines
            .filter(|line| finder.find(line.as_bytes()).is_some())
            .for_each_batch(|batch, _tick| sum += lengths(&batch));
    };
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
    sum
}
