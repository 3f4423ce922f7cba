//! Operators on the pairs of a tick.
//!
//! Where Spark's case has its keys in an order (`list`), that is the order of Java's hash codes. A keyed stream of
//! Millstream has another one, that of key groups. So these pipelines end as they would for a user who needs an
//! order: in `sort_by_key`, which sorts by the key alone and leaves each value as it came.

use millstream::prelude::*;

use crate::case::Case;
use crate::value::{Atom, Value};

fn one(v: Value) -> (Atom, i64) {
    (v.atom(), 1)
}

fn number(v: Value) -> (Atom, i64) {
    let (key, n) = v.pair();
    (key, n.int())
}

pub fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    let input = || case.source(1);
    Some(match (case.op.as_str(), case.text("pre"), case.compare.as_str()) {
        ("reduce_by_key", "", "list") => stream!(move {
            source(input()).map(number).reduce_by_key(|a, b| a + b).sort_by_key().map(Value::from).sink(out);
        }),
        ("reduce_by_key", "", _) => stream!(move {
            source(input()).map(number).reduce_by_key(|a, b| a + b).map(Value::from).sink(out);
        }),
        ("reduce_by_key", "x -> (x,1)", _) => stream!(move {
            source(input()).map(one).reduce_by_key(|a, b| a + b).map(Value::from).sink(out);
        }),
        ("combine_by_key", "", "list") if case.text("create") == "identity" => stream!(move {
            source(input())
                .map(number)
                .aggregate_by_key(0, |sum, n| sum + n, |a, b| a + b)
                .sort_by_key()
                .map(Value::from)
                .sink(out);
        }),
        ("group_by_key", "", "list") => stream!(move {
            source(input()).map(|v| v.pair()).group_by_key().sort_by_key().map(Value::from).sink(out);
        }),
        ("group_by_key", "x -> (x,1)", _) => stream!(move {
            source(input()).map(one).group_by_key().map(Value::from).sink(out);
        }),
        ("stream_static_join", "", _) if case.text("on") == "value == parity" => {
            // The static side: 1 to 5, counted by parity.
            let parities = Table::from_iter([(1i64, 3i64), (0, 2)]);
            stream!(move {
                source(input())
                    .map(|v| (v.int(), ()))
                    .join_table(parities)
                    .map(|(value, (_, count))| Value::from(vec![value, value, count]))
                    .sink(out);
            })
        }
        _ => return None,
    })
}
