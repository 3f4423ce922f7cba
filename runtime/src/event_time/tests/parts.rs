//! Windows whose records cross in parts, against those whose records cross as they are.

use std::sync::{Arc, OnceLock};

use proptest::prelude::*;

use super::super::{ByKey, InParts};
use super::*;
use crate::exchange::{Scattered, Windowed, Windowing};

type Result = (Window, u8, Vec<u32>);

/// A tick's records are cut into tasks, and each makes parts in a table with little room. Of each tick its rows, and what it waits for;
/// and how many parts and records crossed in all.
fn in_parts<H: Keeps<u8, Vec<u32>>>(
    windows: Windows,
    (tasks, room, partitions): (usize, usize, usize),
    inputs: &[Input],
) -> (Vec<(Vec<Result>, Timing)>, usize) {
    type Tailed = Windowed<u8, u32, Collect>;

    let aggregate = Arc::new(Collect);
    let windowing = Windowing { node: 0, aggregate: Arc::clone(&aggregate), windows, parts: true };
    let shared = Arc::new(OnceLock::from(Arc::new(windowing)));
    let operator = WindowAggregate::<u8, u32, Collect, H, ByKey, InParts>::new(0, windows, aggregate);
    let mut stores: Vec<Store> = (0..partitions).map(|p| Store::new(p, partitions)).collect();
    let (mut all, mut crossed) = (Vec::new(), 0);
    for (number, (watermarks, records)) in inputs.iter().enumerate() {
        let time = Timestamp::from_millis(number as i64);
        let tick = Tick { number: number as u64, time, epoch: 0 };
        let cx = |task| TaskContext {
            tick,
            before: None,
            watermarks: *watermarks,
            late_behind: watermarks.late,
            no_data: false,
            task,
            partitions,
        };
        let mut buckets: Vec<Vec<Bucket>> = (0..partitions).map(|_| Vec::new()).collect();
        for of_task in records.chunks(records.len().div_ceil(tasks).max(1)) {
            let mut tail = Tailed::open(&shared, &cx(0)).with_room(room);
            for (key, time, value) in of_task {
                tail.push(*key, Timestamp::from_millis(*time), *value);
            }
            for (bucket, buckets) in tail.close().into_iter().zip(&mut buckets) {
                let held =
                    bucket.downcast_ref::<Scattered<_, (Timestamp, super::super::Part<u32, Vec<u32>>)>>();
                crossed += held.map_or(0, |held: &Scattered<u8, _>| crate::exchange::Held::records(held));
                buckets.push(bucket);
            }
        }
        let (mut rows, mut timing) = (Vec::new(), Timing::default());
        for (task, buckets) in buckets.into_iter().enumerate() {
            let mut batch = operator.tick(&cx(task), &mut stores[task], vec![buckets]).expect("it runs");
            let batch: &mut Rows<Result> = batch.downcast_mut().expect("these are its rows");
            rows.extend(batch.items());
            timing = timing.and(operator.timing(&stores[task]));
        }
        all.push((rows, timing));
    }
    (all, crossed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn parts_come_to_what_their_records_do(
        (length, slide) in prop_oneof![(1i64..20).prop_map(|n| (n, n)), (1i64..20, 1i64..20)],
        lateness in prop_oneof![Just(0i64), 0i64..12],
        emit in modes(),
        inputs in inputs(),
        cut in (1usize..4, 1usize..20, 1usize..9),
    ) {
        let said = Said::Sliding { length: length.max(slide), slide: length.min(slide) };
        let windows = said.windows().allowed_lateness(millis(lateness as u64)).emit(emit);
        let expected = run::<Panes<u8, Vec<u32>>>(windows, 1, &inputs);
        let (got, crossed) = in_parts::<Panes<_, _>>(windows, cut, &inputs);
        for (tick, (got, expected)) in got.into_iter().zip(expected).enumerate() {
            let results = expected.0.into_iter().filter_map(|row| match row {
                Two::First(result) => Some(result),
                Two::Second(_) => None,
            });
            prop_assert_eq!(got.0, results.collect::<Vec<_>>(), "tick {}", tick);
            prop_assert_eq!((got.1.late, got.1.due), (expected.1.late, expected.1.due), "tick {}", tick);
        }
        prop_assert!(crossed <= inputs.iter().map(|(_, records)| records.len()).sum());
    }

    /// But for the order of their records, which no aggregate that lets them cross in parts looks at.
    #[test]
    fn parts_of_sessions_come_to_what_their_records_do(
        gap in 1i64..15,
        lateness in prop_oneof![Just(0i64), 0i64..12],
        complete in any::<bool>(),
        inputs in inputs(),
        cut in (1usize..4, 1usize..20, 1usize..9),
    ) {
        let emit = if complete { Emit::Complete } else { Emit::Append };
        let windows = Windows::session(millis(gap as u64)).allowed_lateness(millis(lateness as u64)).emit(emit);
        let sorted = |(session, key, mut values): Result| {
            values.sort_unstable();
            (session, key, values)
        };
        let expected = run::<Sessions<u8, Vec<u32>>>(windows, 1, &inputs);
        let (got, crossed) = in_parts::<Sessions<_, _>>(windows, cut, &inputs);
        for (tick, (got, expected)) in got.into_iter().zip(expected).enumerate() {
            let results = expected.0.into_iter().filter_map(|row| match row {
                Two::First(result) => Some(sorted(result)),
                Two::Second(_) => None,
            });
            let got_rows: Vec<Result> = got.0.into_iter().map(sorted).collect();
            prop_assert_eq!(got_rows, results.collect::<Vec<_>>(), "tick {}", tick);
            prop_assert_eq!((got.1.late, got.1.due), (expected.1.late, expected.1.due), "tick {}", tick);
        }
        prop_assert!(crossed <= inputs.iter().map(|(_, records)| records.len()).sum());
    }
}

#[test]
fn a_pane_crosses_as_one_part_a_key_and_task() {
    let records: Vec<Record> = (0..600).map(|n| ((n % 3) as u8, i64::from(n % 20), n)).collect();
    let inputs = [(Watermarks::UNSET, records)];
    let (_, crossed) = in_parts::<Panes<_, _>>(Windows::tumbling(millis(10)), (2, 1000, 1), &inputs);
    assert_eq!(crossed, 2 * 2 * 3);
    let (_, crossed) = in_parts::<Panes<_, _>>(Windows::global(), (2, 1000, 4), &inputs);
    assert_eq!(crossed, 2 * 3);
    // All records of a key touch, so each task has one part of it.
    let (_, crossed) = in_parts::<Sessions<_, _>>(Windows::session(millis(20)), (2, 1000, 1), &inputs);
    assert_eq!(crossed, 2 * 3);
    // A key's records come three apart: none touches the one before it.
    let (_, crossed) = in_parts::<Sessions<_, _>>(Windows::session(millis(2)), (1, 1000, 1), &inputs);
    assert_eq!(crossed, 600);
}
