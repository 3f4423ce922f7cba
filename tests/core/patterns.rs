//! Parameters: patterns, annotations, return types; and functions in place of closures.

use std::ops::Add;

use millstream::prelude::*;

use crate::support::{ordered, sorted};

#[derive(Clone, Debug, PartialEq)]
struct Point {
    x: i64,
    y: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Meters(f64);

fn points() -> Vec<Point> {
    vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }]
}

#[test]
fn patterns_take_records_apart() {
    let got = ordered(|out| {
        stream! {
            source(queue([points()]))
                .filter(|Point { x, .. }| *x > 0)
                .filter(|&Point { y, .. }| y > 0)
                .inspect(|_| {})
                .map(|Point { x, y: height }| (x, height))
                .map(|(mut x, y)| { x += y; (x, y) })
                .filter(|&(x, _)| x < 100)
                .map(|pair @ (_, y)| (pair, y))
                .map(|((x, _), y)| [x, y])
                .flat_map(|[x, y]| [y, x])
                .sink(out);
        }
    });
    assert_eq!(got, [[2, 3, 4, 7]]);
}

#[test]
fn references_and_mut_are_patterns() {
    let words = ["b", "a"];
    let got = ordered(|out| {
        stream! {
            source(queue([vec![0usize, 1]]))
                .map(|i| &words[i])
                .map(|&w| w.to_string())
                .map(|mut w| { w.push('!'); w })
                .map(|ref w| w.len())
                .map(|_| ())
                .map(|()| 7)
                .sink(out);
        }
    });
    assert_eq!(got, [[7, 7]]);
}

#[test]
fn tuple_structs_are_patterns_of_map_values() {
    let got = ordered(|out| {
        stream! {
            source(queue([vec![("a", Meters(1.5))]])).map_values(|Meters(m)| m * 2.0).map(|(k, v)| (v, k)).sink(out);
        }
    });
    assert_eq!(got, [[(3.0, "a".to_string())]]);
}

#[test]
fn parameters_and_results_may_be_annotated() {
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["1", "x", "22"]]))
                .map(|l: &str| -> &str { l.trim() })
                .filter(|l: &&str| -> bool { !l.is_empty() })
                .filter_map(|l: &str| -> Option<u64> { l.parse().ok() })
                .flat_map(|n: u64| -> std::ops::Range<u64> { 0..n % 3 })
                .inspect(|_: &u64| {})
                .key_by(|n: u64| -> bool { n > 0 })
                .map_values(|n: u64| -> i8 { n as i8 })
                .sink(out);
        }
    });
    assert_eq!(got, [[(false, 0), (false, 0)]]);
}

#[test]
fn an_annotated_reducer_keeps_its_type() {
    let got = sorted(|out| {
        stream! { source(queue([vec![(1u8, 2u64), (1, 3)]])).reduce_by_key(|a: u64, b: u64| -> u64 { a + b }).sink(out); }
    });
    assert_eq!(got, [[(1, 5)]]);
}

#[test]
fn functions_are_named_by_their_paths() {
    fn twice<T: Add<Output = T> + Copy>(x: T) -> T {
        x + x
    }
    fn is_long(w: &&str) -> bool {
        w.len() > 1
    }
    let got = sorted(|out| {
        stream! {
            source(queue([vec![" ab cd ", "e fg"]]))
                .map(str::trim)
                .flat_map(str::split_whitespace)
                .filter(is_long)
                .key_by(str::len)
                .map_values(str::to_uppercase)
                .map_values(|w| w.len())
                .map_values(twice::<usize>)
                .reduce_by_key(usize::max)
                .sink(out);
        }
    });
    assert_eq!(got, [[(2, 4)]]);
}

#[test]
fn generic_functions_and_constructors_are_named_by_their_paths() {
    let got = ordered(|out| {
        stream! {
            source(queue([vec!["1", "x"]]))
                .map(str::parse::<i64>)
                .filter_map(Result::ok)
                .map(Some)
                .flat_map(std::convert::identity)
                .map(<i64 as Into<i128>>::into)
                .map(i128::to_be_bytes)
                .map(Vec::from)
                .map(|b| b.len())
                .sink(out);
        }
    });
    assert_eq!(got, [[16]]);
}

#[test]
fn from_utf8_is_a_try_map() {
    let bad = MemorySink::new();
    let good = MemorySink::new();
    let pipeline = stream! {
        let (texts, rest) = source(queue([vec![b"ok".to_vec(), b"\xff".to_vec()]])).map(Vec::leak).map(|b| &*b).try_map(std::str::from_utf8);
        texts.sink(good.clone());
        rest.map(|b| b.record.len()).sink(bad.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    good.assert_batches([["ok"]]);
    bad.assert_batches([[1]]);
}

#[test]
fn item_types_are_checked_where_they_are_annotated() {
    let got = sorted(|out| {
        stream! {
            let lines: Stream<&'static str> = source(queue([vec!["a b", "b"]]));
            let words: Stream<&str> = lines.flat_map(|l| l.split(' '));
            let pairs: Stream<(&str, u64)> = words.map(|w| (w, 1));
            let counts: Stream<(String, u64)> = pairs.reduce_by_key(|a, b| a + b);
            let (one, more): (Stream<_>, Stream<(String, u64)>) = counts.split(|(_, n)| *n == 1);
            one.union(more).sink(out);
        }
    });
    assert_eq!(got, [[("a".to_string(), 1), ("b".to_string(), 2)]]);
}

#[test]
fn an_annotation_fixes_the_type_of_a_literal() {
    let out: MemorySink<u8> = MemorySink::new();
    let pipeline = stream! {
        let ones: Stream<u8> = source(queue([vec![300]])).map(|_: i64| 1);
        ones.sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([[1u8]]);
}

#[test]
fn a_literal_takes_its_type_from_the_sink() {
    let out: MemorySink<(String, u64)> = MemorySink::new();
    let pipeline = stream! {
        let words = source(queue([vec!["a b a"]])).flat_map(|l| l.split(' ')).map(|w| (w, 1));
        words.sink(out.clone());
        words.reduce_by_key(|a, b| a + b).filter(|(_, n)| *n > 1).sink(out.clone());
    };
    Engine::test().run(pipeline).expect("it runs");
    out.assert_batches([[("a", 1), ("b", 1), ("a", 1), ("a", 2)]]);
}
