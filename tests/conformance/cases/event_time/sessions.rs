//! Sessions of words.

use millstream::prelude::*;
use millstream::source::Queue;

use super::{Build, delay, mode, seconds};
use crate::case::Case;
use crate::engines::Under;
use crate::value::Value;

pub fn pipeline(case: &Case) -> Option<Build> {
    match (case.op.as_str(), case.number("gap_s")) {
        ("session_window_agg", Some(_)) if case.text("agg") == "count" => Some(counts),
        ("session_window_agg", Some(_)) => Some(extremes),
        _ => None,
    }
}

/// The words of a row, each with its second.
fn words(v: Value) -> Vec<(String, i64)> {
    let Value::List(columns) = v else { panic!("{v} is no row") };
    let time = columns[1].int();
    columns[0].text().split(' ').map(|word| (word.to_string(), time)).collect()
}

fn counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (delay, gap, mode) = (delay(case), secs(case.number("gap_s").expect("a gap")), mode(case));
    stream!(move {
        let words = source(input).flat_map(|v| words(v)).event_time(|(_, second)| 1000 * second, delay);
        let counts = words.session(gap).emit(mode).count_by_key();
        counts
            .map(|(w, word, n)| {
                let length = Value::Int(w.length().as_secs() as i64);
                Value::List(vec![word.into(), seconds(w.start), seconds(w.end), length, n.into()])
            })
            .sink(out);
    })
}

fn extremes(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (delay, gap) = (delay(case), secs(case.number("gap_s").expect("a gap")));
    stream!(move {
        let words = source(input).flat_map(|v| words(v)).event_time(|(_, second)| 1000 * second, delay);
        let both = words.session(gap).aggregate_by_key((min(|second| *second), max(|second| *second)));
        both
            .map(|(w, word, (least, most))| {
                Value::List(vec![word.into(), seconds(w.start), seconds(w.end), least.into(), most.into()])
            })
            .sink(out);
    })
}

/// Where the mode is a value, `run` refuses it. (Where it is written out, the compiler does.)
pub fn updates_are_refused(case: &Case, under: Under) -> Result<(), String> {
    let (input, gap, mode) = (case.source(1).queue, secs(10), mode(case));
    let pipeline = stream!(move {
        let words = source(input).flat_map(|v| words(v)).event_time(|(_, second)| 1000 * second, secs(30));
        words.session(gap).emit(mode).count_by_key().for_each(|_| {});
    });
    match under.run_without_flush(pipeline) {
        Ok(()) => Err("it was to be refused".into()),
        Err(error) if error.to_string().contains("update mode") => Ok(()),
        Err(error) => Err(format!("{error}")),
    }
}
