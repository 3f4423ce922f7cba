//! Operators on all records of a tick.

use millstream::prelude::*;

use crate::case::Case;
use crate::value::{Atom, Value};

pub fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    let input = || case.source(1);
    let one = |v: Value| (v.atom(), 1i64);
    let number = |v: Value| -> (Atom, i64) {
        let (key, n) = v.pair();
        (key, n.int())
    };
    Some(match (case.op.as_str(), case.text("pre")) {
        ("count", "") => stream!(move { source(input()).count().map(Value::from).sink(out); }),
        ("count_by_value", "") => stream!(move {
            source(input()).map(|v| v.atom()).count_by_value().map(Value::from).sink(out);
        }),
        ("reduce_by_key", "") | ("combine_by_key", "") => stream!(move {
            source(input()).map(number).reduce_by_key(|a, b| a + b).map(Value::from).sink(out);
        }),
        ("reduce_by_key", "x -> (x,1)") => stream!(move {
            source(input()).map(one).reduce_by_key(|a, b| a + b).map(Value::from).sink(out);
        }),
        ("word_count", "") => stream!(move {
            source(input())
                .flat_map(|line| {
                    line.text().split(' ').map(|w| w.trim_matches(',').to_string()).collect::<Vec<_>>()
                })
                .count_by_value()
                .map(Value::from)
                .sink(out);
        }),
        _ => return None,
    })
}
