//! Event time: windows that have none, windows without an aggregate, and what no window can be.

use millstream::prelude::*;

fn windows_without_event_time() {
    let _ = stream! {
        source(queue([vec![1i64]])).tumbling(secs(1)).count().print(); //~
    };
}

fn windows_behind_what_loses_the_time() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1i64)]])).event_time(|(_, n)| *n, secs(1));
        pairs.reduce_by_key(|a, b| a + b).session(secs(1)).count().print(); //~
    };
}

fn windows_of_two_times() {
    let _ = stream! {
        let a = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        let b = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        a.union(b).tumbling(secs(1)).count().print(); //~
    };
}

fn windows_of_late_records() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        let (counts, late) = n.tumbling(secs(1)).count();
        counts.print();
        late.tumbling(secs(2)).count().print(); //~
    };
}

fn time_outs_without_event_time() {
    let _ = stream! {
        let pairs = source(queue([vec![(1u64, 1i64)]]));
        pairs.map_with_state(|_: &u64, n, s: &mut State<i64>| { s.update(n?); n }).event_timeout(secs(1)).print(); //~
    };
}

fn time_outs_of_what_has_none() {
    let _ = stream! {
        let pairs = source(queue([vec![(1u64, 1i64)]]));
        pairs.running_count().event_timeout(secs(1)).print(); //~
    };
}

fn two_event_times() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.map(|n| n + 1).event_time(|n| *n, secs(2)).print(); //~
    };
}

fn no_aggregate() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.tumbling(secs(1)).map(|n| n + 1).print(); //~
    };
}

fn an_aggregate_that_stands_elsewhere() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.sliding(secs(2), secs(1)).sum(|n| *n).print(); //~
    };
}

fn a_window_that_is_printed() {
    let _ = stream! {
        let windows = source(queue([vec![1i64]])).event_time(|n| *n, secs(1)).tumbling(secs(1));
        windows.print(); //~
    };
}

fn a_window_of_no_length() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.sliding(secs(1), secs(0)).count().print(); //~
    };
}

fn sessions_in_update_mode() {
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1));
        n.session(secs(1)).emit(Emit::Update).count().print(); //~
    };
}

fn a_bound_below_zero() {
    let _ = stream! {
        source(queue([vec![1i64]])).event_time(|n| *n, -secs(1)).print(); //~
    };
}

fn lateness_where_there_are_no_windows() {
    let _ = stream! {
        source(queue([vec![1i64]])).event_time(|n| *n, secs(1)).allowed_lateness(secs(1)).print(); //~
    };
}

fn a_time_that_is_none() {
    let _ = stream! {
        let texts = source(queue([vec!["1"]])).event_time(|text| text.to_string(), secs(1)); //~
        texts.print();
    };
}

fn an_aggregate_of_what_can_not_be_kept() {
    #[derive(Clone)]
    struct Plain;
    let _ = stream! {
        let n = source(queue([vec![1i64]])).event_time(|n| *n, secs(1)).map(|_| Plain);
        n.tumbling(secs(1)).collect().for_each(|_| {}); //~
    };
}

fn main() {}
