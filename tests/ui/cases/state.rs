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
