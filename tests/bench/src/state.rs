//! State by key, in ticks of a million records of a million uniform keys; the sum of all that is emitted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use millstream::prelude::*;

use crate::chain::Numbers;
use crate::joins::{key, run, two};

/// What a pair that is emitted adds to the sum.
#[inline(always)]
pub(crate) fn mark(key: u64, value: u64) -> u64 {
    key ^ value.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// What the pairs that a thread hands out at a tick's end add to the sum.
fn marks(pairs: &[(u64, u64)]) -> u64 {
    pairs.iter().fold(0, |sum: u64, (key, value)| sum.wrapping_add(mark(*key, *value)))
}

/// Two threads: each deals its half of a tick to both by the key, then takes what is dealt to it, in order, through `step`, which may
/// emit; what was emitted is handed out at the end of the tick.
fn by_hand<S: Default>(
    total: u64,
    per_tick: u64,
    pair: impl Fn(u64) -> (u64, u64) + Sync,
    step: impl Fn(&mut S, u32, u64, u64, &mut Vec<(u64, u64)>) + Sync,
) -> u64 {
    type Dealt = [Mutex<Vec<(u64, u64)>>; 2];
    // exchange[from][to]
    let exchange: [Dealt; 2] = Default::default();
    two(total, |me, _, barrier: &Barrier| {
        let (mut state, mut sum) = (S::default(), 0u64);
        for (tick, begin) in (0..total).step_by(per_tick as usize).enumerate() {
            let end = (begin + per_tick).min(total);
            let middle = begin + (end - begin) / 2;
            let range = if me == 0 { begin..middle } else { middle..end };
            {
                let mut to = [0, 1].map(|to| exchange[me][to].lock().expect("no panics"));
                for i in range {
                    let (key, value) = pair(i);
                    to[(key >> 63) as usize].push((key, value));
                }
            }
            barrier.wait();
            let mut out = Vec::new();
            for from in &exchange {
                for (key, value) in from[me].lock().expect("no panics").drain(..) {
                    step(&mut state, tick as u32 + 1, key, value, &mut out);
                }
            }
            sum = sum.wrapping_add(marks(&out));
            barrier.wait();
        }
        sum
    })
}

type Table<V> = HashMap<u64, V, FixedState>;

/// By hand: a hash map a thread.
pub fn totals_by_hand(total: u64, keys: u64, per_tick: u64) -> u64 {
    by_hand(
        total,
        per_tick,
        |i| (key(i, keys), i),
        |sums: &mut Table<u64>, _, key, value, out| {
            let sum = sums.entry(key).or_default();
            *sum = sum.wrapping_add(value);
            out.push((key, *sum));
        },
    )
}

/// With Millstream: `map_with_state` emits each record's key with the sum of its values so far.
pub fn totals(total: u64, keys: u64, per_tick: u64) -> u64 {
    let sum = AtomicU64::new(0);
    let pipeline = stream! { <Totals>
        let pairs = source(Numbers { total, per_tick }).map(|i| (key(i, keys), i));
        let totals = pairs.map_with_state(|key, value, state: &mut State<u64>| {
            let total = state.get_or_insert_with(|| 0);
            *total = total.wrapping_add(value?);
            Some((*key, *total))
        }, StateSpec::new());
        totals.for_each_partition(|pairs, _, _| { sum.fetch_add(marks(&pairs), Relaxed); });
    };
    run(pipeline);
    sum.into_inner()
}

/// By hand: a hash map a thread, which knows where in the tick's output a key stands.
pub fn counts_by_hand(total: u64, keys: u64, per_tick: u64) -> u64 {
    type Counts = Table<(u64, u32, u32)>;
    by_hand(
        total,
        per_tick,
        |i| (key(i, keys), 1),
        |counts: &mut Counts, tick, key, n, out| match counts.entry(key) {
            Entry::Occupied(mut known) => {
                let (count, changed, at) = known.get_mut();
                *count += n;
                if *changed != tick {
                    (*changed, *at) = (tick, out.len() as u32);
                    out.push((key, *count));
                } else {
                    out[*at as usize].1 = *count;
                }
            }
            Entry::Vacant(new) => {
                new.insert((n, tick, out.len() as u32));
                out.push((key, n));
            }
        },
    )
}

/// With Millstream: `running_count` emits the keys of a tick with their counts.
pub fn counts(total: u64, keys: u64, per_tick: u64) -> u64 {
    let sum = AtomicU64::new(0);
    let pipeline = stream! { <Counts>
        let keys = source(Numbers { total, per_tick }).map(|i| (key(i, keys), ()));
        keys.running_count().for_each_partition(|pairs, _, _| { sum.fetch_add(marks(&pairs), Relaxed); });
    };
    run(pipeline);
    sum.into_inner()
}
