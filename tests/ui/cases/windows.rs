//! Windows of processing time: their lengths, their functions, and what they keep.

use millstream::prelude::*;

#[derive(Clone)]
struct Visits(u64);

fn lengths_of_zero() {
    let _ = stream! {
        let n = source(queue([vec![1u64]]));
        n.count_by_window(secs(0), secs(1)).print(); //~
        n.map(|n| n + 1).count_by_window(secs(1), std::time::Duration::ZERO).print(); //~
    };
}

fn without_a_length() {
    let _ = stream! {
        source(queue([vec![1u64]])).window().print(); //~
    };
}

fn a_number_for_a_length() {
    let _ = stream! {
        source(queue([vec![1u64]])).window(30, 10).print(); //~
    };
}

fn an_inverse_has_an_operator_of_its_own() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1u64)]]));
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, secs(30), secs(10)).print(); //~
    };
}

fn an_inverse_for_a_length() {
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1u64)]]));
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, secs(30)).print(); //~
    };
}

fn a_function_of_one_parameter() {
    let _ = stream! {
        source(queue([vec![1u64]])).reduce_by_window(|a| a, secs(30)).print(); //~
    };
}

fn what_is_no_pair() {
    let _ = stream! {
        source(queue([vec!["a"]])).group_by_key_and_window(secs(30)).print(); //~
    };
}

fn what_can_not_be_kept() {
    let _ = stream! {
        let pages = source(queue([vec![("/", 1u64)]])).map_values(Visits);
        pages.reduce_by_key_and_window(|a, b| Visits(a.0 + b.0), secs(30)).keys().print(); //~
        pages.values().window(secs(30)).count().print(); //~
    };
}

fn main() {}
