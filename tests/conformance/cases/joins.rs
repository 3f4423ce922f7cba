//! Joins of two streams of one tick; an order between keys is asked for, as in `keyed`.

use millstream::prelude::*;

use crate::case::Case;
use crate::value::{Atom, Value};

pub fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    let in_order = case.compare == "list";
    Some(match (case.op.as_str(), case.text("type"), case.text("post")) {
        ("cogroup", "", "") => {
            let (a, b) = (case.source(1), case.source(2));
            stream!(move {
                let a = source(a).map(|v| v.pair());
                let b = source(b).map(|v| v.pair());
                a.cogroup(b).sort_by_key().map(Value::from).sink(out);
            })
        }
        ("join", "inner", "") => {
            let [a, b] = sides(case)?;
            stream!(move {
                let a = source(a.input).map(move |v| (a.pair)(v));
                let b = source(b.input).map(move |v| (b.pair)(v));
                a.join(b).sort_by_key().map(Value::from).sink(out);
            })
        }
        ("join", "left_outer", "") if !in_order => {
            let [a, b] = sides(case)?;
            stream!(move {
                let a = source(a.input).map(move |v| (a.pair)(v));
                let b = source(b.input).map(move |v| (b.pair)(v));
                a.left_outer_join(b).map(Value::from).sink(out);
            })
        }
        ("join", "left_outer", "count") => {
            let [a, b] = sides(case)?;
            stream!(move {
                let a = source(a.input).map(move |v| (a.pair)(v));
                let b = source(b.input).map(move |v| (b.pair)(v));
                a.left_outer_join(b).count().map(Value::from).sink(out);
            })
        }
        ("join", "right_outer", "") if !in_order => {
            let [a, b] = sides(case)?;
            stream!(move {
                let a = source(a.input).map(move |v| (a.pair)(v));
                let b = source(b.input).map(move |v| (b.pair)(v));
                a.right_outer_join(b).map(Value::from).sink(out);
            })
        }
        _ => return None,
    })
}

struct Side {
    input: crate::batches::Batches,
    pair: fn(Value) -> (Atom, Value),
}

/// What makes pairs of the records of each side.
fn sides(case: &Case) -> Option<[Side; 2]> {
    let pair = |name: &str| -> Option<fn(Value) -> (Atom, Value)> {
        match case.text(name) {
            "" => Some(Value::pair),
            "x -> (x,1)" => Some(|v| (v.atom(), Value::Int(1))),
            "x -> (x,'x')" => Some(|v| (v.atom(), Value::Text("x".into()))),
            _ => None,
        }
    };
    Some([
        Side { input: case.source(1), pair: pair("left_pre")? },
        Side { input: case.source(2), pair: pair("right_pre")? },
    ])
}
