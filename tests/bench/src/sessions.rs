//! Sessions: clicks of many users, up to a second out of order; each session's begin, end and number of clicks.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use millstream::Trigger;
use millstream::prelude::*;

use crate::chain::Numbers;
use crate::dealt::dealt;
use crate::joins::mix;

/// A session is over when its user has not clicked for so long, in milliseconds.
const GAP: i64 = 5000;
const OUT_OF_ORDER: i64 = 1000;
/// Clicks in a millisecond.
const RATE: u64 = 100;
/// So many users come, are there for thirty seconds, and are followed by others.
const USERS: u64 = 200_000;

/// The user and the time of a click.
#[inline(always)]
pub(crate) fn click(i: u64) -> (u64, i64) {
    let random = mix(i + 1);
    let time = i / RATE;
    let user = random % USERS + USERS * (time / 30_000);
    (user, (time + (random >> 40) % OUT_OF_ORDER as u64) as i64)
}

/// Behind so many clicks nothing comes before this time.
pub(crate) fn watermark(clicks: u64) -> i64 {
    (clicks / RATE) as i64 - 1
}

#[inline(always)]
pub(crate) fn mark(user: u64, start: i64, end: i64, clicks: u64) -> u64 {
    let times = (start as u64).rotate_left(20) ^ (end as u64).rotate_left(40);
    (user ^ times).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_mul(clicks)
}

/// The sessions of a user that are not over.
#[derive(Debug, Default)]
pub(crate) struct Open(Vec<(i64, i64, u64)>);

impl Open {
    pub(crate) fn add(&mut self, time: i64) {
        let touches = |(start, end, _): &(i64, i64, u64)| time <= *end && *start <= time + GAP;
        let Some(at) = self.0.iter().position(touches) else {
            self.0.push((time, time + GAP, 1));
            return;
        };
        let session = &mut self.0[at];
        *session = (session.0.min(time), session.1.max(time + GAP), session.2 + 1);
        let merged = *session;
        // It may close the gap to another one.
        let reaches = |(start, end, _): &(i64, i64, u64)| merged.0 <= *end && *start <= merged.1;
        if self.0.len() > 1
            && let Some(other) = (0..self.0.len()).find(|other| *other != at && reaches(&self.0[*other]))
        {
            let (start, end, n) = self.0[other];
            self.0[at] = (merged.0.min(start), merged.1.max(end), merged.2 + n);
            self.0.swap_remove(other);
        }
    }

    pub(crate) fn close(&mut self, watermark: i64, mut over: impl FnMut(i64, i64, u64)) {
        self.0.retain(|(start, end, n)| {
            let is_open = *end > watermark;
            if !is_open {
                over(*start, *end, *n);
            }
            is_open
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// By hand: clicks are dealt by user; each thread has a hash map of open sessions, through which it goes at the end of a tick.
pub fn idiomatic(total: u64, per_tick: u64) -> u64 {
    dealt(
        total,
        per_tick,
        |begin, end, to| {
            (begin..end).map(click).for_each(|(user, time)| to[(user & 1) as usize].push((user, time)));
        },
        |open: &mut HashMap<u64, Open, FixedState>, (user, time)| {
            open.entry(user).or_default().add(time);
            0
        },
        |open, end| {
            let mut sum = 0u64;
            open.retain(|user, open| {
                open.close(end.map_or(i64::MAX, watermark), |start, end, n| {
                    sum = sum.wrapping_add(mark(*user, start, end, n));
                });
                !open.is_empty()
            });
            sum
        },
    )
}

/// With Millstream.
pub fn millstream(total: u64, per_tick: u64) -> u64 {
    let mut sum = 0u64;
    let pipeline = stream! { <Sessions>
        let clicks = source(Numbers { total, per_tick }).map(|i| click(i));
        let timed = clicks.event_time(|(_, time)| *time, millis(OUT_OF_ORDER as u64)).map(|(user, _)| (user, ()));
        let sessions = timed.session(millis(GAP as u64)).count_by_key();
        let marks = sessions.map(|(w, user, n)| mark(user, w.start.millis(), w.end.millis(), n));
        marks.reduce(u64::wrapping_add).for_each(|n| sum = sum.wrapping_add(n));
    };
    // Until the input has ended: so event time ends too.
    let engine = Engine::local().threads(2).partitions(2).memory_budget(u64::MAX);
    engine.trigger(Trigger::Eager).run(pipeline).expect("it runs");
    sum
}
