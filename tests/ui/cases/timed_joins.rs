//! Joins of two streams in event time: a side without a time, windows that no join can be in, and what can't be kept.

use millstream::prelude::*;

fn a_side_without_event_time() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![("a", 1i64)]]));
        a.interval_join(b, Interval::around(secs(1))).print(); //~
    };
}

fn the_first_side_without_event_time() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]]));
        let b = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.left_outer_interval_join(b, Interval::around(secs(1))).print(); //~
    };
}

fn windows_with_a_stream_without_event_time() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![("a", 1i64)]]));
        a.tumbling(secs(1)).join(b).print(); //~
    };
}

fn one_side_that_lost_its_time() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1)).reduce_by_key(|a, b| a + b);
        a.interval_join(b, Interval::around(secs(1))).print(); //~
    };
}

fn an_interval_that_is_left_out() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.interval_join(a).print(); //~
    };
}

fn windows_on_both_sides() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.tumbling(secs(1)).join(b.tumbling(secs(1))).print(); //~
    };
}

fn windows_on_the_other_side() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.left_outer_join(b.tumbling(secs(1))).print(); //~
    };
}

fn a_join_in_sessions() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.session(secs(1)).full_outer_join(a).print(); //~
    };
}

fn a_join_of_all_there_is() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.global().join(a).print(); //~
    };
}

fn an_interval_behind_a_window() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.tumbling(secs(1)).interval_join(a, Interval::around(secs(1))).print(); //~
    };
}

fn unbounded_windows() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.tumbling(secs(1)).join(a).unbounded().print(); //~
    };
}

fn late_records_of_a_join() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let (both, late) = a.tumbling(secs(1)).join(a); //~
        both.print();
        late.print();
    };
}

fn a_condition_of_one_parameter() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.interval_join(a, Interval::around(secs(1)), |(left, right)| left < right).print(); //~
    };
}

fn a_bound_that_is_no_interval() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.interval_join(a, secs(1)).print(); //~
    };
}

fn keys_that_differ() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = source(queue([vec![(1u8, 1i64)]])).event_time(|(_, n)| *n, secs(1));
        a.interval_join(b, Interval::around(secs(1))).print(); //~
    };
}

fn records_that_can_not_be_kept() {
    #[derive(Clone, Debug)]
    struct Plain;
    let _ = stream! {
        let a = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        let b = a.map(|(key, _)| (key, Plain));
        a.interval_join(b, Interval::around(secs(1))).print(); //~
    };
}

fn main() {}
