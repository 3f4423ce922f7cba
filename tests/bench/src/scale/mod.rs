//! How cost grows: with records, keys, partitions, operators and threads.

pub mod plot;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream::prelude::*;

use crate::chain::{Numbers, maps_1, maps_10, maps_100};
use crate::joins::mix;

/// Of a tick of all workloads.
pub const PER_TICK: u64 = 1_000_000;
/// Of the keyed count.
pub const KEYS: u64 = 10_000;

fn key(i: u64, keys: u64) -> u64 {
    ((u128::from(mix(i + 1)) * u128::from(keys)) >> 64) as u64
}

/// A count by key and tick, over so many threads and partitions.
pub fn keyed_count(records: u64, keys: u64, threads: usize, partitions: usize) -> u64 {
    let sum = AtomicU64::new(0);
    let pipeline = stream! { <Keyed>
        let pairs = source(Numbers { total: records, per_tick: PER_TICK }).map(|i| (key(i, keys), 1u64));
        pairs.reduce_by_key(|a, b| a + b).for_each_partition(|pairs, _, _| {
            sum.fetch_add(pairs.iter().map(|(_, n)| n).sum(), Relaxed);
        });
    };
    let engine = Engine::local().threads(threads).partitions(partitions).trigger(Trigger::AvailableNow);
    engine.run(pipeline).expect("it runs");
    sum.into_inner()
}

/// A state for each key, changed keys emitted.
pub fn running_count(records: u64, keys: u64) -> u64 {
    let sum = AtomicU64::new(0);
    let pipeline = stream! { <Running>
        let pairs = source(Numbers { total: records, per_tick: PER_TICK }).map(|i| (key(i, keys), ()));
        pairs.running_count().for_each_partition(|pairs, _, _| {
            sum.fetch_add(pairs.len() as u64, Relaxed);
        });
    };
    let engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow);
    engine.run(pipeline).expect("it runs");
    sum.into_inner()
}

/// As [`keyed_count`], by hand: a table a thread, which one of them merges at the end of each tick.
pub fn keyed_count_by_hand(records: u64, keys: u64, threads: usize) -> u64 {
    type Table = HashMap<u64, u64, FixedState>;
    let (barrier, sum) = (Barrier::new(threads), AtomicU64::new(0));
    let tables: Vec<Mutex<Table>> = (0..threads).map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for me in 0..threads as u64 {
            let (barrier, sum, tables) = (&barrier, &sum, &tables);
            scope.spawn(move || {
                for begin in (0..records).step_by(PER_TICK as usize) {
                    let len = PER_TICK.min(records - begin);
                    let at = |thread: u64| begin + len * thread / threads as u64;
                    let mut own = tables[me as usize].lock().expect("no panics");
                    for i in at(me)..at(me + 1) {
                        *own.entry(key(i, keys)).or_default() += 1;
                    }
                    drop(own);
                    barrier.wait();
                    if me == 0 {
                        let mut all = tables[0].lock().expect("no panics");
                        for other in &tables[1..] {
                            for (key, n) in other.lock().expect("no panics").drain() {
                                *all.entry(key).or_default() += n;
                            }
                        }
                        sum.fetch_add(all.drain().map(|(_, n)| n).sum(), Relaxed);
                    }
                    barrier.wait();
                }
            });
        }
    });
    sum.into_inner()
}

#[inline(always)]
fn step(x: u64) -> u64 {
    (x ^ (x >> 7)).wrapping_mul(3).wrapping_add(1)
}

/// Ten maps over numbers, and how many of the results end in six zero bits, over so many threads.
pub fn ten_maps(records: u64, threads: usize) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! {
        let mixed = source(Numbers { total: records, per_tick: 10 * PER_TICK })
            .map(|x| step(x)).map(|x| step(x)).map(|x| step(x)).map(|x| step(x)).map(|x| step(x))
            .map(|x| step(x)).map(|x| step(x)).map(|x| step(x)).map(|x| step(x)).map(|x| step(x));
        mixed.filter(|x| x % 64 == 0).count().for_each(|n| sum += n);
    };
    let engine = Engine::local().threads(threads).partitions(threads).trigger(Trigger::AvailableNow);
    engine.run(pipeline).expect("it runs");
    sum
}

/// As [`ten_maps`], by hand.
pub fn ten_maps_by_hand(records: u64, threads: usize) -> u64 {
    let (barrier, sum) = (Barrier::new(threads), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for me in 0..threads as u64 {
            let (barrier, sum) = (&barrier, &sum);
            scope.spawn(move || {
                for begin in (0..records).step_by(10 * PER_TICK as usize) {
                    let len = (10 * PER_TICK).min(records - begin);
                    let at = |thread: u64| begin + len * thread / threads as u64;
                    let kept = (at(me)..at(me + 1)).filter(|x| (0..10).fold(*x, |x, _| step(x)) % 64 == 0);
                    sum.fetch_add(kept.count() as u64, Relaxed);
                    barrier.wait();
                }
            });
        }
    });
    sum.into_inner()
}

macro_rules! maps {
    ($name:ident: $($n:ident)*) => {
        fn $name(total: u64, per_tick: u64) -> u64 {
            let mut sum = 0;
            let pipeline = stream! {
                source(Numbers { total, per_tick })$(.map(|$n| step($n)))*
                    .filter(|x| x % 64 == 0)
                    .count()
                    .for_each(|n| sum += n);
            };
            let engine = Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow);
            engine.run(pipeline).expect("it runs");
            sum
        }
    };
}

maps!(maps_50:
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j);
maps!(maps_200:
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j
    a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j a b c d e f g h i j);

/// A chain of so many maps: 1, 10, 50, 100 or 200.
///
/// # Panics
/// If there is none of that length.
pub fn chain(maps: u64, records: u64) -> u64 {
    let run: fn(u64, u64) -> u64 = match maps {
        1 => maps_1,
        10 => maps_10,
        50 => maps_50,
        100 => maps_100,
        200 => maps_200,
        _ => panic!("there is no chain of {maps} maps"),
    };
    run(records, 10 * PER_TICK)
}
