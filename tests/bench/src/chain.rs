//! A chain of n maps over numbers, each a step of a recurrence (so that no compiler folds them away); then how many results of
//! each tick end in six zero bits.

use millstream::prelude::*;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream::{BoxError, batch::Batch};
use std::ops::Range;
use std::sync::{Arc, Barrier, Mutex};

/// The numbers of a range, made where they are read.
#[derive(Debug)]
pub struct Numbers {
    pub total: u64,
    pub per_tick: u64,
}

#[derive(Debug)]
pub struct NumbersReader {
    source: Numbers,
    next: Mutex<u64>,
}

/// A range of numbers.
#[derive(Debug)]
pub struct NumberBatch(Range<u64>);

impl Batch for NumberBatch {
    type Item<'a> = u64;
    type Iter<'a> = Range<u64>;
    fn items(&mut self) -> Range<u64> {
        self.0.clone()
    }
}

impl Source for Numbers {
    type Batch = NumberBatch;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "numbers", detail: self.total.to_string(), replayable: true }
    }
    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = NumberBatch>>, BoxError> {
        Ok(Arc::new(NumbersReader { source: self, next: Mutex::new(0) }))
    }
}

impl Reader for NumbersReader {
    type Batch = NumberBatch;
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut next = self.next.lock().map_err(|e| e.to_string())?;
        let end = (*next + self.source.per_tick.min(limit)).min(self.source.total);
        let ranges = vec![OffsetRange { partition: 0, start: *next, end }];
        *next = end;
        let ended = end == self.source.total;
        Ok(Offer { ranges, caught_up: ended, ended, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut NumberBatch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        visit(&mut NumberBatch(range.start..range.end))
    }
    /// A tick is one piece for each of two threads. (The engine's first ticks are of a few grains: so they are whole.)
    fn grain(&self) -> u64 {
        self.source.per_tick.div_ceil(2)
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        *self.next.lock().map_err(|e| e.to_string())? = positions.get(&0).copied().unwrap_or(0);
        Ok(())
    }
}

#[inline(always)]
pub(crate) fn step(x: u64) -> u64 {
    (x ^ (x >> 7)).wrapping_mul(3).wrapping_add(1)
}

/// By hand: two threads, each with half of every tick, which meet at its end. `N` steps a number, known to the compiler.
pub fn by_hand<const N: usize>(total: u64, per_tick: u64) -> u64 {
    by_hand_with(total, per_tick, |mut x| {
        for _ in 0..N {
            x = step(x);
        }
        x
    })
}

/// As [`by_hand`], a hundred steps in straight line: LLVM does not unroll a loop of so many.
pub fn by_hand_100(total: u64, per_tick: u64) -> u64 {
    #[inline(always)]
    fn ten(x: u64) -> u64 {
        step(step(step(step(step(step(step(step(step(step(x))))))))))
    }
    by_hand_with(total, per_tick, |x| ten(ten(ten(ten(ten(ten(ten(ten(ten(ten(x)))))))))))
}

/// As [`by_hand`], with a number of steps that is known at run time only.
pub fn by_hand_looped(times: usize, total: u64, per_tick: u64) -> u64 {
    by_hand_with(total, per_tick, |mut x| {
        for _ in 0..times {
            x = step(x);
        }
        x
    })
}

#[inline(always)]
fn by_hand_with(total: u64, per_tick: u64, change: impl Fn(u64) -> u64 + Sync) -> u64 {
    let (barrier, sum) = (Barrier::new(2), Mutex::new(0u64));
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (barrier, sum, change) = (&barrier, &sum, &change);
            scope.spawn(move || {
                for begin in (0..total).step_by(per_tick as usize) {
                    let end = (begin + per_tick).min(total);
                    let middle = begin + (end - begin) / 2;
                    let mut kept = 0u64;
                    for x in if me == 0 { begin..middle } else { middle..end } {
                        if change(x) % 64 == 0 {
                            kept += 1;
                        }
                    }
                    *sum.lock().expect("no panics") += kept;
                    barrier.wait();
                }
            });
        }
    });
    sum.into_inner().expect("no panics")
}

fn run(pipeline: Pipeline<'_>) {
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
}

macro_rules! maps {
    ($name:ident: $($n:ident)*) => {
        /// With Millstream: as many `map`s as the name says.
        pub fn $name(total: u64, per_tick: u64) -> u64 {
            let mut sum = 0;
            run(stream! {
                source(Numbers { total, per_tick })$(.map(|$n| step($n)))*
                    .filter(|x| x % 64 == 0)
                    .count()
                    .for_each(|n| sum += n);
            });
            sum
        }
    };
}

maps!(maps_1: a);
maps!(maps_10: a b c d e f g h i j);
maps!(maps_100:
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j);

/// With Millstream: one `map` in a `for`.
pub fn looped(times: usize, total: u64, per_tick: u64) -> u64 {
    let mut sum = 0;
    run(stream! {
        let x = source(Numbers { total, per_tick });
        for _ in 0..times { x = x.map(|x| step(x)); }
        x.filter(|x| x % 64 == 0).count().for_each(|n| sum += n);
    });
    sum
}
