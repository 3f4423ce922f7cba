//! The rows on timely, as its own examples write them: two workers, each with half of every tick as its input; ticks are
//! timestamps.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use memchr::memmem::Finder;
use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::vec::{Filter, Map};
use timely::dataflow::operators::{Inspect, Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};

use crate::{files, grep, pair_sum};

/// Reads this worker's half of each tick, hands its blocks to `send`, and calls `turn` at the tick's end.
fn ticks(path: &Path, tick: u64, worker: u64, mut send: impl FnMut(&str), mut turn: impl FnMut(u64)) {
    let file = File::open(path).expect("the text is there");
    let len = file.metadata().expect("the text is there").len();
    let mut buffer = Vec::new();
    for (number, begin) in (0..len).step_by(tick as usize).enumerate() {
        let end = (begin + tick).min(len);
        let middle = begin + (end - begin) / 2;
        let (from, to) = if worker == 0 { (begin, middle) } else { (middle, end) };
        files::blocks(&file, from, to, &mut buffer, |block| {
            send(simdutf8::basic::from_utf8(block).expect("the text is UTF-8"));
        });
        turn(number as u64 + 1);
    }
}

pub fn word_count(path: &Path, tick: u64) -> u64 {
    static HASHER: OnceLock<FixedState> = OnceLock::new();
    let path = path.to_path_buf();
    let total = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&total);
    let guards = timely::execute(timely::Config::process(2), move |worker| {
        let index = worker.index() as u64;
        let mut input = InputHandle::new();
        let probe = ProbeHandle::new();
        let total = Arc::clone(&shared);
        worker.dataflow::<u64, _, _>(|scope| {
            let by_word = Exchange::new(|(word, _): &(String, u64)| {
                HASHER.get_or_init(FixedState::default).hash_one(word)
            });
            input
                .to_stream(scope)
                .flat_map(|line: String| {
                    line.split(' ').map(|word| (word.to_owned(), 1)).collect::<Vec<(String, u64)>>()
                })
                .unary_frontier(by_word, "WordCount", |_capability, _info| {
                    #[allow(
                        clippy::mutable_key_type,
                        reason = "timely's examples keep their work by capability"
                    )]
                    let mut counts: HashMap<_, HashMap<String, u64, RandomState>> = HashMap::new();
                    move |(input, frontier), output| {
                        input.for_each_time(|time, data| {
                            let counts = counts.entry(time.retain(output.output_index())).or_default();
                            for (word, n) in data.flat_map(|batch| batch.drain(..)) {
                                *counts.entry(word).or_insert(0) += n;
                            }
                        });
                        counts.retain(|time, counts| {
                            if frontier.less_equal(time.time()) {
                                return true;
                            }
                            let mut session = output.session(time);
                            for pair in counts.drain() {
                                session.give(pair);
                            }
                            false
                        });
                    }
                })
                .container::<Vec<_>>()
                .inspect(move |(word, count)| {
                    total.fetch_add(pair_sum(word, *count), Relaxed);
                })
                .probe_with(&probe);
        });
        let input = std::cell::RefCell::new(input);
        ticks(
            &path,
            tick,
            index,
            |block| block.lines().for_each(|line| input.borrow_mut().send(line.to_owned())),
            |next| {
                input.borrow_mut().advance_to(next);
                while probe.less_than(input.borrow().time()) {
                    worker.step();
                }
            },
        );
    })
    .expect("timely starts");
    drop(guards);
    total.load(Relaxed)
}

pub fn grep(path: &Path, tick: u64) -> u64 {
    let path = path.to_path_buf();
    let total = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&total);
    let guards = timely::execute(timely::Config::process(2), move |worker| {
        let index = worker.index() as u64;
        let mut input = InputHandle::new();
        let probe = ProbeHandle::new();
        let total = Arc::clone(&shared);
        worker.dataflow::<u64, _, _>(|scope| {
            let finder = Finder::new(grep::NEEDLE).into_owned();
            input
                .to_stream(scope)
                .filter(move |line: &String| finder.find(line.as_bytes()).is_some())
                .inspect(move |line| {
                    total.fetch_add(line.len() as u64 + 1, Relaxed);
                })
                .probe_with(&probe);
        });
        let input = std::cell::RefCell::new(input);
        ticks(
            &path,
            tick,
            index,
            |block| block.lines().for_each(|line| input.borrow_mut().send(line.to_owned())),
            |next| {
                input.borrow_mut().advance_to(next);
                while probe.less_than(input.borrow().time()) {
                    worker.step();
                }
            },
        );
    })
    .expect("timely starts");
    drop(guards);
    total.load(Relaxed)
}
