//! What is kept from tick to tick: that it can be written, is named, and is bounded or said not to be.

use millstream::prelude::*;

#[derive(Clone)]
struct Visits(u64);

#[derive(Clone, PartialEq, Eq, Key)]
struct Page(String);

fn duplicates_for_ever() {
    let _ = stream! {
        source(queue([vec!["a"]])).drop_duplicates().print(); //~
    };
}

fn an_expiry_and_unbounded() {
    let _ = stream! {
        source(queue([vec!["a"]])).drop_duplicates(secs(1)).unbounded().print(); //~
    };
}

fn unbounded_on_what_is_bounded() {
    let _ = stream! {
        source(queue([vec!["a"]])).distinct().unbounded().print(); //~
    };
}

fn exact_where_nothing_is_combined() {
    let _ = stream! {
        source(queue([vec![("a", 0.5)]])).fold_by_key(0.0, |a, b| a + b).exact().print(); //~
    };
}

fn exact_twice() {
    let _ = stream! {
        source(queue([vec![("a", 0.5)]])).reduce_by_key(|a, b| a + b).exact().exact().print(); //~
    };
}

fn exact_with_an_argument() {
    let _ = stream! {
        source(queue([vec![("a", 0.5)]])).reduce_by_key(|a, b| a + b).exact(true).print(); //~
    };
}

fn an_id_of_nothing() {
    let _ = stream! {
        let words = source(queue([vec!["a"]]));
        words.id("words").print(); //~
    };
}

fn an_id_on_what_keeps_nothing() {
    let _ = stream! {
        source(queue([vec![1u64]])).map(|n| n + 1).id("more").print(); //~
    };
}

fn an_id_that_is_no_literal() {
    let name = "clicks";
    let _ = stream! {
        source(queue([vec!["a"]])).id(name).print(); //~
    };
}

fn an_id_without_a_name() {
    let _ = stream! {
        source(queue([vec!["a"]])).id().print(); //~
    };
}

fn an_empty_id() {
    let _ = stream! {
        source(queue([vec!["a"]])).id("").print(); //~
    };
}

fn an_id_of_two() {
    let _ = stream! {
        let words = source(queue([vec![("a", 1u64)]])).id("words");
        words.running_count().id("words").print(); //~
    };
}

fn an_id_that_is_the_name_of_another_state() {
    let _ = stream! {
        let words = source(queue([vec![("a", 1u64)]]));
        let counts = words.running_count();
        words.running_reduce(u64::max).id("counts/running_count").print(); //~
        counts.print();
    };
}

fn an_id_that_is_the_name_of_another_source() {
    let _ = stream! {
        let words = source(queue([vec!["a"]]));
        let more = source(queue([vec!["a"]])).id("words"); //~
        words.union(more).print();
    };
}

fn two_of_one_name() {
    let _ = stream! {
        let words = source(queue([vec![("a", 1u64)]]));
        words.running_count().print();
        words.map_values(|n| n + 1).running_count().print(); //~
    };
}

fn a_state_that_can_not_be_written() {
    let _ = stream! {
        let pages = source(queue([vec![("/", 1u64)]]));
        let visits = pages.update_state_by_key(|new, old: Option<Visits>| { //~
            Some(Visits(old.map_or(0, |visits| visits.0) + new.len() as u64))
        });
        visits.map_values(|visits| visits.0).print();
    };
}

fn a_key_that_can_not_be_written() {
    let _ = stream! {
        let pages = source(queue([vec!["/"]]));
        pages.map(|page| (Page(page.to_string()), ())).running_count().values().print(); //~
    };
}

fn main() {}
