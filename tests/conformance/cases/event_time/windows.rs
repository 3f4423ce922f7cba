//! Windows, one behind the other, and which records are in them.

use millstream::prelude::*;
use millstream::source::Queue;

use super::{Build, delay, mode, seconds};
use crate::case::Case;
use crate::engines::Under;
use crate::value::Value;

pub fn pipeline(case: &Case) -> Option<Build> {
    Some(match case.op.as_str() {
        "chained_window_agg" => chain,
        "event_time_window_agg" => counts,
        "event_time_group_agg" => times,
        "window_assignment" if case.text("on") == "window" => return None,
        "window_assignment" if case.params.contains_key("slide_ms") => milliseconds,
        "window_assignment" => assigned,
        _ => return None,
    })
}

fn counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (delay, length, mode) = (delay(case), secs(case.number("window_s").expect("a length")), mode(case));
    stream!(move {
        let values = source(input).event_time(|v| 1000 * v.int(), delay);
        let counts = values.tumbling(length).emit(mode).count();
        counts.map(|(window, n)| Value::List(vec![seconds(window.start), n.into()])).sink(out);
    })
}

/// A group for each time is a window of the shortest length.
fn times(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let values = source(input).event_time(|v| 1000 * v.int(), delay);
        let counts = values.tumbling(millis(1)).count();
        counts.map(|(window, n)| Value::List(vec![seconds(window.start), n.into()])).sink(out);
    })
}

fn chain(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let delay = delay(case);
    stream!(move {
        let values = source(input).event_time(|v| 1000 * v.int(), delay);
        let counts = values.tumbling(secs(5)).count().map(|(_, n)| n);
        let sums = counts.tumbling(secs(10)).reduce(|a, b| a + b).map(|(_, n)| n);
        let both = sums.tumbling(secs(20)).aggregate((count(), sum(|n| *n)));
        both.map(|(w, (n, sum))| Value::List(vec![seconds(w.start), seconds(w.end), n.into(), sum.into()])).sink(out);
    })
}

/// `2016-03-27 09:00:00.410`, and a row's other columns. (All rows are of one day, but for two of 1970.)
fn row(v: Value) -> Option<(i64, Vec<Value>)> {
    let Value::List(columns) = v else { panic!("{v} is no row") };
    let Value::Text(text) = &columns[0] else { return None };
    Some((parse(text), columns[1..].to_vec()))
}

pub fn parse(text: &str) -> i64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<i64>().expect("digits");
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let millis = text.get(20..23).map_or(0, |_| number(20..23));
    // Howard Hinnant's days from civil.
    let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468;
    ((days * 24 + number(11..13)) * 60 + number(14..16)) * 60_000 + number(17..19) * 1000 + millis
}

/// The inverse of `parse`, by search in what the case expects.
fn text(case: &Case) -> impl Fn(i64) -> Value + Send + Sync + 'static + use<> {
    let all: Vec<Value> = case.expected().into_iter().flatten().collect();
    let texts: Vec<Value> = all
        .into_iter()
        .flat_map(|row| if let Value::List(columns) = row { columns } else { vec![row] })
        .filter(|column| matches!(column, Value::Text(_)))
        .collect();
    move |time| texts.iter().find(|t| parse(t.text()) == time).cloned().unwrap_or(Value::Int(time))
}

/// Which windows rows are in: they come out when the input ends, so a later row makes all others due.
fn assigned(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let length = secs(case.number("size_s").expect("a length"));
    let offset = 1000 * case.number("offset_s").unwrap_or(0) as i64;
    let (shape, counts, text) = (case.text("out").to_string(), case.text("agg") == "count", text(case));
    let end = i64::MAX / 4;
    stream!(move {
        let rows = source(input).flat_map(|v| row(v)).union(source(queue([vec![(end, Vec::<Value>::new())], vec![]])).id("end"));
        let values = rows.event_time(|(time, _)| *time - offset, secs(0)).tumbling(length).collect();
        let results = values.flat_map(|(w, rows)| {
            let (start, end) = (text(w.start.millis() + offset), text(w.end.millis() + offset));
            if counts {
                return vec![Value::List(vec![start, end, (rows.len() as u64).into()])];
            }
            let value = |(_, columns): (i64, Vec<Value>)| columns[0].clone();
            let all = rows.into_iter().map(value);
            match shape.as_str() {
                "value" => all.collect(),
                _ => all.map(|v| Value::List(vec![start.clone(), end.clone(), v])).collect(),
            }
        });
        results.sink(out);
    })
}

fn milliseconds(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (length, slide) =
        (case.number("size_ms").expect("a length"), case.number("slide_ms").expect("a slide"));
    let text = text(case);
    let end = i64::MAX / 4;
    stream!(move {
        let rows = source(input).flat_map(|v| row(v)).union(source(queue([vec![(end, Vec::<Value>::new())], vec![]])).id("end"));
        let times = rows.event_time(|(time, _)| *time, secs(0));
        let counts = times.sliding(millis(length), millis(slide)).count();
        counts.map(|(w, n)| Value::List(vec![text(w.start.millis()), text(w.end.millis()), n.into()])).sink(out);
    })
}

/// How far event time is with two streams: the lower of both, and nothing before each had a record.
pub fn watermarks_of_two(case: &Case, under: Under) -> Result<(), String> {
    let delays: Vec<u64> = case.params["delay_s"]
        .as_array()
        .expect("two")
        .iter()
        .map(|d| d.as_u64().expect("seconds"))
        .collect();
    let (first, second) = (secs(delays[0]), secs(delays[1]));
    let of = |input: usize| queue(case.batches(input).into_iter().map(Option::unwrap_or_default));
    let (left, right) = (of(1), of(2));
    let pipeline = stream!(move {
        let a = source(left).event_time(|v| 1000 * v.int(), first);
        let b = source(right).event_time(|v| 1000 * v.int(), second);
        a.union(b).for_each(|_| {});
    });
    let Under::Test(n) = under else { return Ok(()) };
    let mut job =
        Engine::test().partitions(n).flush_at_end(false).start(pipeline).map_err(|e| e.to_string())?;
    // A tick is judged by what was known before it.
    job.tick().map_err(|e| e.to_string())?;
    for expected in case.expected() {
        job.tick().map_err(|e| e.to_string())?;
        let got = job.progress().watermark().map_or(0, Timestamp::millis);
        if vec![Value::Int(got)] != expected {
            return Err(format!("expected {expected:?}, got {got}"));
        }
    }
    Ok(())
}
