//! Rows over numbers that are made where they are read.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use timely::dataflow::InputHandleVec;
use timely::dataflow::operators::vec::{Filter, Map};

use super::{by_tick, run, summed};
use crate::chain::step;
use crate::joins::key;
use crate::state::mark;

/// A worker's half of a tick.
pub(super) fn half(worker: usize, tick: u64, per_tick: u64, total: u64) -> Range<u64> {
    let begin = tick * per_tick;
    let end = (begin + per_tick).min(total);
    let middle = begin + (end - begin) / 2;
    if worker == 0 { begin..middle } else { middle..end }
}

#[allow(clippy::type_complexity, reason = "it is written once")]
fn numbers(
    total: u64,
    per_tick: u64,
) -> impl Fn(usize) -> Box<dyn FnMut(u64, &mut InputHandleVec<u64, u64>)> + Send + Sync + 'static {
    move |worker| Box::new(move |tick, input| half(worker, tick, per_tick, total).for_each(|n| input.send(n)))
}

/// A chain of so many maps.
pub fn maps(maps: usize, total: u64, per_tick: u64) -> u64 {
    run(total.div_ceil(per_tick), numbers(total, per_tick), move |stream, sum, probe| {
        let mapped = (0..maps).fold(stream, |stream, _| stream.map(step));
        summed(mapped.filter(|x| x % 64 == 0), sum, probe, |_| 1);
    })
}

/// Counts of keys, the tick that changed each, and where it stands in what comes out.
#[derive(Default)]
struct Counts {
    counts: HashMap<u64, (u64, u64, usize)>,
    tick: u64,
    out: Vec<(u64, u64)>,
}

pub fn running_count(total: u64, keys: u64, per_tick: u64) -> u64 {
    run(total.div_ceil(per_tick), numbers(total, per_tick), move |stream, sum, probe| {
        let counts = by_tick(
            stream.map(move |i| key(i, keys)),
            |key| *key >> 63,
            |state: &mut Counts, key| match state.counts.entry(key) {
                Entry::Occupied(mut known) => {
                    let (count, changed, at) = known.get_mut();
                    *count += 1;
                    if *changed != state.tick {
                        (*changed, *at) = (state.tick, state.out.len());
                        state.out.push((key, *count));
                    } else {
                        state.out[*at].1 = *count;
                    }
                }
                Entry::Vacant(new) => {
                    new.insert((1, state.tick, state.out.len()));
                    state.out.push((key, 1));
                }
            },
            |state, _tick, out| {
                state.tick += 1;
                out.append(&mut state.out);
            },
        );
        summed(counts, sum, probe, |(key, n)| mark(*key, *n));
    })
}
