//! What joins keep over hours of event time.

use std::marker::PhantomData;

use super::meeting::Meeting;
use super::sides::Kepts;
use super::{ByInterval, Interval, TimedJoin};
use crate::batch::{Batch, Rows};
use crate::clock::{Timestamp, millis, secs};
use crate::event_time::{Shape, Watermarks, Windows};
use crate::exchange::{Scatter, Tail};
use crate::join::ByWindow;
use crate::op::join::{FullOuter, How};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::tick::Tick;

/// A key, a time, and a value.
type Record = (u64, i64, u32);
type Kept<B> = Kepts<u64, u32, u32, <B as Meeting>::Mark>;

type Join<B> = TimedJoin<u64, u32, u32, B, FullOuter, fn(&u32, &u32) -> bool>;

/// A join of one task, and how often it has run.
struct Running<B> {
    join: Join<B>,
    store: Store,
    ticks: u64,
}

impl<B: Meeting> Running<B> {
    fn new(meeting: B) -> Self {
        let join = TimedJoin {
            node: 0,
            meeting,
            condition: (|_, _| true) as fn(&u32, &u32) -> bool,
            types: PhantomData,
        };
        Running { join, store: Store::new(0, 1), ticks: 0 }
    }

    /// The rows of a tick.
    fn tick(
        &mut self,
        watermark: Timestamp,
        sides: [&[Record]; 2],
    ) -> Vec<B::Row<u64, <FullOuter as How<u32, u32>>::Out>> {
        self.ticks += 1;
        let tick = Tick { number: self.ticks, time: Timestamp::from_millis(0), epoch: 0 };
        let watermarks = Watermarks::at(watermark);
        let cx = TaskContext {
            tick,
            before: None,
            watermarks,
            late_behind: Timestamp::MAX,
            no_data: false,
            task: 0,
            partitions: 1,
        };
        let inputs = sides.map(|records| {
            let mut tail = Scatter::<u64, (Timestamp, u32)>::open(&(), &cx);
            records
                .iter()
                .for_each(|(key, time, value)| tail.push(*key, (Timestamp::from_millis(*time), *value)));
            tail.close()
        });
        let inputs: Vec<Vec<Bucket>> = inputs.into();
        let mut rows = self.join.tick(&cx, &mut self.store, inputs).expect("it runs");
        rows.downcast_mut::<Rows<_>>().expect("these are its rows").items().collect()
    }

    /// How many keys and records are kept.
    fn kept(&mut self) -> (usize, usize) {
        let (mut keys, mut records) = (0, 0);
        for (_, kept) in self.store.iter_mut::<Kept<B>>() {
            for at in 0..kept.keys.keys.len() {
                let sides = &kept.keys.keys.get(at).state;
                keys += 1;
                records += sides.left.len() + sides.right.len();
            }
        }
        (keys, records)
    }

    /// How large a checkpoint of all of it is.
    fn bytes(&mut self) -> usize {
        let pieces = self.store.freeze(true);
        let sizes = pieces.into_iter().map(|piece| {
            let mut bytes = Vec::new();
            piece.frozen.write(&mut bytes).expect("it can be written");
            bytes.len()
        });
        sizes.sum()
    }
}

/// A number that follows from another as if by chance (xorshift).
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// 200,000 records of 1,000 keys over 5.5 hours, out of order by up to 20 seconds, 100 every 10 seconds. What is kept at any time is what
/// came in the last `span` seconds.
fn soak<B: Meeting>(meeting: B, span: usize) {
    let mut running = Running::new(meeting);
    let (mut random, mut value, mut rows) = (0x9E37_79B9_7F4A_7C15_u64, 0, 0);
    let mut latest: [i64; 2] = [0; 2];
    for tick in 0..2000i64 {
        let watermark = Timestamp::from_millis(latest[0].min(latest[1]).saturating_sub(20_000).max(0));
        let mut side = |latest: &mut i64| -> Vec<Record> {
            let record = |_| {
                value += 1;
                let time = 10_000 * tick + (next(&mut random) % 20_000) as i64;
                *latest = time.max(*latest);
                (next(&mut random) % 1000, time, value)
            };
            (0..50).map(record).collect()
        };
        let (left, right) = (side(&mut latest[0]), side(&mut latest[1]));
        rows += running.tick(watermark, [&left, &right]).len();
        let (keys, records) = running.kept();
        assert!(records <= 10 * span && keys <= records, "{keys} keys and {records} records in tick {tick}");
        if tick % 500 == 499 {
            let bytes = running.bytes();
            assert!(bytes <= 40 * 10 * span, "{bytes} bytes in tick {tick}");
        }
    }
    // A record leaves with a match, or without.
    assert!(rows > 150_000, "{rows}");
    running.tick(Timestamp::MAX, [&[], &[]]);
    assert_eq!(running.kept(), (0, 0));
}

#[test]
fn what_a_join_by_an_interval_keeps_is_bounded() {
    // The interval, the disorder, and two ticks.
    soak(ByInterval(Interval::around(secs(30))), 30 + 40 + 20);
}

#[test]
fn what_a_join_in_windows_keeps_is_bounded() {
    let windows = Windows::sliding(secs(30), millis(10_000));
    let Shape::Fixed(fixed) = windows.shape() else { panic!("these are fixed") };
    soak(ByWindow { windows: fixed, lateness: secs(5) }, 30 + 5 + 40 + 20);
}
