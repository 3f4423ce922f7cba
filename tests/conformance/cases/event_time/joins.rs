//! Joins of two streams.

use std::time::Duration;

use millstream::prelude::*;
use millstream::source::Queue;

use super::windows::parse;
use super::{Build, seconds, ticks_of};
use crate::case::Case;
use crate::value::{Atom, Value};

pub fn pipeline(case: &Case) -> Option<Build> {
    Some(match (case.op.as_str(), case.text("type"), case.text("on")) {
        ("join_then_window_agg", _, _) => then_counts,
        ("window_assignment", _, "window") => sums_by_window,
        ("stream_stream_join", "", "null-safe equality of value") => nullable,
        ("stream_stream_join", "", "leftKey=middleKey, rightKey=middleKey") => three,
        ("stream_stream_join", "inner", "key") => ever,
        ("stream_stream_join", "inner", "value % 5") => with_itself,
        ("stream_stream_join", "left_outer", "id equal and |leftTime-rightTime| <= 30 s") => rows_of_text,
        ("stream_stream_join", "left_outer", on) if on.starts_with("key1 null-safe") => nullable_in_windows,
        ("stream_stream_join", "left_outer", on) if on.starts_with("leftId=") => left_with_itself,
        ("stream_stream_join", "right_outer", on) if on.starts_with("leftId=") => right_with_itself,
        ("stream_stream_join", "inner", on) if on.starts_with("leftKey=") => one_bound,
        ("stream_stream_join", "left_outer", on) if on.starts_with("leftKey=") => near_left_outer,
        ("stream_stream_join", "right_outer", on) if on.starts_with("leftKey=") => near_right_outer,
        ("stream_stream_join", "full_outer", on) if on.starts_with("leftKey=") => near_full_outer,
        ("stream_stream_join", _, "") if case.number("window_s").is_some() => in_windows(case)?,
        _ => return None,
    })
}

/// The other input, with what follows each batch.
fn other(case: &Case, input: usize) -> Queue<Value> {
    queue(ticks_of(case, input))
}

/// The delays of both sides.
fn delays(case: &Case) -> [Duration; 2] {
    let all = case.params["delay_s"].as_array().expect("two");
    [0, 1].map(|side| secs(all[side].as_u64().expect("seconds")))
}

/// A result's values, of either side what it has.
trait Both {
    fn both(self) -> [Option<i64>; 2];
}

impl Both for (i64, i64) {
    fn both(self) -> [Option<i64>; 2] {
        [Some(self.0), Some(self.1)]
    }
}

impl Both for (i64, Option<i64>) {
    fn both(self) -> [Option<i64>; 2] {
        [Some(self.0), self.1]
    }
}

impl Both for (Option<i64>, i64) {
    fn both(self) -> [Option<i64>; 2] {
        [self.0, Some(self.1)]
    }
}

impl Both for (Option<i64>, Option<i64>) {
    fn both(self) -> [Option<i64>; 2] {
        [self.0, self.1]
    }
}

impl Both for i64 {
    fn both(self) -> [Option<i64>; 2] {
        [Some(self), None]
    }
}

fn in_windows(case: &Case) -> Option<Build> {
    Some(match case.text("type") {
        "inner" => windowed_without_time,
        "left_outer" => windowed_left_outer,
        "right_outer" => windowed_right_outer,
        "full_outer" => windowed_full_outer,
        "left_semi" => windowed_left_semi,
        _ => return None,
    })
}

/// A value comes at its second, and is its key; the sides have it two- and threefold.
struct Threefold {
    length: Duration,
    /// Which of them can match at all. What can't leaves at once, and never waits: it is split off before the join.
    can_match: [fn(i64) -> bool; 2],
    /// How a right value is shown.
    as_text: bool,
    is_semi: bool,
}

impl Threefold {
    fn of(case: &Case) -> Threefold {
        let all: fn(i64) -> bool = |_| true;
        let can_match: [fn(i64) -> bool; 2] = match case.text("extra") {
            "" => [all, all],
            "leftValue > 4" => [|v| v > 4, all],
            "int(rightValue) > 7" => [all, |w| w > 7],
            "leftValue > 10 and (rightValue < 300 or rightValue > 1000)" => {
                [|v| v > 10, |w| !(300..=1000).contains(&w)]
            }
            other => panic!("{other} is unknown"),
        };
        Threefold {
            length: secs(case.number("window_s").expect("a length")),
            can_match,
            as_text: case.text("right").contains("str("),
            is_semi: case.text("type") == "left_semi",
        }
    }

    /// The end of a second's window.
    fn end(&self, second: i64) -> Timestamp {
        let length = self.length.as_millis() as i64;
        Timestamp::from_millis((1000 * second).div_euclid(length) * length + length)
    }

    fn row(&self, key: i64, end: Timestamp, [left, right]: [Option<i64>; 2]) -> Value {
        let right = right.map(|w| if self.as_text { Value::Text(w.to_string()) } else { Value::Int(w) });
        let mut row = vec![key.into(), seconds(end), left.into()];
        if !self.is_semi {
            row.push(right.into());
        }
        Value::List(row)
    }
}

macro_rules! windowed {
    ($($name:ident $join:ident $lone_left:literal $lone_right:literal)+) => {$(
        fn $name(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
            let ([delay, other_delay], other) = (delays(case), other(case, 2));
            let of = std::sync::Arc::new(Threefold::of(case));
            let (length, [left_can, right_can]) = (of.length, of.can_match);
            let (joined, lefts, rights) = (of.clone(), of.clone(), of);
            stream!(move {
                let left = source(input).event_time(|v| 1000 * v.int(), delay).map(|v| (v.int(), 2 * v.int()));
                let right = source(other).event_time(|v| 1000 * v.int(), other_delay).map(|v| (v.int(), 3 * v.int()));
                let (may, never) = left.split(|(_, v)| left_can(*v));
                let (other_may, other_never) = right.split(|(_, w)| right_can(*w));
                let both = may.tumbling(length).$join(other_may);
                let rows = both.map(|(window, key, both)| joined.row(key, window.end, both.both()));
                let lone_left = never.filter(|_| $lone_left).map(|(key, v)| lefts.row(key, lefts.end(key), [Some(v), None]));
                let lone_right = other_never.filter(|_| $lone_right).map(|(key, w)| rights.row(key, rights.end(key), [None, Some(w)]));
                rows.union(lone_left).union(lone_right).sink(out);
            })
        }
    )+};
}

windowed! {
    windowed_left_outer left_outer_join true false
    windowed_right_outer right_outer_join false true
    windowed_full_outer full_outer_join true true
    windowed_left_semi left_semi_join false false
}

/// Nothing closes a window, so it is part of the key.
fn windowed_without_time(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (of, other) = (std::sync::Arc::new(Threefold::of(case)), other(case, 2));
    let (lefts, rights, rows) = (of.clone(), of.clone(), of);
    stream!(move {
        let left = source(input).map(|v| v.int()).map(|v| ((v, lefts.end(v).millis()), 2 * v));
        let right = source(other).map(|v| v.int()).map(|v| ((v, rights.end(v).millis()), 3 * v));
        let both = left.interval_join(right, Interval::always()).unbounded();
        both.map(|((key, end), both)| rows.row(key, Timestamp::from_millis(end), both.both())).sink(out);
    })
}

/// Rows of a key and a second, with the second as value.
fn timed(v: &Value) -> i64 {
    let Value::List(columns) = v else { panic!("{v} is no row") };
    1000 * columns[1].int()
}

fn keyed(v: Value) -> (i64, i64) {
    let (key, second) = v.pair();
    (Value::from(key).int(), second.int())
}

/// How far both may be apart, `… <= 5`.
fn around(case: &Case) -> Interval {
    let (_, seconds) = case.text("on").rsplit_once("<= ").expect("a bound");
    Interval::around(secs(seconds.parse().expect("a number")))
}

/// The keys and the times of both sides.
fn near(key: i64, both: impl Both) -> Value {
    let [left, right] = both.both();
    Value::List(vec![left.map(|_| key).into(), right.map(|_| key).into(), left.into(), right.into()])
}

macro_rules! near {
    ($($name:ident $join:ident)+) => {$(
        fn $name(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
            let ([delay, other_delay], other, interval) = (delays(case), other(case, 2), around(case));
            stream!(move {
                let left = source(input).event_time(timed, delay).map(keyed);
                let right = source(other).event_time(timed, other_delay).map(keyed);
                left.$join(right, interval).map(|(key, both)| near(key, both)).sink(out);
            })
        }
    )+};
}

near! {
    near_left_outer left_outer_interval_join
    near_right_outer right_outer_interval_join
    near_full_outer full_outer_interval_join
}

fn one_bound(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let ([delay, other_delay], other) = (delays(case), other(case, 2));
    stream!(move {
        let left = source(input).event_time(timed, delay).map(keyed);
        let right = source(other).event_time(timed, other_delay).map(keyed);
        let later = left.interval_join(right, Interval::millis(5001..)).unbounded();
        later.map(|(key, (left, right))| Value::List(vec![key.into(), left.into(), right.into()])).sink(out);
    })
}

/// The ids and the times of both sides, which are one stream.
fn of_itself(id: i64, both: impl Both) -> Value {
    let [left, right] = both.both();
    Value::List(vec![left.map(|_| id).into(), left.into(), right.map(|_| id).into(), right.into()])
}

fn left_with_itself(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let [delay, other_delay] = delays(case);
    stream!(move {
        let rows = source(input).map(keyed);
        let left = rows.event_time(|(_, second)| 1000 * second, delay);
        let right = rows.filter(|(id, _)| id % 2 == 0).event_time(|(_, second)| 1000 * second, other_delay);
        let both = left.left_outer_interval_join(right, Interval::between(secs(0), secs(5)));
        both.map(|(id, both)| of_itself(id, both)).sink(out);
    })
}

fn right_with_itself(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let [delay, other_delay] = delays(case);
    stream!(move {
        let rows = source(input).map(keyed);
        let left = rows.filter(|(id, _)| id % 2 == 0).event_time(|(_, second)| 1000 * second, delay);
        let right = rows.event_time(|(_, second)| 1000 * second, other_delay);
        let both = left.right_outer_interval_join(right, Interval::millis(-5000..=0));
        both.map(|(id, both)| of_itself(id, both)).sink(out);
    })
}

/// Rows of a time, an id, and a text.
fn rows_of_text(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    fn time(v: &Value) -> i64 {
        let Value::List(columns) = v else { panic!("{v} is no row") };
        parse(columns[0].text())
    }
    fn by_id(v: Value) -> (Atom, Vec<Value>) {
        let Value::List(columns) = v else { panic!("{v} is no row") };
        (columns[1].clone().atom(), columns)
    }
    let ([delay, other_delay], other) = (delays(case), other(case, 2));
    stream!(move {
        let left = source(input).event_time(time, delay).map(by_id);
        let right = source(other).event_time(time, other_delay).map(by_id);
        let both = left.left_outer_interval_join(right, Interval::around(secs(30)));
        both.map(|(_, (left, right))| Value::List([left, right.unwrap_or(vec![Value::Null; 3])].concat())).sink(out);
    })
}

fn optional(v: &Value) -> Option<i64> {
    (*v != Value::Null).then(|| v.int())
}

fn nullable(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let other = other(case, 2);
    stream!(move {
        let left = source(input).map(|v| optional(&v)).map(|v| (v, v.map(|v| 2 * v)));
        let right = source(other).map(|v| optional(&v)).map(|v| (v, v.map(|v| 3 * v)));
        let both = left.interval_join(right, Interval::always()).unbounded();
        both.map(|(key, (v, w))| Value::from(vec![key, key, v, w])).sink(out);
    })
}

/// Rows of a key that may be missing, and a number, which is a key too, and the second.
fn nullable_in_windows(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    fn keys(v: &Value) -> (Option<i64>, i64) {
        let Value::List(columns) = v else { panic!("{v} is no row") };
        (optional(&columns[0]), columns[1].int())
    }
    let ([delay, other_delay], other) = (delays(case), other(case, 2));
    let length = secs(case.number("window_s").expect("a length"));
    stream!(move {
        let left = source(input).map(|v| keys(&v)).event_time(|(_, second)| 1000 * second, delay);
        let right = source(other).map(|v| keys(&v)).event_time(|(_, second)| 1000 * second, other_delay);
        let others = right.map(|key| (key, 3 * key.1));
        let both = left.map(|key| (key, 2 * key.1)).tumbling(length).left_outer_join(others);
        let rows = both.map(|(window, (first, second), (v, w))| {
            let right = |value: Option<i64>| w.and(value);
            let end = window.end.millis() / 1000;
            Value::from(vec![first, right(first), Some(second), right(Some(second)), Some(end), Some(v), w])
        });
        rows.sink(out);
    })
}

fn three(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let (middle, last) = (other(case, 2), other(case, 3));
    stream!(move {
        let left = source(input).map(|v| (v.int(), 2 * v.int()));
        let middle = source(middle).map(|v| (v.int(), 3 * v.int()));
        let right = source(last).map(|v| (v.int(), 5 * v.int()));
        let two = left.interval_join(middle, Interval::always()).unbounded();
        let three = two.interval_join(right, Interval::always()).unbounded();
        three.map(|(key, ((v, w), x))| Value::from(vec![key, v, key, w, key, x])).sink(out);
    })
}

fn ever(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let other = other(case, 2);
    stream!(move {
        let left = source(input).map(|v| (v.int(), 2 * v.int()));
        let right = source(other).map(|v| (v.int(), 3 * v.int()));
        let both = left.interval_join(right, Interval::always()).unbounded();
        both.map(|(key, (v, w))| Value::from(vec![key, v, w])).sink(out);
    })
}

fn with_itself(_: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    stream!(move {
        let values = source(input).map(|v| (v.int() % 5, v.int()));
        let both = values.interval_join(values, Interval::always()).unbounded();
        both.map(|(key, (v, w))| Value::from(vec![key, v, w])).sink(out);
    })
}

fn then_counts(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    let ([delay, other_delay], other) = (delays(case), other(case, 2));
    let length = secs(case.number("window_s").expect("a length"));
    stream!(move {
        let left = source(input).event_time(|v| 1000 * v.int(), delay).map(|v| (v.int(), ()));
        let right = source(other).event_time(|v| 1000 * v.int(), other_delay).map(|v| (v.int(), ()));
        let counts = left.interval_join(right, Interval::around(secs(0))).tumbling(length).count();
        counts.map(|(window, n)| Value::List(vec![seconds(window.start), n.into()])).sink(out);
    })
}

/// Rows of a time, which may be missing, and a number.
fn sums_by_window(case: &Case, input: Queue<Value>, out: MemorySink<Value>) -> Pipeline<'static> {
    fn row(v: Value) -> Option<(i64, i64)> {
        let Value::List(columns) = v else { panic!("{v} is no row") };
        (columns[0] != Value::Null).then(|| (parse(columns[0].text()), columns[1].int()))
    }
    let (other, length) = (other(case, 2), secs(case.number("size_s").expect("a length")));
    stream!(move {
        let left = source(input).filter_map(row).event_time(|(time, _)| *time, secs(0)).map(|(_, v)| ((), v));
        let right = source(other).filter_map(row).event_time(|(time, _)| *time, secs(0)).map(|(_, w)| ((), w));
        left.tumbling(length).join(right).map(|(_, (), (v, w))| Value::from(v + w)).sink(out);
    })
}
