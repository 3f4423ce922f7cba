//! Aggregates without windows: one window that holds all there is, without event time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use millstream::engine::FaultPoint;
use millstream::prelude::*;
use millstream::source::Queue;

use super::{Build, Check, mode};
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::value::{Atom, Value};

pub fn pipeline(case: &Case) -> Option<Build> {
    Some(match (case.op.as_str(), case.text("agg")) {
        ("global_count", _) => whole,
        // They are checked on their own.
        ("group_agg", _) if !case.text("filter").is_empty() || !case.text("fault").is_empty() => return None,
        ("group_agg", "count") if case.text("key") == "(value, value+1)" => pairs,
        ("group_agg", "count") => counts,
        ("group_agg", _) => sums,
        ("group_agg_sorted", _) => sorted,
        _ => return None,
    })
}

/// Those that need more than a run.
pub fn check(case: &Case) -> Option<Check> {
    if case.op != "group_agg" {
        return None;
    }
    match (case.text("filter"), case.text("fault")) {
        ("", "") => None,
        ("", _) => Some(a_batch_that_fails),
        _ => Some(by_batch_time),
    }
}

/// The first time that a record is mapped, its closure panics; the batch runs once more after a restart.
fn a_batch_that_fails(case: &Case, under: Under) -> Result<(), String> {
    let Under::Test(n) = under else { return Ok(()) };
    let (out, failed) = (MemorySink::new(), Arc::new(AtomicBool::new(false)));
    let build = || {
        let (input, sink, failed) = (case.source(1).queue, out.clone(), Arc::clone(&failed));
        stream!(move {
            let keys = source(input).map(|v| {
                assert!(v.int() != 4 || failed.swap(true, Relaxed), "the first time");
                (v.int(), ())
            });
            let counts = keys.global().emit(Emit::Update).count_by_key();
            counts.map(|(_, key, n)| Value::from((key, n))).sink(sink);
        })
    };
    let engine = Engine::test().partitions(n).flush_at_end(false);
    let mut job = engine.start(build()).map_err(|e| e.to_string())?;
    if job.run_to_end().is_ok() {
        return Err("it was to fail".into());
    }
    let again = engine.restart(job.crash(), build());
    again.and_then(|mut job| job.run_to_end()).map_err(|e| e.to_string())?;
    compare::differ(case, &case.compare, out.batches()).map_or(Ok(()), Err)
}

/// Results are cut by the batch time, which is that of the log where a tick runs again.
fn by_batch_time(case: &Case, under: Under) -> Result<(), String> {
    let Under::Test(n) = under else { return Ok(()) };
    let steps = case.clock_s().expect("the case has a clock");
    let mut ticks = vec![Vec::new(); steps.last().map_or(0, |last| last / 10)];
    for (second, batch) in steps.iter().zip(case.batches(1)) {
        ticks[second / 10 - 1] = batch.unwrap_or_default();
    }
    let out = MemorySink::new();
    let build = || {
        let (input, sink) = (queue(ticks.clone()), out.clone());
        stream!(move {
            let keys = source(input).map(|v| (v.int(), ()));
            let counts = keys.global().emit(Emit::Complete).count_by_key().map(|(_, key, n)| (key, n));
            let recent = counts.transform(|counts: Vec<(i64, u64)>, tick| {
                let since = tick.time.millis() / 1000 - 10;
                counts.into_iter().filter(move |(key, _)| *key >= since)
            });
            recent.map(Value::from).sink(sink);
        })
    };
    let engine = Engine::test().partitions(n).batch_interval(secs(10)).flush_at_end(false);
    let engine = engine.fail_at(FaultPoint::AfterCommit, 2);
    let mut job = engine.start(build()).map_err(|e| e.to_string())?;
    if job.run_to_end().is_ok() {
        return Err("it was to crash in tick 2".into());
    }
    let again = engine.restart(job.crash(), build());
    again.and_then(|mut job| job.run_to_end()).map_err(|e| e.to_string())?;
    let all = out.batches();
    let steps = steps.iter().map(|second| all[second / 10 - 1].clone()).collect();
    compare::differ(case, &case.compare, steps).map_or(Ok(()), Err)
}

fn whole(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let mode = mode(case);
    stream!(move { source(input).global().emit(mode).count().map(|(_, n)| Value::from(n)).sink(out); })
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
