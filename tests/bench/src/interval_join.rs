//! A join of two streams by key and time: what was shown, and the clicks on it in the ten seconds after. For four that are shown
//! there is a click; two of three come in time.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream::Trigger;
use millstream::prelude::*;
use serde::{Deserialize, Serialize};

use crate::chain::Numbers;
use crate::dealt::dealt;
use crate::joins::mix;

/// How long after a click counts, in milliseconds.
const WITHIN: i64 = 10_000;
const OUT_OF_ORDER: i64 = 1000;
/// How many are shown in a millisecond.
const RATE: u64 = 80;
/// A click comes up to fifteen seconds after.
const LATEST: u64 = 15_000 * RATE;

/// Key and time of what is shown.
#[inline(always)]
pub(crate) fn shown(i: u64) -> (u64, i64) {
    (mix(i + 1), (i / RATE) as i64)
}

/// Key and time of a click. (Those on what was shown before the first find nothing.)
#[inline(always)]
pub(crate) fn click(j: u64) -> (u64, i64) {
    let now = 4 * j;
    (mix((now + 1).wrapping_sub(mix(j + 1) % LATEST)), (now / RATE) as i64)
}

/// Nothing of either stream comes before this time, behind so many that were shown.
pub(crate) fn watermark(shown: u64) -> i64 {
    (shown / RATE) as i64 - OUT_OF_ORDER
}

#[inline(always)]
pub(crate) fn mark(key: u64, shown: i64, click: i64) -> u64 {
    (key ^ (shown as u64).rotate_left(20)).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_mul(click as u64 | 1)
}

/// The time of one or the other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Side {
    Left(i64),
    Right(i64),
}

/// What waits under a key.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    shown: Vec<i64>,
    clicks: Vec<i64>,
}

impl Pairs {
    pub(crate) fn add(&mut self, side: Side, mut pair: impl FnMut(i64, i64)) {
        let in_time = |shown: i64, click: i64| (0..=WITHIN).contains(&(click - shown));
        match side {
            Side::Left(shown) => {
                self.clicks.iter().filter(|click| in_time(shown, **click)).for_each(|c| pair(shown, *c));
                self.shown.push(shown);
            }
            Side::Right(click) => {
                self.shown.iter().filter(|shown| in_time(**shown, click)).for_each(|s| pair(*s, click));
                self.clicks.push(click);
            }
        }
    }

    /// Forgets what nothing can meet any more; whether nothing is left.
    pub(crate) fn expire(&mut self, watermark: i64) -> bool {
        self.shown.retain(|time| time + WITHIN >= watermark);
        self.clicks.retain(|time| *time >= watermark);
        self.shown.is_empty() && self.clicks.is_empty()
    }
}

/// When to look at a key again.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    shown: VecDeque<(i64, u64)>,
    clicks: VecDeque<(i64, u64)>,
}

impl Expiry {
    #[inline(always)]
    pub(crate) fn note(&mut self, key: u64, side: Side) {
        match side {
            Side::Left(time) => self.shown.push_back((time + WITHIN, key)),
            Side::Right(time) => self.clicks.push_back((time, key)),
        }
    }

    pub(crate) fn expire(&mut self, watermark: i64, mut key: impl FnMut(u64)) {
        for list in [&mut self.clicks, &mut self.shown] {
            while let Some((_, of)) = list.front().filter(|(time, _)| *time < watermark) {
                key(*of);
                list.pop_front();
            }
        }
    }
}

/// By hand: both streams are dealt by key; each thread has a hash map of what waits, and a queue that says when it is over.
pub fn idiomatic(total: u64, per_tick: u64) -> u64 {
    dealt(
        total,
        per_tick,
        |begin, end, to| {
            for (key, time) in (begin..end).map(shown) {
                to[(key >> 63) as usize].push((key, Side::Left(time)));
            }
            for (key, time) in (begin / 4..end / 4).map(click) {
                to[(key >> 63) as usize].push((key, Side::Right(time)));
            }
        },
        |(waiting, expiry): &mut (HashMap<u64, Pairs, FixedState>, Expiry), (key, side)| {
            let mut sum = 0u64;
            expiry.note(key, side);
            let waiting = waiting.entry(key).or_default();
            waiting.add(side, |shown, click| sum = sum.wrapping_add(mark(key, shown, click)));
            sum
        },
        |(waiting, expiry), end| {
            let Some(watermark) = end.map(watermark) else { return 0 };
            expiry.expire(watermark, |key| {
                if waiting.get_mut(&key).is_some_and(|pairs| pairs.expire(watermark)) {
                    waiting.remove(&key);
                }
            });
            0
        },
    )
}

/// With Millstream.
pub fn millstream(total: u64, per_tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <ShownAndClicked>
        let all = source(Numbers { total, per_tick }).map(|i| shown(i));
        let every = source(Numbers { total: total / 4, per_tick: per_tick / 4 }).map(|j| click(j));
        let shown = all.event_time(|(_, time)| *time, millis(OUT_OF_ORDER as u64));
        let clicks = every.event_time(|(_, time)| *time, millis(OUT_OF_ORDER as u64));
        let pairs = shown.interval_join(clicks, Interval::between(secs(0), millis(WITHIN as u64)));
        let marks = pairs.map(|(key, (shown, click))| mark(key, shown, click));
        marks.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    };
    // Until the input has ended: so event time ends too.
    let engine = Engine::local().threads(2).partitions(2).memory_budget(u64::MAX);
    engine.trigger(Trigger::Eager).run(pipeline).expect("it runs");
    sum
}
