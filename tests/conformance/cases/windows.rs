//! Windows of processing time. On the test engine each case also crashes and is restarted behind every one of its ticks,
//! with another number of partitions; the real pool runs it undisturbed (tests/kill kills that).

use std::time::Duration;

use millstream::prelude::*;
use millstream::source::Queue;

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::restarts;
use crate::value::{Atom, Value};

type Build = fn(&Case, Queue<Value>, MemorySink<Value>) -> Pipeline<'static>;

pub fn check(case: &Case) -> Option<Check> {
    pipeline(case).map(|_| as_ever as Check)
}

fn pipeline(case: &Case) -> Option<Build> {
    Some(match (case.op.as_str(), case.text("inverse")) {
        ("window", _) if case.text("post") == "count" => records_counted,
        ("window", _) => records,
        ("count_by_window", _) => count,
        ("reduce_by_window", "") => reduced,
        ("reduce_by_window", _) => reduced_with_inverse,
        ("reduce_by_key_and_window", "") if case.text("pre").is_empty() => sums,
        ("reduce_by_key_and_window", "") => keys_counted,
        ("reduce_by_key_and_window", _) if !case.text("filter").is_empty() => sums_filtered,
        ("reduce_by_key_and_window", _) => sums_with_inverse,
        ("group_by_key_and_window", _) => groups,
        ("count_by_value_and_window", _) => counts,
        _ => return None,
    })
}

/// Runs undisturbed, and on the test engine also with a restart behind each tick.
fn as_ever(case: &Case, under: Under) -> Result<(), String> {
    let build = pipeline(case).expect("whoever checks a case has asked whether it is known");
    let out = MemorySink::new();
    under.run_every_second(build(case, input(case), out.clone())).map_err(|e| e.to_string())?;
    holds(case, &out)?;
    let Under::Test(n) = under else { return Ok(()) };
    restarts::behind_each_tick(
        &Engine::test().partitions(n),
        n,
        ticks(case),
        MemorySink::new,
        |out| build(case, input(case), out.clone()),
        |out| holds(case, out),
    )
}

fn holds(case: &Case, out: &MemorySink<Value>) -> Result<(), String> {
    compare::differ(case, &case.compare, out.batches()).map_or(Ok(()), Err)
}

/// How long a case runs: until its last window.
fn ticks(case: &Case) -> usize {
    case.expected().len() * case.number("slide").unwrap_or(1) as usize
}

fn input(case: &Case) -> Queue<Value> {
    let mut batches: Vec<Vec<Value>> = case.batches(1).into_iter().map(Option::unwrap_or_default).collect();
    batches.resize(ticks(case), Vec::new());
    queue(batches)
}

fn span(case: &Case) -> (Duration, Duration) {
    (secs(case.number("window").expect("a length")), secs(case.number("slide").expect("a slide")))
}

fn number(v: Value) -> (Atom, i64) {
    let (key, n) = v.pair();
    (key, n.int())
}

/// `x -> (x,1)`, where the case says it.
fn pair(pre: bool, v: Value) -> (Atom, i64) {
    if pre { (v.atom(), 1) } else { number(v) }
}

fn records(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move { source(input).window(length, slide).sink(out); })
}

fn records_counted(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move { source(input).window(length, slide).count().map(Value::from).sink(out); })
}

fn count(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move { source(input).count_by_window(length, slide).map(Value::from).sink(out); })
}

fn reduced(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        source(input).map(|v| v.int()).reduce_by_window(|a, b| a + b, length, slide).map(Value::Int).sink(out);
    })
}

fn reduced_with_inverse(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        source(input)
            .map(|v| v.int())
            .reduce_by_window_with_inverse(|a, b| a + b, |a, b| a - b, length, slide)
            .map(Value::Int)
            .sink(out);
    })
}

fn sums(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        source(input).map(number).reduce_by_key_and_window(|a, b| a + b, length, slide).map(Value::from).sink(out);
    })
}

/// How many keys there are.
fn keys_counted(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        let sums = source(input).map(|v| (v.atom(), 1)).reduce_by_key_and_window(|a, b| a + b, length, slide);
        sums.filter(|(_, n)| *n > 0).count().map(Value::from).sink(out);
    })
}

/// Where keys are in an order (`list`), it is theirs: see `keyed.rs`.
fn sums_with_inverse(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let ((length, slide), pre) = (span(case), !case.text("pre").is_empty());
    stream!(move {
        source(input)
            .map(|v| pair(pre, v))
            .reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, length, slide)
            .sort_by_key()
            .map(Value::from)
            .sink(out);
    })
}

fn sums_filtered(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        source(input)
            .map(number)
            .reduce_by_key_and_window_with_inverse(|a, b| a + b, |a, b| a - b, length, slide, |_, n| *n != 0)
            .map(Value::from)
            .sink(out);
    })
}

/// As bags: the case has them sorted.
fn groups(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        let groups = source(input).map(number).group_by_key_and_window(length, slide);
        let sorted = groups.map_values(|mut values| {
            values.sort();
            values
        });
        sorted.map(Value::from).sink(out);
    })
}

fn counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) = span(case);
    stream!(move {
        source(input).map(|v| v.atom()).count_by_value_and_window(length, slide).map(Value::from).sink(out);
    })
}
