//! Windows against a model that looks at every record and every window, with watermarks handed in.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::{
    ByKeyAndLate, Collect, Emit, Keeps, Panes, Sessions, Singly, Watermarks, Window, WindowAggregate, Windows,
};
use crate::batch::{Batch, Rows};
use crate::clock::{Timestamp, millis};
use crate::exchange::{Scatter, Tail};
use crate::fused::Two;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::Store;
use crate::tick::Tick;

/// A key, a time, and a value that is like no other.
type Record = (u8, i64, u32);
type Row = Two<(Window, u8, Vec<u32>), (u8, u32)>;

#[derive(Clone, Copy, Debug)]
enum Said {
    Sliding { length: i64, slide: i64 },
    Session { gap: i64 },
}

impl Said {
    fn windows(self) -> Windows {
        let duration = |n: i64| millis(n as u64);
        match self {
            Said::Sliding { length, slide } if length == slide => Windows::tumbling(duration(length)),
            Said::Sliding { length, slide } => Windows::sliding(duration(length), duration(slide)),
            Said::Session { gap } => Windows::session(duration(gap)),
        }
    }

    /// The windows of a record, on its own.
    fn of(self, time: i64) -> Vec<(i64, i64)> {
        match self {
            Said::Sliding { length, slide } => (time - length..=time)
                .filter(|start| start.rem_euclid(slide) == 0 && time < start + length)
                .map(|start| (start, start + length))
                .collect(),
            Said::Session { gap } => vec![(time, time + gap)],
        }
    }
}

/// What a tick is given: its watermarks, and its records.
type Input = (Watermarks, Vec<Record>);

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let record = (0u8..6, -20i64..60);
    let tick = (0i64..25, 0i64..6, proptest::collection::vec(record, 0..12));
    proptest::collection::vec(tick, 1..12).prop_map(|ticks| {
        let (mut watermark, mut value) = (i64::MIN, 0);
        let mut all: Vec<Input> = Vec::new();
        for (step, ahead, records) in ticks {
            let before = watermark;
            watermark = if watermark == i64::MIN { step - 10 } else { watermark + step };
            let records: Vec<Record> = records
                .into_iter()
                .map(|(key, time)| {
                    value += 1;
                    // Some are far ahead, and many are near the watermark.
                    (key, time + if ahead == 0 { 30 } else { watermark / 2 }, value)
                })
                .collect();
            // Behind other windows records are judged by the tick before.
            let late = if ahead < 2 { before } else { watermark };
            let at = Timestamp::from_millis;
            all.push((Watermarks { late: at(late), due: at(watermark) }, records));
        }
        all.push((Watermarks { late: Timestamp::from_millis(watermark), due: Timestamp::MAX }, Vec::new()));
        // What is closed stays closed.
        for i in 1..all.len() {
            all[i].0.late = all[i].0.late.max(all[i - 1].0.late);
        }
        all
    })
}

/// Runs the operator, and writes and reads its state behind each tick. Of each tick its rows; and what it waits for.
fn run<H: Keeps<u8, Vec<u32>>>(
    windows: Windows,
    partitions: usize,
    inputs: &[Input],
) -> Vec<(Vec<Row>, Timing)> {
    let operator =
        WindowAggregate::<u8, u32, Collect, H, ByKeyAndLate, Singly>::new(0, windows, Arc::new(Collect));
    let mut stores: Vec<Store> = (0..partitions).map(|p| Store::new(p, partitions)).collect();
    let mut all = Vec::new();
    for (number, (watermarks, records)) in inputs.iter().enumerate() {
        let time = Timestamp::from_millis(number as i64);
        let tick = Tick { number: number as u64, time, epoch: 0 };
        let cx = |task| TaskContext {
            tick,
            before: None,
            watermarks: *watermarks,
            late_behind: Timestamp::MAX,
            no_data: false,
            task,
            partitions,
        };
        let mut tail = Scatter::<u8, (Timestamp, u32)>::open(&(), &cx(0));
        for (key, time, value) in records {
            tail.push(*key, (Timestamp::from_millis(*time), *value));
        }
        let (mut rows, mut timing) = (Vec::new(), Timing::default());
        for (task, bucket) in tail.close().into_iter().enumerate() {
            let store = &mut stores[task];
            let buckets: Vec<Bucket> = vec![bucket];
            let mut batch = operator.tick(&cx(task), store, vec![buckets]).expect("it runs");
            let batch: &mut Rows<Row> = batch.downcast_mut().expect("these are its rows");
            rows.extend(batch.items());
            timing = timing.and(operator.timing(store));
            let mut again = Store::new(task, partitions);
            for piece in store.freeze(true) {
                let mut bytes = Vec::new();
                piece.frozen.write(&mut bytes).expect("it can be written");
                again.put_group(piece.group, operator.restore(&[&bytes]).expect("it can be read"));
            }
            *store = again;
        }
        all.push((rows, timing));
    }
    all
}

/// What is open: by key and window the records, in the order in which they came.
type Open = BTreeMap<(i64, i64, u8), Vec<Record>>;

struct Model {
    said: Said,
    lateness: i64,
    emit: Emit,
    open: Open,
    late: u64,
}

impl Model {
    fn floor(&self, watermark: Timestamp) -> i64 {
        if self.emit == Emit::Complete {
            i64::MIN
        } else {
            watermark.minus(millis(self.lateness as u64)).millis()
        }
    }

    fn close(&mut self, floor: i64, rows: &mut Vec<Row>) {
        let due: Vec<_> = self.open.keys().filter(|(_, end, _)| *end <= floor).copied().collect();
        for window in due {
            let records = self.open.remove(&window).expect("it is open");
            if self.emit == Emit::Append {
                rows.push(self.row(window, &records));
            }
        }
    }

    /// Panes come one behind the other, and sessions as they grew into one.
    fn row(&self, (start, end, key): (i64, i64, u8), records: &[Record]) -> Row {
        let mut records = records.to_vec();
        if let Said::Sliding { length, slide } = self.said {
            let pane = (1..=slide).rev().find(|n| length % n == 0 && slide % n == 0).unwrap_or(1);
            records.sort_by_key(|(_, time, _)| time.div_euclid(pane));
        }
        Two::First((Window::millis(start, end), key, records.iter().map(|r| r.2).collect()))
    }

    fn add(&mut self, record: Record, floor: i64, changed: &mut BTreeSet<(i64, i64, u8)>) {
        let (key, time, _) = record;
        for (mut start, mut end) in self.said.of(time) {
            if end <= floor {
                continue;
            }
            let mut records = Vec::new();
            if let Said::Session { .. } = self.said {
                let touches = |w: &(i64, i64, u8)| w.2 == key && w.0 <= end && w.1 >= start;
                let touched: Vec<_> = self.open.keys().filter(|w| touches(w)).copied().collect();
                for window in touched {
                    records.extend(self.open.remove(&window).expect("it is open"));
                    (start, end) = (start.min(window.0), end.max(window.1));
                }
            }
            records.push(record);
            self.open.entry((start, end, key)).or_default().extend(records);
            changed.insert((start, end, key));
        }
    }

    fn tick(&mut self, (watermarks, records): &Input) -> Vec<Row> {
        let mut rows = Vec::new();
        let (late, due) = (self.floor(watermarks.late), self.floor(watermarks.due));
        self.close(late, &mut rows);
        let mut changed = BTreeSet::new();
        for record in records {
            if self.said.of(record.1).iter().all(|(_, end)| *end <= late) {
                self.late += 1;
                rows.push(Two::Second((record.0, record.2)));
            } else {
                self.add(*record, late, &mut changed);
            }
        }
        match self.emit {
            Emit::Append => {}
            Emit::Update => rows.extend(changed.iter().map(|w| self.row(*w, &self.open[w]))),
            Emit::Complete => rows.extend(self.open.iter().map(|(w, records)| self.row(*w, records))),
        }
        self.close(due, &mut rows);
        rows
    }
}

fn sorted(rows: &[Row]) -> Vec<String> {
    let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    rows.sort();
    rows
}

fn check<H: Keeps<u8, Vec<u32>>>(
    said: Said,
    lateness: i64,
    emit: Emit,
    inputs: &[Input],
    partitions: usize,
) -> Result<(), TestCaseError> {
    let windows = said.windows().allowed_lateness(millis(lateness as u64)).emit(emit);
    let got = run::<H>(windows, 1, inputs);
    let mut model = Model { said, lateness, emit, open: Open::new(), late: 0 };
    for (tick, (input, (rows, timing))) in inputs.iter().zip(&got).enumerate() {
        prop_assert_eq!(sorted(rows), sorted(&model.tick(input)), "tick {}", tick);
        prop_assert_eq!(timing.late, model.late);
        let first = model.open.keys().map(|(_, end, _)| end + lateness).min();
        let due = first.filter(|_| emit != Emit::Complete).map(Timestamp::from_millis);
        prop_assert_eq!(timing.due, due, "tick {}", tick);
    }
    for (one, many) in got.iter().zip(run::<H>(windows, partitions, inputs)) {
        prop_assert_eq!(&one.0, &many.0);
    }
    Ok(())
}

fn modes() -> impl Strategy<Value = Emit> {
    prop_oneof![3 => Just(Emit::Append), 2 => Just(Emit::Update), 1 => Just(Emit::Complete)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn windows_of_a_length_are_as_the_model(
        (length, slide) in prop_oneof![(1i64..20).prop_map(|n| (n, n)), (1i64..20, 1i64..20)],
        lateness in prop_oneof![Just(0i64), 0i64..12],
        emit in modes(),
        inputs in inputs(),
        partitions in 2usize..9,
    ) {
        let said = Said::Sliding { length: length.max(slide), slide: length.min(slide) };
        check::<Panes<u8, Vec<u32>>>(said, lateness, emit, &inputs, partitions)?;
    }

    #[test]
    fn sessions_are_as_the_model(
        gap in 1i64..15,
        lateness in prop_oneof![Just(0i64), 0i64..12],
        complete in any::<bool>(),
        inputs in inputs(),
        partitions in 2usize..9,
    ) {
        let emit = if complete { Emit::Complete } else { Emit::Append };
        check::<Sessions<u8, Vec<u32>>>(Said::Session { gap }, lateness, emit, &inputs, partitions)?;
    }
}

#[test]
fn ready_made_aggregates_say_what_they_are_called() {
    use super::{Aggregate, Of};

    let of = Of::<i64>::records();
    let all = (of.count(), of.sum(|n| *n), of.min(|n| -*n), of.max(|n| *n), of.mean(|n| *n), of.top(2));
    let state = |values: &[i64]| {
        let mut state = all.start();
        values.iter().for_each(|value| all.put(&mut state, *value));
        state
    };
    let expected = (5, 20, -9, 9, 4.0, vec![9, 5]);
    assert_eq!(all.finish(state(&[1, 9, 3, 5, 2])), expected);
    let mut merged = state(&[1, 9]);
    all.merge(&mut merged, state(&[3, 5, 2]));
    assert_eq!(all.finish(merged), expected);
    let rest =
        (of.reduce(|a, b| a * 10 + b), of.collect(), of.top_by(1, |n| -*n), of.fold_all(0, |a, n| a - n));
    let mut state = rest.start();
    [1, 2, 3].iter().for_each(|value| rest.add(&mut state, value));
    assert_eq!(rest.finish(state), (123, vec![1, 2, 3], vec![1], -6));
}

#[test]
fn of_floats_that_cannot_be_compared_the_first_is_kept() {
    use super::{Aggregate, Of};

    let of = Of::<f64>::records();
    let both = (of.min(|x| *x), of.max(|x| *x));
    let mut state = both.start();
    [1.5, f64::NAN, 0.5].iter().for_each(|x| both.add(&mut state, x));
    assert_eq!(both.finish(state), (0.5, 1.5));
}
