//! Joins by tick and as of a time, sessions, and the value before: each against a model that looks at all records anew.

mod restarts;
mod tables;
mod times;

use std::collections::BTreeMap;

use millstream::Window;
use millstream::prelude::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// A key, a time, and a value that is like no other.
type Record = (u8, i64, u32);
type Ticks = Vec<Vec<Record>>;

fn many() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) }
}

/// A key that does not lie inline in a table.
fn name(key: u8) -> String {
    format!("the name of the key number {key}")
}

/// Ticks of records that are more and less out of order, some of them late.
fn ticks() -> impl Strategy<Value = Ticks> {
    let tick = prop_oneof![1 => Just(Vec::new()), 3 => vec((0u8..4, 0i64..30), 0..8)];
    (vec(tick, 0..8), 0i64..12).prop_map(|(ticks, step)| {
        let mut value = 0;
        let numbered = |(tick, records): (usize, Vec<(u8, i64)>)| {
            let record = |(key, time): (u8, i64)| {
                value += 1;
                (key, time + step * tick as i64, value)
            };
            records.into_iter().map(record).collect()
        };
        ticks.into_iter().enumerate().map(numbered).collect()
    })
}

/// Two streams with an event time each: their ticks and bounds.
fn two() -> impl Strategy<Value = [(Ticks, u64); 2]> {
    [(ticks(), 0u64..15), (ticks(), 0u64..15)].prop_map(|sides| sides)
}

/// What each tick of a stream is judged by, the last one being that of the end of input; `i64::MIN`: nothing is known.
fn watermarks(ticks: &Ticks, bound: u64, length: usize) -> Vec<i64> {
    let mut latest: Option<i64> = None;
    let mut all = Vec::new();
    for tick in 0..length {
        all.push(latest.map_or(i64::MIN, |latest| (latest - bound as i64).max(0)));
        let times = ticks.get(tick).into_iter().flatten().map(|(_, time, _)| *time);
        latest = latest.into_iter().chain(times).max();
    }
    all.push(i64::MAX);
    all
}

/// The records that are not late, in the order in which they came, each with its tick.
fn in_time(ticks: &Ticks, watermarks: &[i64]) -> Vec<(usize, Record)> {
    let of_tick = |(tick, records): (usize, &Vec<Record>)| {
        let records = records.iter().filter(|(_, time, _)| *time > watermarks[tick]);
        records.map(|record| (tick, *record)).collect::<Vec<_>>()
    };
    ticks.iter().enumerate().flat_map(of_tick).collect()
}

/// Rows to the ticks in which they leave: the first, from that of their record on, whose watermark has passed their time. By
/// key, then by time.
fn leave<T>(rows: Vec<(usize, Record, T)>, watermarks: &[i64]) -> Vec<Vec<(u8, T)>> {
    let mut ticks: Vec<Vec<(u8, i64, T)>> = watermarks.iter().map(|_| Vec::new()).collect();
    for (tick, (key, time, _), row) in rows {
        let leaves = (tick..watermarks.len()).find(|t| watermarks[*t] >= time).expect("in the end all leave");
        ticks[leaves].push((key, time, row));
    }
    let ordered = |mut rows: Vec<(u8, i64, T)>| {
        rows.sort_by_key(|(key, time, _)| (*key, *time));
        rows.into_iter().map(|(key, _, row)| (key, row)).collect()
    };
    ticks.into_iter().map(ordered).collect()
}

/// What a pipeline gives with 1, 2, 7 and 16 partitions, and in several orders of tasks: always the same, in the same order.
/// Here by key.
fn by_key<T>(make: impl Fn(MemorySink<(String, T)>) -> Pipeline<'static>) -> Vec<Vec<(u8, T)>>
where
    T: Clone + std::fmt::Debug + PartialEq + Send + 'static,
{
    let run = |partitions, seed| {
        let out = MemorySink::new();
        Engine::test().partitions(partitions).seed(seed).run(make(out.clone())).expect("it runs");
        out.batches()
    };
    let first = run(1, 0);
    for (partitions, seed) in [(2, 1), (7, 2), (16, 3)] {
        assert_eq!(run(partitions, seed), first, "{partitions} partitions");
    }
    let number = |name: &str| name.as_bytes().last().map_or(0, |digit| digit - b'0');
    let sorted = |tick: Vec<(String, T)>| {
        let mut tick: Vec<(u8, T)> = tick.into_iter().map(|(key, row)| (number(&key), row)).collect();
        tick.sort_by_key(|(key, _)| *key);
        tick
    };
    first.into_iter().map(sorted).collect()
}

/// An empty pipeline has no tick of its own, only that of the end.
fn length(ticks: &[&Ticks]) -> usize {
    ticks.iter().map(|ticks| ticks.len()).max().unwrap_or(0)
}

/// The value of the other side that a model finds as of a time.
fn as_of(right: &[(usize, Record)], key: u8, time: i64, within: Option<u64>) -> Option<u32> {
    let fits = |(_, (k, t, _)): &&(usize, Record)| {
        *k == key && *t <= time && within.is_none_or(|within| time - t <= within as i64)
    };
    // Of those of one time the last.
    right.iter().filter(fits).max_by_key(|(_, (_, time, _))| *time).map(|(_, (_, _, value))| *value)
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn a_join_with_the_latest_value_is_as_the_model([(left, _), (right, _)] in two()) {
        let make = |out: MemorySink<(String, (u32, Option<u32>))>| {
            let (left, right) = (queue(left.clone()), queue(right.clone()));
            stream!(move {
                let left = source(left).map(|(k, _, v)| (name(k), v));
                let right = source(right).map(|(k, _, v)| (name(k), v));
                let inner = left.join_latest(right).map(|(k, (v, w))| (k, (v, Some(w))));
                let outer = left.left_outer_join_latest(right).filter(|(_, (_, w))| w.is_none());
                inner.union(outer).sink(out);
            })
        };
        let mut newest = BTreeMap::new();
        let mut model = Vec::new();
        for tick in 0..length(&[&left, &right]) {
            newest.extend(right.get(tick).into_iter().flatten().map(|(k, _, w)| (*k, *w)));
            let mut rows: Vec<_> =
                left.get(tick).into_iter().flatten().map(|(k, _, v)| (*k, (*v, newest.get(k).copied()))).collect();
            // Those without a match come from another stream, behind the others; a key has only one kind in a tick.
            rows.sort_by_key(|(k, _)| *k);
            model.push(rows);
        }
        prop_assert_eq!(by_key(make), model);
    }

    #[test]
    fn a_join_as_of_a_time_is_as_the_model(
        [(left, of_left), (right, of_right)] in two(),
        within in prop_oneof![Just(None), (0u64..20).prop_map(Some)],
        outer in any::<bool>(),
    ) {
        let make = |out: MemorySink<(String, (u32, Option<u32>))>| {
            let (left, right) = (queue(left.clone()), queue(right.clone()));
            let (of_left, of_right, limit) = (millis(of_left), millis(of_right), within.map(millis));
            match (outer, limit) {
                (true, Some(limit)) => stream!(move {
                    let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                    let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                    left.left_outer_join_as_of(right, limit).sink(out);
                }),
                (true, None) => stream!(move {
                    let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                    let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                    left.left_outer_join_as_of(right).sink(out);
                }),
                (false, Some(limit)) => stream!(move {
                    let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                    let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                    left.join_as_of(right, limit).map_values(|(v, w)| (v, Some(w))).sink(out);
                }),
                (false, None) => stream!(move {
                    let left = source(left).event_time(|(_, t, _)| *t, of_left).map(|(k, _, v)| (name(k), v));
                    let right = source(right).event_time(|(_, t, _)| *t, of_right).map(|(k, _, v)| (name(k), v));
                    left.join_as_of(right).map_values(|(v, w)| (v, Some(w))).sink(out);
                }),
            }
        };
        let length = length(&[&left, &right]);
        let marks: Vec<i64> = std::iter::zip(watermarks(&left, of_left, length), watermarks(&right, of_right, length))
            .map(|(a, b)| a.min(b))
            .collect();
        let versions = in_time(&right, &marks);
        let rows = in_time(&left, &marks).into_iter().map(|(tick, record)| {
            let (key, time, value) = record;
            (tick, record, (value, as_of(&versions, key, time, within)))
        });
        let rows = rows.filter(|(_, _, (_, found))| outer || found.is_some()).collect();
        prop_assert_eq!(by_key(make), leave(rows, &marks));
    }

    #[test]
    fn the_value_before_is_as_the_model(
        ticks in ticks(),
        bound in 0u64..15,
        within in prop_oneof![Just(None), (0u64..20).prop_map(Some)],
    ) {
        let lags = |out: MemorySink<(String, (Option<u32>, u32))>| {
            let (input, bound, limit) = (queue(ticks.clone()), millis(bound), within.map(millis));
            match limit {
                None => stream!(move {
                    source(input).event_time(|(_, t, _)| *t, bound).map(|(k, _, v)| (name(k), v)).lag().sink(out);
                }),
                Some(limit) => stream!(move {
                    source(input).event_time(|(_, t, _)| *t, bound).map(|(k, _, v)| (name(k), v)).lag(limit).sink(out);
                }),
            }
        };
        let deltas = |out: MemorySink<(String, (u32, u32))>| {
            let (input, bound, limit) = (queue(ticks.clone()), millis(bound), within.map(millis));
            match limit {
                None => stream!(move {
                    let pairs = source(input).event_time(|(_, t, _)| *t, bound).map(|(k, _, v)| (name(k), v));
                    pairs.delta(|before, now| (*before, *now)).sink(out);
                }),
                Some(limit) => stream!(move {
                    let pairs = source(input).event_time(|(_, t, _)| *t, bound).map(|(k, _, v)| (name(k), v));
                    pairs.delta(|before, now| (*before, *now), limit).sink(out);
                }),
            }
        };
        let marks = watermarks(&ticks, bound, ticks.len());
        let mut records = in_time(&ticks, &marks);
        // Those of one time stay as they came.
        records.sort_by_key(|(_, (_, time, _))| *time);
        let before = |at: usize| {
            let (_, (key, time, _)) = records[at];
            let (_, (_, since, value)) = records[..at].iter().rev().find(|(_, (k, ..))| *k == key)?;
            within.is_none_or(|within| time - since <= within as i64).then_some(*value)
        };
        let rows: Vec<_> =
            (0..records.len()).map(|at| (records[at].0, records[at].1, (before(at), records[at].1.2))).collect();
        let steps: Vec<_> =
            rows.iter().filter_map(|(tick, record, (before, now))| Some((*tick, *record, ((*before)?, *now)))).collect();
        prop_assert_eq!(by_key(lags), leave(rows, &marks));
        prop_assert_eq!(by_key(deltas), leave(steps, &marks));
    }

    #[test]
    fn sessions_of_records_are_as_the_model(ticks in ticks(), bound in 0u64..15, gap in 1i64..12) {
        let make = |out: MemorySink<(String, (Window, u32))>| {
            let (input, bound, gap) = (queue(ticks.clone()), millis(bound), millis(gap as u64));
            stream!(move {
                let pairs = source(input).event_time(|(_, t, _)| *t, bound).map(|(k, _, v)| (name(k), v));
                pairs.sessionize(gap).map(|(session, key, value)| (key, (session, value))).sink(out);
            })
        };
        let marks = watermarks(&ticks, bound, ticks.len());
        let mut open: BTreeMap<u8, Vec<(i64, u32)>> = BTreeMap::new();
        let mut model = Vec::new();
        for (tick, mark) in marks.iter().enumerate() {
            let mut rows = Vec::new();
            close(&mut open, *mark, gap, &mut rows);
            for (key, time, value) in ticks.get(tick).into_iter().flatten().filter(|(_, time, _)| time + gap > *mark) {
                open.entry(*key).or_default().push((*time, *value));
            }
            close(&mut open, *mark, gap, &mut rows);
            rows.sort_by_key(|(key, (session, _)): &(u8, (Window, u32))| (*key, session.start));
            model.push(rows);
        }
        prop_assert_eq!(by_key(make), model);
    }
}

/// Takes out the sessions that are over, found out from all records that are there.
fn close(open: &mut BTreeMap<u8, Vec<(i64, u32)>>, mark: i64, gap: i64, rows: &mut Vec<(u8, (Window, u32))>) {
    for (key, records) in open {
        records.sort_by_key(|(time, _)| *time);
        let mut rest = Vec::new();
        for session in records.chunk_by(|(a, _), (b, _)| *b <= a + gap) {
            let end = session[session.len() - 1].0 + gap;
            if end <= mark {
                let window = Window::millis(session[0].0, end);
                rows.extend(session.iter().map(|(_, value)| (*key, (window, *value))));
            } else {
                rest.extend_from_slice(session);
            }
        }
        *records = rest;
    }
}
