//! Groups and joins of pairs of numbers, in one tick; then the sum of those results whose mark ends in six zero bits.

use std::sync::{Barrier, Mutex};

use millstream::prelude::*;

use crate::chain::Numbers;

/// A bijection of numbers that leaves nothing in order (the end of SplitMix64).
#[inline(always)]
pub(crate) fn mix(n: u64) -> u64 {
    let z = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The `i`-th pair's key, out of `keys`.
#[inline(always)]
pub(crate) fn key(i: u64, keys: u64) -> u64 {
    mix(((u128::from(mix(i + 1)) * u128::from(keys)) >> 64) as u64 + 1)
}

/// What a result is counted as, if it is.
#[inline(always)]
fn mark(key: u64, a: u64, b: u64) -> Option<u64> {
    let mark = key.wrapping_add(a.wrapping_mul(3)).wrapping_add(b.wrapping_mul(7));
    (mark & 63 == 0).then_some(mark)
}

const PARTS: usize = 128;
type Parts = Vec<Vec<(u64, u64)>>;

/// As good a hash as a program can choose that keeps it to itself: one multiplication.
#[inline(always)]
fn hash(key: u64) -> u64 {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn scatter(range: std::ops::Range<u64>, pair: impl Fn(u64) -> (u64, u64)) -> Parts {
    // A tenth more than each part should get: no part grows.
    let room = (range.end - range.start) as usize / PARTS;
    let mut parts: Parts = (0..PARTS).map(|_| Vec::with_capacity(room + room / 10 + 16)).collect();
    for i in range {
        let (key, value) = pair(i);
        parts[(hash(key) >> 57) as usize].push((key, value));
    }
    parts
}

/// Two threads; each has half of the numbers, then every second part.
pub(crate) fn two(total: u64, work: impl Fn(usize, std::ops::Range<u64>, &Barrier) -> u64 + Sync) -> u64 {
    let (barrier, sum) = (Barrier::new(2), Mutex::new(0u64));
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (barrier, sum, work) = (&barrier, &sum, &work);
            let half = total / 2;
            let range = if me == 0 { 0..half } else { half..total };
            scope.spawn(move || {
                let own = work(me, range, barrier);
                let mut sum = sum.lock().expect("no panics");
                *sum = sum.wrapping_add(own);
            });
        }
    });
    sum.into_inner().expect("no panics")
}

/// An open table with linear probing, of keys that are not 0.
#[derive(Debug)]
struct Open {
    slots: Vec<(u64, u64)>,
    shift: u32,
}

impl Open {
    fn with_room(n: usize) -> Open {
        let size = (2 * n).next_power_of_two().max(2);
        Open { slots: vec![(0, 0); size], shift: 64 - size.ilog2() }
    }

    /// The slot of a key, or the free one where it belongs. `rest` are the bits that the part has not used.
    #[inline(always)]
    fn at(&self, key: u64, rest: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (rest >> self.shift) as usize & mask;
        while self.slots[at].0 != key && self.slots[at].0 != 0 {
            at = (at + 1) & mask;
        }
        at
    }
}

/// By hand, in two phases: pairs are dealt to parts that fit into a near cache, then each part is joined.
pub fn join_by_hand(left: u64, right: u64) -> u64 {
    let exchange: [Mutex<(Parts, Parts)>; 2] = Default::default();
    two(left, |me, range, barrier| {
        let half = right / 2;
        let own = if me == 0 { 0..half } else { half..right };
        let a = scatter(range, |i| (key(i, right), i));
        let b = scatter(own, |j| (mix(j + 1), j));
        *exchange[me].lock().expect("no panics") = (a, b);
        barrier.wait();
        let mut sum = 0u64;
        for part in (me..PARTS).step_by(2) {
            let mine = |side: usize| {
                let mut sides = exchange[side].lock().expect("no panics");
                (std::mem::take(&mut sides.0[part]), std::mem::take(&mut sides.1[part]))
            };
            let ((a0, b0), (a1, b1)) = (mine(0), mine(1));
            let mut table = Open::with_room(b0.len() + b1.len());
            for (key, value) in b0.into_iter().chain(b1) {
                let at = table.at(key, hash(key) << 7);
                table.slots[at] = (key, value);
            }
            for list in [a0, a1] {
                for (key, value) in list {
                    let (found, other) = table.slots[table.at(key, hash(key) << 7)];
                    if found == key
                        && let Some(mark) = mark(key, value, other)
                    {
                        sum = sum.wrapping_add(mark);
                    }
                }
            }
        }
        sum
    })
}

/// A table made before: by hand, for both threads to look up in.
#[derive(Debug)]
pub struct OpenTable(Open);

/// The right side as such a table.
pub fn open_table(right: u64) -> OpenTable {
    let mut table = Open::with_room(right as usize);
    for j in 0..right {
        let key = mix(j + 1);
        let at = table.at(key, hash(key));
        table.slots[at] = (key, j);
    }
    OpenTable(table)
}

/// The right side as a table of Millstream's.
pub fn table(right: u64) -> Table<u64, u64> {
    (0..right).map(|j| (mix(j + 1), j)).collect()
}

/// By hand: each thread looks its half up in a table that was made before.
pub fn look_up_by_hand(left: u64, right: u64, table: &OpenTable) -> u64 {
    let table = &table.0;
    two(left, |_, range, _| {
        let mut sum = 0u64;
        for i in range {
            let key = key(i, right);
            let (found, other) = table.slots[table.at(key, hash(key))];
            if found == key
                && let Some(mark) = mark(key, i, other)
            {
                sum = sum.wrapping_add(mark);
            }
        }
        sum
    })
}

/// With Millstream: every left pair has one match on the right.
pub fn join(left: u64, right: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <Join>
        let a = source(Numbers { total: left, per_tick: left }).map(|i| (key(i, right), i));
        let b = source(Numbers { total: right, per_tick: right }).map(|j| (mix(j + 1), j));
        let marks = a.join(b).filter_map(|(key, (i, j))| mark(key, i, j));
        marks.for_each_batch(|batch, _tick| sum = batch.iter().fold(sum, |sum, mark| sum.wrapping_add(*mark)));
    };
    run(pipeline);
    sum
}

/// With Millstream: the right side is a table that was made before.
pub fn look_up(left: u64, right: u64, table: &Table<u64, u64>) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <JoinTable>
        let a = source(Numbers { total: left, per_tick: left }).map(|i| (key(i, right), i));
        let marks = a.join_table(table).filter_map(|(key, (i, j))| mark(key, i, j));
        marks.for_each_batch(|batch, _tick| sum = batch.iter().fold(sum, |sum, mark| sum.wrapping_add(*mark)));
    };
    run(pipeline);
    sum
}

/// By hand, in two phases; each part's values are counted by key, then put into lists that don't grow.
pub fn group_by_hand(total: u64, keys: u64) -> u64 {
    let exchange: [Mutex<Parts>; 2] = Default::default();
    two(total, |me, range, barrier| {
        *exchange[me].lock().expect("no panics") = scatter(range, |i| (key(i, keys), i));
        barrier.wait();
        let mut sum = 0u64;
        let mut groups: Vec<(u64, Vec<u64>)> = Vec::new();
        let mut numbers: Vec<u32> = Vec::new();
        let mut counts: Vec<u32> = Vec::new();
        for part in (me..PARTS).step_by(2) {
            let lists =
                [0, 1].map(|side| std::mem::take(&mut exchange[side].lock().expect("no panics")[part]));
            let mut table = Open::with_room(keys as usize / PARTS + keys as usize / PARTS / 8 + 16);
            numbers.clear();
            counts.clear();
            for (key, _) in lists.iter().flatten() {
                let at = table.at(*key, hash(*key) << 7);
                if table.slots[at].0 == 0 {
                    table.slots[at] = (*key, counts.len() as u64);
                    counts.push(0);
                }
                let number = table.slots[at].1 as usize;
                counts[number] += 1;
                numbers.push(number as u32);
            }
            for ((key, value), number) in lists.into_iter().flatten().zip(&numbers) {
                let number = *number as usize;
                if number == groups.len() {
                    groups.push((key, Vec::with_capacity(counts[number] as usize)));
                }
                groups[number].1.push(value);
            }
            for (key, values) in groups.drain(..) {
                sum = sum.wrapping_add(group_mark(key, &values));
            }
        }
        sum
    })
}

/// All values of a group, in their order.
#[inline(always)]
fn group_mark(key: u64, values: &[u64]) -> u64 {
    values.iter().fold(key, |mark, value| mark.wrapping_mul(31).wrapping_add(*value))
}

/// With Millstream.
pub fn group(total: u64, keys: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <Group>
        let pairs = source(Numbers { total, per_tick: total }).map(|i| (key(i, keys), i));
        let marks = pairs.group_by_key().map(|(key, values)| ((), group_mark(key, &values)));
        let sums = marks.reduce_by_key(u64::wrapping_add);
        sums.for_each(|((), mark)| sum = mark);
    };
    run(pipeline);
    sum
}

pub(crate) fn run(pipeline: Pipeline<'_>) {
    Engine::local().threads(2).partitions(2).trigger(Trigger::AvailableNow).run(pipeline).expect("it runs");
}
