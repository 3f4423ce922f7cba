//! Grep, line by line: ends of lines from masks, then `memmem` in each line.

use std::fs::File;
use std::path::Path;
use std::sync::{Barrier, Mutex};

use memchr::memmem::Finder;

use super::masks;
use crate::files;
use crate::grep::{NEEDLE, lengths};

pub fn grep(path: &Path, tick: u64) -> u64 {
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
                        masks::each(
                            block,
                            |bytes| masks::of(b'\n', bytes),
                            |mut newlines, at| {
                                while newlines != 0 {
                                    let newline = at + newlines.trailing_zeros() as usize;
                                    newlines &= newlines - 1;
                                    if finder.find(&block[start..newline]).is_some() {
                                        found.push(text[start..newline].to_owned());
                                    }
                                    start = newline + 1;
                                }
                            },
                        );
                    });
                    *total.lock().expect("no panics") += lengths(&found);
                    barrier.wait();
                }
            });
        }
    });
    total.into_inner().expect("no panics")
}
