//! Event time. Behind each batch comes an empty one, where Spark runs one without data: what a step emits is what both do. On the
//! test engine each case also crashes and is restarted behind every one of its ticks, with another number of partitions.

mod aggregates;
mod as_of;
mod duplicates;
mod joins;
mod sessions;
mod windows;

use std::time::Duration;

use millstream::prelude::*;
use millstream::source::Queue;

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::restarts;
use crate::value::Value;

type Build = fn(&Case, Queue<Value>, MemorySink<Value>) -> Pipeline<'static>;

pub fn check(case: &Case) -> Option<Check> {
    if case.op == "watermark_merge" && case.text("policy") == "min" {
        return Some(windows::watermarks_of_two);
    }
    if case.expect_error && case.op == "session_window_agg" {
        return Some(sessions::updates_are_refused);
    }
    as_of::check(case)
        .or_else(|| aggregates::check(case))
        .or_else(|| pipeline(case).map(|_| as_ever as Check))
}

fn pipeline(case: &Case) -> Option<Build> {
    windows::pipeline(case)
        .or_else(|| sessions::pipeline(case))
        .or_else(|| aggregates::pipeline(case))
        .or_else(|| duplicates::pipeline(case))
        .or_else(|| joins::pipeline(case))
}

/// Runs undisturbed, and on the test engine also with a restart behind each tick.
fn as_ever(case: &Case, under: Under) -> Result<(), String> {
    let build = pipeline(case).expect("whoever checks a case has asked whether it is known");
    let out = MemorySink::new();
    under.run_without_flush(build(case, input(case), out.clone())).map_err(|e| e.to_string())?;
    holds(case, &out)?;
    let Under::Test(n) = under else { return Ok(()) };
    restarts::behind_each_tick(
        &Engine::test().partitions(n).flush_at_end(false),
        n,
        ticks(case).len(),
        MemorySink::new,
        |out| build(case, input(case), out.clone()),
        |out| holds(case, out),
    )
}

/// Whether Spark runs a batch without data where the watermark went on. (In complete mode it has no use for one.)
fn has_more(case: &Case) -> bool {
    case.params.get("no_data_batches").is_none_or(|flag| flag.as_bool() != Some(false))
        && case.text("mode") != "complete"
}

/// The batches of the first input, each with what follows it.
fn ticks(case: &Case) -> Vec<Vec<Value>> {
    ticks_of(case, 1)
}

/// As [`ticks`], of any input.
fn ticks_of(case: &Case, input: usize) -> Vec<Vec<Value>> {
    let batches = case.batches(input).into_iter().map(Option::unwrap_or_default);
    if has_more(case) { batches.flat_map(|batch| [batch, Vec::new()]).collect() } else { batches.collect() }
}

fn input(case: &Case) -> Queue<Value> {
    queue(ticks(case))
}

/// What each step emitted, against what it was to emit. A step of which nothing is said is not looked at.
fn holds(case: &Case, out: &MemorySink<Value>) -> Result<(), String> {
    let ticks = out.batches();
    let mut steps: Vec<Vec<Value>> =
        if has_more(case) { ticks.chunks(2).map(<[Vec<Value>]>::concat).collect() } else { ticks };
    if case.check == "all" {
        for step in 1..steps.len() {
            steps[step] = [&steps[step - 1][..], &steps[step][..]].concat();
        }
    }
    // What is due behind the last batch may make ticks of its own.
    let length = case.said().len();
    while steps.len() > length && steps.last().is_some_and(Vec::is_empty) {
        steps.pop();
    }
    for (step, said) in steps.iter_mut().zip(case.said()) {
        if !said {
            step.clear();
        }
    }
    compare::differ(case, &case.compare, steps).map_or(Ok(()), Err)
}

fn delay(case: &Case) -> Duration {
    secs(case.number("delay_s").unwrap_or(0))
}

fn mode(case: &Case) -> Emit {
    match case.text("mode") {
        "update" => Emit::Update,
        "complete" => Emit::Complete,
        _ => Emit::Append,
    }
}

/// A time of the data, in seconds.
fn seconds(time: Timestamp) -> Value {
    Value::Int(time.millis() / 1000)
}
