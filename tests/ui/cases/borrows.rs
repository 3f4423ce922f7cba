//! Captures and lifetimes.
use std::rc::Rc;

use millstream::prelude::*;

struct Word<'a>(&'a str);

fn a_capture_that_is_changed() {
    let mut seen = 0;
    let _ = stream! {
        source(queue([vec![1u64]])).inspect(|_| seen += 1).print(); //~
    };
}

fn a_capture_that_is_changed_by_a_method() {
    let mut all = Vec::new();
    let _ = stream! {
        source(queue([vec![1u64]])).map(|x| { all.push(x); x }).print(); //~
    };
}

fn a_reducer_that_changes_a_capture() {
    let mut calls = 0;
    let _ = stream! {
        source(queue([vec![(1u64, 1u64)]])).reduce_by_key(|a, b| { calls += 1; a + b }).print(); //~
    };
}

fn a_capture_that_two_closures_own() {
    let names = vec![String::new()];
    let _ = stream! {
        let a = source(queue([vec![1usize]]));
        let b = source(queue([vec![1usize]]));
        a.map(move |i| names[i].len()).print();
        b.map(move |i| names[i].len()).print(); //~
    };
}

fn a_capture_that_is_used_up() {
    let name = String::new();
    let _ = stream! {
        source(queue([vec![1u64]])).map(|_| name).print(); //~
    };
}

fn a_borrowed_record_that_leaves() {
    let _ = stream! {
        source(text_files("*.txt")).map(|line| Word(line)).for_each(|w| println!("{}", w.0)); //~
    };
}

fn a_borrowed_value_that_leaves() {
    let _ = stream! {
        source(text_files("*.txt")).map(|line| (line, line)).reduce_by_key(|a, _| a).print(); //~
    };
}

fn a_pipeline_that_borrows_is_started() {
    let limit = 10u64;
    let pipeline = stream! {
        source(queue([vec![1u64]])).filter(|x| *x < limit).print(); //~
    };
    Engine::local().start(pipeline).unwrap();
}

fn a_pipeline_that_borrows_is_returned() -> Pipeline<'static> {
    let limit = 10u64;
    stream! {
        source(queue([vec![1u64]])).filter(|x| *x < limit).print(); //~
    }
}

fn an_rc_is_captured() {
    let names = Rc::new(vec![String::new()]);
    let _ = stream! {
        source(queue([vec![1usize]])).map(|i| names[i].len()).print(); //~
    };
}

fn an_rc_is_a_record() {
    let _ = stream! {
        source(queue([vec![1usize]])).map(Rc::new).print(); //~
    };
}

fn a_cell_is_captured() {
    let seen = std::cell::Cell::new(0);
    let _ = stream! {
        source(queue([vec![1u64]])).inspect(|_| seen.set(1)).print(); //~
    };
}

fn a_record_is_used_up_by_two() {
    let _ = stream! {
        source(queue([vec![String::new()]])).map(|s| { drop(s); s }).print(); //~
    };
}

fn an_inspected_record_is_moved() {
    let _ = stream! {
        source(queue([vec![String::new()]])).inspect(|s| drop(*s)).print(); //~
    };
}

fn a_capture_that_all_partitions_would_change() {
    let mut seen = 0;
    let _ = stream! {
        source(queue([vec![1u64]])).for_each_partition(|all, _, _| seen += all.len()); //~
    };
}

fn main() {}
