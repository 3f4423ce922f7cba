//! Chains of maps: 16 numbers at a time, each step for all of them, so that no step waits for the one before.

use std::sync::{Barrier, Mutex};

use crate::chain::step;

const LANES: usize = 16;

/// `N` steps a number; then how many end in six zero bits.
pub fn maps<const N: usize>(total: u64, per_tick: u64) -> u64 {
    let (barrier, sum) = (Barrier::new(2), Mutex::new(0u64));
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (barrier, sum) = (&barrier, &sum);
            scope.spawn(move || {
                for begin in (0..total).step_by(per_tick as usize) {
                    let end = (begin + per_tick).min(total);
                    let middle = begin + (end - begin) / 2;
                    let (mut at, end) = if me == 0 { (begin, middle) } else { (middle, end) };
                    let mut kept = [0u64; LANES];
                    while at + LANES as u64 <= end {
                        let mut lanes: [u64; LANES] = std::array::from_fn(|lane| at + lane as u64);
                        for _ in 0..N {
                            lanes = lanes.map(step);
                        }
                        for (kept, x) in kept.iter_mut().zip(lanes) {
                            *kept += u64::from(x % 64 == 0);
                        }
                        at += LANES as u64;
                    }
                    let rest = (at..end).filter(|x| (0..N).fold(*x, |x, _| step(x)) % 64 == 0).count();
                    *sum.lock().expect("no panics") += kept.iter().sum::<u64>() + rest as u64;
                    barrier.wait();
                }
            });
        }
    });
    sum.into_inner().expect("no panics")
}
