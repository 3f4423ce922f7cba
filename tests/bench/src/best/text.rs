//! Word count, in each tick and over the last ones.

use std::collections::VecDeque;
use std::fs::File;
use std::path::Path;
use std::sync::{Barrier, Mutex};

use super::counts::{Counter, Counts};
use super::masks;
use crate::{files, windows};

/// What an emitted pair adds: as [`crate::pair_sum`], of bytes.
fn pair_sum(word: &[u8], count: u64) -> u64 {
    (word.len() as u64 * 31 + u64::from(word[0])).wrapping_mul(count)
}

/// Counts the words of a block. They are what lies between blanks, so lines need not be told apart.
fn count(block: &[u8], tables: &mut [Counts; 2]) {
    simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
    let mut counter = Counter::new(tables);
    // Where the word began that is not over yet, and whether the byte before the next mask is of a word.
    let (mut start, mut before) = (0, 0u64);
    masks::each(block, masks::of_words, |words, at| {
        let mut edges = words ^ (words << 1 | before);
        if before == 1 && edges != 0 {
            counter.word(block, start, at + edges.trailing_zeros() as usize);
            edges &= edges - 1;
        }
        before = words >> 63;
        while edges != 0 {
            start = at + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if edges == 0 {
                break;
            }
            counter.word(block, start, at + edges.trailing_zeros() as usize);
            edges &= edges - 1;
        }
    });
    counter.flush();
}

/// Two threads, each with half of every tick. Behind a tick that `is_due` each merges its half of the words and adds up what `emit`
/// makes of it.
fn by_two<S: Default>(
    path: &Path,
    ticks: &[(u64, u64)],
    is_due: impl Fn(u64) -> bool + Sync,
    emit: impl Fn(&mut S, &mut Counts) -> u64 + Sync,
) -> u64 {
    let file = File::open(path).expect("the text is there");
    let (barrier, total) = (Barrier::new(2), Mutex::new(0u64));
    // exchange[from][to]
    let exchange: [[Mutex<Counts>; 2]; 2] = Default::default();
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (file, barrier, total, exchange) = (&file, &barrier, &total, &exchange);
            let (is_due, emit) = (&is_due, &emit);
            scope.spawn(move || {
                let (mut sum, mut buffer, mut state) = (0u64, Vec::new(), S::default());
                let mut tables: [Counts; 2] = Default::default();
                for (number, (begin, end)) in (1..).zip(ticks) {
                    let middle = begin + (end - begin) / 2;
                    let (from, to) = if me == 0 { (*begin, middle) } else { (middle, *end) };
                    files::blocks(file, from, to, &mut buffer, |block| count(block, &mut tables));
                    if !is_due(number) {
                        continue;
                    }
                    for (to, table) in tables.iter_mut().enumerate() {
                        std::mem::swap(table, &mut exchange[me][to].lock().expect("no panics"));
                    }
                    barrier.wait();
                    let mut mine = exchange[0][me].lock().expect("no panics");
                    let mut other = exchange[1][me].lock().expect("no panics");
                    mine.merge(&other);
                    other.drain(|_, _| ());
                    sum = sum.wrapping_add(emit(&mut state, &mut mine));
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

pub fn word_count(path: &Path, tick: u64) -> u64 {
    let len = path.metadata().expect("the text is there").len();
    let ticks: Vec<_> =
        (0..len).step_by(tick as usize).map(|begin| (begin, (begin + tick).min(len))).collect();
    by_two(path, &ticks, |_| true, |(), counts| emitted(counts))
}

fn emitted(counts: &mut Counts) -> u64 {
    let mut sum = 0u64;
    counts.drain(|word, n| sum = sum.wrapping_add(pair_sum(word, n)));
    sum
}

pub fn sliding(path: &Path, tick: u64) -> u64 {
    let ticks = windows::ticks(path.metadata().expect("the text is there").len(), tick);
    let is_due = |number| number % windows::SLIDE == 0;
    by_two(path, &ticks, is_due, |(panes, window): &mut (VecDeque<Counts>, Counts), counts| {
        let mut pane = Counts::default();
        if panes.len() as u64 == windows::LENGTH / windows::SLIDE {
            pane = panes.pop_front().expect("it has as many as a window");
            pane.drain(|_, _| ());
        }
        std::mem::swap(&mut pane, counts);
        panes.push_back(pane);
        panes.iter().for_each(|pane| window.merge(pane));
        emitted(window)
    })
}
