//! Operators that look at one record at a time, and unions.

use millstream::prelude::*;

use crate::case::Case;
use crate::value::Value;

pub fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    let input = || case.source(1);
    let plus = |by: i64| move |v: Value| Value::Int(v.int() + by);
    Some(match (case.op.as_str(), case.text("fn")) {
        ("filter", "contains 'a'") => stream!(move {
            source(input()).filter(|v| v.text().contains('a')).sink(out);
        }),
        ("filter", "key contains 'a'") => stream!(move {
            source(input())
                .map(|v| (v.text().to_string(), v.text().len() as u64))
                .filter(|(k, _)| k.contains('a'))
                .map(Value::from)
                .sink(out);
        }),
        ("flat_map", "split into characters") => stream!(move {
            source(input()).flat_map(|v| v.text().chars().map(String::from).collect::<Vec<_>>()).map(Value::from).sink(out);
        }),
        ("flat_map_to_pair", "(s,n) -> for each char c: (n,c)") => stream!(move {
            source(input())
                .map(|v| v.pair())
                .flat_map(|(s, n)| {
                    let s = Value::from(s);
                    s.text().chars().map(|c| (n.clone(), c.to_string())).collect::<Vec<_>>()
                })
                .map(Value::from)
                .sink(out);
        }),
        ("flat_map_values", "v -> [v, v+10]") => stream!(move {
            source(input())
                .map(|v| (v.atom(), 1i64))
                .reduce_by_key(|a, b| a + b)
                .flat_map_values(|v| [v, v + 10])
                .map(Value::from)
                .sink(out);
        }),
        ("flat_map_values", "v -> [v+'1', v+'2']") => stream!(move {
            source(input())
                .map(|v| v.pair())
                .flat_map_values(|v| [format!("{}1", v.text()), format!("{}2", v.text())])
                .map(Value::from)
                .sink(out);
        }),
        ("map", "(k,v) -> v") => stream!(move {
            source(input()).map(|v| v.pair()).map(|(_, v)| v).sink(out);
        }),
        ("map_to_pair", "swap") => stream!(move {
            source(input()).map(|v| v.pair()).map(|(k, v)| (v, k)).map(Value::from).sink(out);
        }),
        ("map_values", "v+10") => stream!(move {
            source(input()).map(|v| v.pair()).map_values(|v| v.int() + 10).map(Value::from).sink(out);
        }),
        ("map_values", "upper") => stream!(move {
            source(input()).map(|v| v.pair()).map_values(|v| v.text().to_uppercase()).map(Value::from).sink(out);
        }),
        ("union", "") if case.text("with").is_empty() => {
            let other = case.source(2);
            stream!(move {
                let a = source(input());
                let b = source(other);
                a.union(b).sink(out);
            })
        }
        ("union", "") => stream!(move {
            let s = source(input());
            s.union(s.map(plus(4))).sink(out);
        }),
        ("union_all", "") => stream!(move {
            let s = source(input());
            s.union(s.map(plus(4))).union(s.map(plus(8))).sink(out);
        }),
        _ => return None,
    })
}
