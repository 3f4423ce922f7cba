//! Rows over lines of text.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::hash::BuildHasher;
use std::path::Path;
use std::sync::Arc;

use foldhash::fast::FixedState;
use memchr::memmem::Finder;
use timely::dataflow::InputHandleVec;
use timely::dataflow::operators::vec::{Filter, Map};

use super::{END, by_tick, run, summed};
use crate::json::Visit;
use crate::{files, grep, pair_sum, windows};

/// What sends the lines of a worker's half of each tick.
#[allow(clippy::type_complexity, reason = "it is written once")]
fn lines(
    path: &Path,
    ticks: Arc<Vec<(u64, u64)>>,
) -> impl Fn(usize) -> Box<dyn FnMut(u64, &mut InputHandleVec<u64, String>)> + Send + Sync + 'static {
    let file = Arc::new(File::open(path).expect("the text is there"));
    move |worker| {
        let (file, ticks, mut buffer) = (Arc::clone(&file), Arc::clone(&ticks), Vec::new());
        Box::new(move |tick, input| {
            let (begin, end) = ticks[tick as usize];
            let middle = begin + (end - begin) / 2;
            let (from, to) = if worker == 0 { (begin, middle) } else { (middle, end) };
            files::blocks(&file, from, to, &mut buffer, |block| {
                let text = simdutf8::basic::from_utf8(block).expect("the text is UTF-8");
                text.lines().for_each(|line| input.send(line.to_owned()));
            });
        })
    }
}

fn even(path: &Path, tick: u64) -> Arc<Vec<(u64, u64)>> {
    let len = path.metadata().expect("the text is there").len();
    Arc::new((0..len).step_by(tick as usize).map(|begin| (begin, (begin + tick).min(len))).collect())
}

pub fn grep(path: &Path, tick: u64) -> u64 {
    let ticks = even(path, tick);
    run(ticks.len() as u64, lines(path, ticks), |lines, sum, probe| {
        let finder = Finder::new(grep::NEEDLE).into_owned();
        let found = lines.filter(move |line| finder.find(line.as_bytes()).is_some());
        summed(found, sum, probe, |line| line.len() as u64 + 1);
    })
}

fn words(line: String) -> Vec<(String, u64)> {
    line.split(' ').map(|word| (word.to_owned(), 1)).collect()
}

fn hash(word: &str) -> u64 {
    FixedState::default().hash_one(word)
}

pub fn word_count(path: &Path, tick: u64) -> u64 {
    let ticks = even(path, tick);
    run(ticks.len() as u64, lines(path, ticks), |lines, sum, probe| {
        let counts = by_tick(
            lines.flat_map(words),
            |(word, _)| hash(word),
            |counts: &mut HashMap<String, u64>, (word, n)| *counts.entry(word).or_insert(0) += n,
            |counts, _tick, out| out.extend(counts.drain()),
        );
        summed(counts, sum, probe, |(word, n)| pair_sum(word, *n));
    })
}

/// Counts of the ticks of a slide, and of those before it.
#[derive(Default)]
struct Panes {
    slide: HashMap<String, u64>,
    panes: VecDeque<HashMap<String, u64>>,
}

pub fn sliding(path: &Path, tick: u64) -> u64 {
    let len = path.metadata().expect("the text is there").len();
    let ticks = Arc::new(windows::ticks(len, tick));
    run(ticks.len() as u64, lines(path, ticks), |lines, sum, probe| {
        let counts = by_tick(
            lines.flat_map(words),
            |(word, _)| hash(word),
            |panes: &mut Panes, (word, n)| *panes.slide.entry(word).or_insert(0) += n,
            |panes, tick, out| {
                if tick == END || (tick + 1) % windows::SLIDE != 0 {
                    return;
                }
                panes.panes.push_back(std::mem::take(&mut panes.slide));
                if panes.panes.len() as u64 > windows::LENGTH / windows::SLIDE {
                    panes.panes.pop_front();
                }
                let mut window: HashMap<&str, u64> = HashMap::new();
                for (word, n) in panes.panes.iter().flatten() {
                    *window.entry(word).or_insert(0) += n;
                }
                out.extend(window.into_iter().map(|(word, n)| (word.to_owned(), n)));
            },
        );
        summed(counts, sum, probe, |(word, n): &(String, u64)| pair_sum(word, *n));
    })
}

pub fn json(path: &Path, tick: u64) -> u64 {
    let ticks = even(path, tick);
    run(ticks.len() as u64, lines(path, ticks), |lines, sum, probe| {
        let visits = lines.flat_map(|line| {
            let visit: Option<Visit<'_>> = serde_json::from_str(&line).ok();
            visit.map(|visit| (visit.page.to_owned(), visit.ms))
        });
        let totals = by_tick(
            visits,
            |(page, _)| hash(page),
            |totals: &mut HashMap<String, u64>, (page, ms)| *totals.entry(page).or_insert(0) += ms,
            |totals, _tick, out| out.extend(totals.drain()),
        );
        summed(totals, sum, probe, |(page, ms)| pair_sum(page, *ms));
    })
}
