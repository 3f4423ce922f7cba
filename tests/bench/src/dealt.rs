//! What idiomatic rows with state share: two threads that deal what they read to each other, tick by tick.

use std::sync::{Barrier, Mutex};

use crate::joins::two;

/// Each thread deals its half of a tick to both, then takes what is dealt to it, in order, into its state; then it closes what is
/// over behind so many records, and at the end all. The sum of what `step` and `close` emit.
pub(crate) fn dealt<M: Send, S: Default>(
    total: u64,
    per_tick: u64,
    deal: impl Fn(u64, u64, [&mut Vec<M>; 2]) + Sync,
    step: impl Fn(&mut S, M) -> u64 + Sync,
    close: impl Fn(&mut S, Option<u64>) -> u64 + Sync,
) -> u64 {
    // exchange[from][to]
    let exchange: [[Mutex<Vec<M>>; 2]; 2] = Default::default();
    two(total, |me, _, barrier: &Barrier| {
        let (mut state, mut sum) = (S::default(), 0u64);
        for begin in (0..total).step_by(per_tick as usize) {
            let end = (begin + per_tick).min(total);
            let middle = begin + (end - begin) / 2;
            let (from, to) = if me == 0 { (begin, middle) } else { (middle, end) };
            {
                let [mut zero, mut one] = [0, 1].map(|to| exchange[me][to].lock().expect("no panics"));
                deal(from, to, [&mut zero, &mut one]);
            }
            barrier.wait();
            for from in &exchange {
                for message in from[me].lock().expect("no panics").drain(..) {
                    sum = sum.wrapping_add(step(&mut state, message));
                }
            }
            sum = sum.wrapping_add(close(&mut state, Some(end)));
            barrier.wait();
        }
        sum.wrapping_add(close(&mut state, None))
    })
}
