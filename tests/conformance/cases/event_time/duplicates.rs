//! Records that come once.

use millstream::prelude::*;
use millstream::source::Queue;

use super::{Build, delay, mode, seconds};
use crate::case::Case;
use crate::value::{Atom, Value};

pub fn pipeline(case: &Case) -> Option<Build> {
    let has_delay = case.number("delay_s").is_some();
    Some(match case.op.as_str() {
        "dedup" if case.params.contains_key("chain") => chain,
        "dedup" if case.text("key").starts_with("event time") => by_time,
        "dedup" if !case.text("out").is_empty() => by_id_and_time,
        // The time is not in the key, so it is of no use.
        "dedup" => by_first,
        "dedup_within_watermark" if case.text("key").starts_with("all") && has_delay => within,
        "dedup_within_watermark" => first_within,
        "dedup_then_group_agg" => then_sums,
        "dedup_then_window_agg" => then_counts,
        "window_agg_then_dedup" => of_counts,
        "union_with_dedup" => beside,
        _ => return None,
    })
}

/// A row as a key: every column of it.
fn atoms(v: Value) -> Vec<Atom> {
    let Value::List(columns) = v else { return vec![v.atom()] };
    columns.into_iter().map(Value::atom).collect()
}

/// Its first column, and all.
fn by_first_column(v: Value) -> (Atom, Value) {
    let Value::List(columns) = &v else { panic!("{v} is no row") };
    (columns[0].clone().atom(), v)
}

fn whole(atoms: (Atom, Option<Atom>)) -> Value {
    match atoms {
        (a, None) => a.into(),
        (a, Some(b)) => Value::from((a, b)),
    }
}

fn key(v: Value) -> (Atom, Option<Atom>) {
    let mut all = atoms(v).into_iter();
    (all.next().expect("a column"), all.next())
}

fn chain(_: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    stream!(move {
        let rows = source(input).map(|v| key(v)).drop_duplicates().unbounded();
        let firsts = rows.map(|(a, b)| (a, b)).drop_duplicates_by_key().unbounded();
        firsts.map(|row| whole(row)).sink(out);
    })
}

fn by_first(_: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    stream!(move {
        let firsts = source(input).map(|v| by_first_column(v)).drop_duplicates_by_key().unbounded();
        firsts.map(|(_, row)| row).sink(out);
    })
}

fn by_time(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let times = source(input).map(|v| v.int()).event_time(|second| 1000 * second, delay);
        times.drop_duplicates_within_watermark(secs(0)).map(Value::from).sink(out);
    })
}

/// Rows of a time and an id.
fn by_id_and_time(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let rows = source(input).map(|v| v.pair()).map(|(second, id)| (Value::from(second).int(), id.int()));
        let timed = rows.event_time(|(second, _)| 1000 * second, delay);
        timed.drop_duplicates_within_watermark(secs(0)).map(|(_, id)| Value::from(id)).sink(out);
    })
}

fn within(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let times = source(input).map(|v| v.int()).event_time(|second| 1000 * second, delay);
        times.drop_duplicates_within_watermark(delay).map(Value::from).sink(out);
    })
}

/// Rows of a key, a second, and perhaps more.
fn first_within(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let rows = source(input).map(|v| by_first_column(v)).event_time(
            |(_, row)| {
                let Value::List(columns) = row else { panic!("{row} is no row") };
                1000 * columns[1].int()
            },
            delay,
        );
        rows.drop_duplicates_by_key_within_watermark(delay).map(|(_, row)| row).sink(out);
    })
}

fn then_sums(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move {
        let rows = source(input).map(|v| key(v)).drop_duplicates().unbounded();
        let numbers = rows.map(|(name, n)| (name, n.map_or(0, |n| Value::from(n).int())));
        let sums = numbers.global().emit(mode).aggregate_by_key(sum(|n| *n));
        sums.map(|(_, name, sum)| Value::from((name, sum))).sink(out);
    })
}

fn then_counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (delay, length) = (delay(case), secs(case.number("window_s").expect("a length")));
    stream!(move {
        let times = source(input).map(|v| v.int()).event_time(|second| 1000 * second, delay);
        let once = times.drop_duplicates_within_watermark(secs(0)).event_time(|second| 1000 * second, delay);
        let counts = once.tumbling(length).count();
        counts.map(|(w, n)| Value::List(vec![seconds(w.start), n.into()])).sink(out);
    })
}

fn of_counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (delay, length) = (delay(case), secs(case.number("window_s").expect("a length")));
    stream!(move {
        let counts = source(input).event_time(|v| 1000 * v.int(), delay).tumbling(length).count();
        let ends = counts.map(|(w, n)| (w.end.millis() / 1000, n as i64));
        ends.drop_duplicates_within_watermark(secs(0)).map(|(end, n)| Value::from((end, n))).sink(out);
    })
}

fn beside(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let other = queue(
        case.batches(2).into_iter().map(Option::unwrap_or_default).flat_map(|batch| [batch, Vec::new()]),
    );
    stream!(move {
        let left = source(input).map(|v| v.int());
        let right = source(other).map(|v| v.int()).drop_duplicates().unbounded();
        left.union(right).map(Value::from).sink(out);
    })
}
