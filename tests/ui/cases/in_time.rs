//! Joins as of a time, sessions, the value before, and refreshed tables: what they can't work with.

use millstream::prelude::*;

fn a_join_as_of_no_time() {
    let _ = stream! {
        let quotes = source(queue([vec![("a", 1i64)]]));
        let trades = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        trades.join_as_of(quotes).print(); //~
    };
}

fn the_value_before_behind_what_loses_the_time() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.reduce_by_key(|a, b| a + b).lag().print(); //~
    };
}

fn sessions_of_what_is_no_pair() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.sessionize(minutes(30)).print(); //~
    };
}

fn a_time_for_what_has_one() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.delta(|a, b| b - a).event_time(|(_, n)| *n, secs(1)).print(); //~
    };
}

fn a_difference_of_one() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.delta(|now| now + 1).print(); //~
    };
}

fn a_join_of_other_keys() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        a.join_latest(a.map(|(_, n)| (n, n))).print(); //~
    };
}

fn a_newest_value_that_can_not_be_kept() {
    #[derive(Clone)]
    struct Plain;
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        a.join_latest(a.map_values(|_| Plain)).keys().print(); //~
    };
}

fn a_gap_that_is_no_time() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.sessionize(30).print(); //~
    };
}

fn a_loader_that_says_nothing_of_failures() {
    let _ = refreshed_table(secs(1), |_| 1, |_| Table::from_iter([("a", 1u64)])); //~
}

fn an_operator_of_pandas() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        a.merge_asof(a).print(); //~
    };
}

fn main() {}
