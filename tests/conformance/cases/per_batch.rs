//! Operators on all records of a tick.

use millstream::prelude::*;

use crate::case::Case;
use crate::engines::Under;
use crate::value::Value;

pub fn build(case: &Case, out: MemorySink<Value>) -> Option<Pipeline<'static>> {
    let input = || case.source(1);
    Some(match (case.op.as_str(), case.text("fn")) {
        ("count", "") => stream!(move { source(input()).count().map(Value::from).sink(out); }),
        ("count_by_value", "") => stream!(move {
            source(input()).map(|v| v.atom()).count_by_value().map(Value::from).sink(out);
        }),
        ("word_count", "") if case.text("tokenize") == "split on space, strip ','" => stream!(move {
            source(input())
                .flat_map(|line| {
                    line.text().split(' ').map(|w| w.trim_matches(',').to_string()).collect::<Vec<_>>()
                })
                .count_by_value()
                .map(Value::from)
                .sink(out);
        }),
        ("reduce", "sum") => stream!(move {
            source(input()).map(|v| v.int()).reduce(|a, b| a + b).map(Value::from).sink(out);
        }),
        ("glom", "") => stream!(move { source(input()).chunks().map(Value::from).sink(out); }),
        ("map_partitions", "concat of upper-cased elements") => stream!(move {
            source(input())
                .map_partitions(|all| [all.iter().map(|v| v.text().to_uppercase()).collect::<String>()])
                .map(Value::from)
                .sink(out);
        }),
        ("map_partitions_to_pair", "swap each") => stream!(move {
            source(input())
                .map(|v| v.pair())
                .map_partitions(|all| all.into_iter().map(|(k, v)| (v, k)))
                .map(Value::from)
                .sink(out);
        }),
        ("repartition", "") => {
            let n = usize::try_from(case.number("to")?).ok()?;
            let glom = case.text("post") == "glom";
            stream!(move {
                let dealt = source(input()).repartition(n).chunks();
                dealt.flat_map(|chunk| if glom { vec![Value::from(chunk)] } else { chunk }).sink(out);
            })
        }
        ("transform", "sort_by_key") => stream!(move {
            source(input())
                .map(|v| v.pair())
                .transform(|mut batch, _| {
                    batch.sort_by(|a, b| a.0.cmp(&b.0));
                    batch
                })
                .map(Value::from)
                .sink(out);
        }),
        ("transform", "map (k,v) -> k") => stream!(move {
            source(input())
                .map(|v| v.pair())
                .transform(|batch, _| batch.into_iter().map(|(k, _)| k))
                .map(Value::from)
                .sink(out);
        }),
        ("transform", "batch -> batch.map(to_string)") => stream!(move {
            source(input())
                .transform(|batch, _| batch.into_iter().map(|v| v.int().to_string()))
                .map(Value::from)
                .sink(out);
        }),
        ("transform_all", "union") => {
            let plus = |by: i64| move |v: Value| Value::Int(v.int() + by);
            stream!(move {
                let s = source(input());
                let t = s.map(plus(4));
                let both = s.transform_with(t, |a, b, _| [a, b].concat());
                both.transform_with(s.map(plus(8)), |ab, c, _| [ab, c].concat()).sink(out);
            })
        }
        ("transform_all", "union(s1,s2).map(i -> (i,i)).join(s3)") => {
            let (two, three) = (case.source(2), case.source(3));
            stream!(move {
                let one = source(input());
                let two = source(two);
                let pairs = one.transform_with(two, |a, b, _| [a, b].concat()).map(|v| (v.clone().atom(), v));
                let three = source(three).map(|v| v.pair());
                pairs.transform_with(three, |a, b, _| join(&a, &b)).map(Value::from).sink(out);
            })
        }
        ("transform_with", "union of the two batches") => {
            let other = case.source(2);
            stream!(move {
                let a = source(input());
                let b = source(other);
                a.transform_with(b, |a, b, _| [a, b].concat()).sink(out);
            })
        }
        ("transform_with", "inner join") => {
            let other = case.source(2);
            stream!(move {
                let a = source(input()).map(|v| v.pair());
                let b = source(other).map(|v| v.pair());
                a.transform_with(b, |a, b, _| join(&a, &b)).map(Value::from).sink(out);
            })
        }
        _ => return None,
    })
}

/// Into how many partitions each batch was dealt.
pub fn dealt(case: &Case, under: Under) -> Result<(), String> {
    let (n, out) = (case.number("to").and_then(|n| usize::try_from(n).ok()).unwrap_or(1), MemorySink::new());
    let (input, sink) = (case.source(1), out.clone());
    let pipeline = stream!(move { source(input).repartition(n).chunks().count().sink(sink); });
    under.run(pipeline).map_err(|e| e.to_string())?;
    let expected = case.expected_partitions.map(|n| n as u64);
    let wrong = |batch: &Vec<u64>| Some(batch.iter().sum()) != expected;
    match out.batches().iter().find(|batch| wrong(batch)) {
        Some(batch) => Err(format!("{batch:?} partitions, not {expected:?}")),
        None => Ok(()),
    }
}

/// What a user's function of two whole batches may do.
fn join<K: Clone + PartialEq, V: Clone, W: Clone>(a: &[(K, V)], b: &[(K, W)]) -> Vec<(K, (V, W))> {
    let pairs = a.iter().flat_map(|(k, v)| {
        b.iter().filter(move |(l, _)| k == l).map(move |(_, w)| (k.clone(), (v.clone(), w.clone())))
    });
    pairs.collect()
}
