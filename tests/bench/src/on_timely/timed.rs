//! Rows in event time. All know how far events are out of order, so the end of a tick says how far event time is.

use std::collections::HashMap;

use timely::dataflow::InputHandleVec;

use super::numbers::half;
use super::{END, by_tick, run, summed};
use crate::interval_join::{self, Pairs, Side};
use crate::sessions::{self, Open};

pub fn sessions(total: u64, per_tick: u64) -> u64 {
    let feed = move |worker| {
        move |tick, input: &mut InputHandleVec<u64, (u64, i64)>| {
            half(worker, tick, per_tick, total).for_each(|i| input.send(sessions::click(i)));
        }
    };
    run(total.div_ceil(per_tick), feed, move |clicks, sum, probe| {
        let ended = by_tick(
            clicks,
            |(user, _)| *user,
            |open: &mut HashMap<u64, Open>, (user, time)| open.entry(user).or_default().add(time),
            move |open, tick, out| {
                let watermark =
                    if tick == END { i64::MAX } else { sessions::watermark((tick + 1) * per_tick) };
                open.retain(|user, open| {
                    open.close(watermark, |start, end, n| out.push((*user, start, end, n)));
                    !open.is_empty()
                });
            },
        );
        summed(ended, sum, probe, |(user, start, end, n)| sessions::mark(*user, *start, *end, *n));
    })
}

pub fn interval_join(total: u64, per_tick: u64) -> u64 {
    let feed = move |worker| {
        move |tick, input: &mut InputHandleVec<u64, (u64, Side)>| {
            half(worker, tick, per_tick, total).for_each(|i| {
                let (key, shown) = interval_join::shown(i);
                input.send((key, Side::Left(shown)));
            });
            half(worker, tick, per_tick / 4, total / 4).for_each(|j| {
                let (key, click) = interval_join::click(j);
                input.send((key, Side::Right(click)));
            });
        }
    };
    run(total.div_ceil(per_tick), feed, move |sides, sum, probe| {
        type State = (HashMap<u64, Pairs>, interval_join::Expiry, Vec<(u64, i64, i64)>);
        let pairs = by_tick(
            sides,
            |(key, _)| *key >> 63,
            |(pairs, expiry, out): &mut State, (key, side)| {
                expiry.note(key, side);
                pairs.entry(key).or_default().add(side, |shown, click| out.push((key, shown, click)));
            },
            move |(pairs, expiry, results), tick, out| {
                out.append(results);
                if tick != END {
                    let watermark = interval_join::watermark((tick + 1) * per_tick);
                    expiry.expire(watermark, |key| {
                        if pairs.get_mut(&key).is_some_and(|pairs| pairs.expire(watermark)) {
                            pairs.remove(&key);
                        }
                    });
                }
            },
        );
        summed(pairs, sum, probe, |(key, shown, click)| interval_join::mark(*key, *shown, *click));
    })
}
