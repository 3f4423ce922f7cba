//! Aggregates without windows: one window that holds all there is, without event time.

use millstream::prelude::*;
use millstream::source::Queue;

use super::{Build, mode};
use crate::case::Case;
use crate::value::{Atom, Value};

pub fn pipeline(case: &Case) -> Option<Build> {
    Some(match (case.op.as_str(), case.text("agg")) {
        ("global_count", _) => whole,
        // They have tests of their own: a time that is replayed, and a batch that fails.
        ("group_agg", _) if !case.text("filter").is_empty() || !case.text("fault").is_empty() => return None,
        ("group_agg", "count") if case.text("key") == "(value, value+1)" => pairs,
        ("group_agg", "count") => counts,
        ("group_agg", _) => sums,
        ("group_agg_sorted", _) => sorted,
        _ => return None,
    })
}

fn whole(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move { source(input).global().emit(mode).count().map(|(_, n)| n.into()).sink(out); })
}

fn counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (mode, both) = (mode(case), !case.text("pre").is_empty());
    stream!(move {
        let keys = source(input).flat_map(|v| if both { vec![v.int(), v.int() + 1] } else { vec![v.int()] });
        let counts = keys.map(|key| (key, ())).global().emit(mode).count_by_key();
        counts.map(|(_, key, n)| Value::from((key, n))).sink(out);
    })
}

fn pairs(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move {
        let keys = source(input).map(|v| ((v.int(), v.int() + 1), ()));
        let counts = keys.global().emit(mode).count_by_key();
        counts.map(|(_, (a, b), n)| Value::List(vec![a.into(), b.into(), n.into()])).sink(out);
    })
}

fn sums(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move {
        let pairs = source(input).map(|v| v.pair()).map_values(|n| n.int());
        let sums = pairs.global().emit(mode).aggregate_by_key(sum(|n| *n));
        sums.map(|(_, key, n)| Value::from((key, n))).sink(out);
    })
}

fn sorted(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move {
        let keys = source(input).map(|v| (v.atom(), ()));
        let counts = keys.global().emit(mode).count_by_key().map(|(_, key, n)| (key, n));
        let ordered = counts.transform(|mut counts: Vec<(Atom, u64)>, _| {
            counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
            counts
        });
        ordered.map(Value::from).sink(out);
    })
}
