//! Pairs and keys.
use millstream::prelude::*;

#[derive(Clone, PartialEq, Eq)]
struct User(u64);

#[derive(Clone, PartialEq, Eq, Key)]
struct Name<'a> { //~
    text: &'a str,
}

#[derive(Clone, PartialEq, Key)]
struct Point { //~
    x: f64, //~
}

#[derive(Key)]
struct Bare(u64); //~

#[derive(Clone, Copy, Key)]
union Bits { //~
    a: u32,
    b: i32,
}

fn reduce_what_is_no_pair() {
    let _ = stream! {
        source(queue([vec!["a"]])).reduce_by_key(|a, b| a + b).print(); //~
    };
}

fn reduce_triples() {
    let _ = stream! {
        source(queue([vec![(1u64, 2u64, 3u64)]])).reduce_by_key(|a, b| a + b).print(); //~
    };
}

fn map_values_of_what_is_no_pair() {
    let _ = stream! {
        source(queue([vec![1u64]])).map_values(|v| v + 1).print(); //~
    };
}

fn a_float_as_key() {
    let _ = stream! {
        source(queue([vec![(1.5f64, 1u64)]])).reduce_by_key(|a, b| a + b).print(); //~
    };
}

fn a_float_within_a_key() {
    let _ = stream! {
        source(queue([vec![(("a", 1.5f64), 1u64)]])).reduce_by_key(|a, b| a + b).print(); //~
    };
}

fn a_struct_without_derive() {
    let _ = stream! {
        source(queue([vec![1u64]])).map(User).key_by(|u| u.clone()).reduce_by_key(|a, _| a).for_each(|_| ()); //~
    };
}

fn count_a_float() {
    let _ = stream! {
        source(queue([vec![1.5f64]])).count_by_value().print(); //~
    };
}

fn a_join_of_different_keys() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        let b = source(queue([vec![(1u64, 1u64)]]));
        a.join(b).print(); //~
    };
}

fn a_cogroup_of_different_integers() {
    let _ = stream! {
        let a = source(queue([vec![(1u32, 1u64)]]));
        let b = source(queue([vec![(1u64, 1u64)]]));
        a.cogroup(b).print(); //~
    };
}

fn a_join_with_what_is_no_pair() {
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        let b = source(queue([vec!["a"]]));
        a.left_semi_join(b).print(); //~
    };
}

fn a_join_of_values_that_are_not_clone() {
    struct Single;
    let _ = stream! {
        let a = source(queue([vec![("a", 1u64)]]));
        a.join(a.map_values(|_| Single)).keys().print(); //~
    };
}

fn a_table_of_other_keys() {
    let table = Table::from_iter([(1u64, "one")]);
    let _ = stream! {
        source(queue([vec![("a", 1u64)]])).join_table(&table).print(); //~
    };
}

fn a_map_for_a_table() {
    let table = std::collections::HashMap::from([("a", "one")]);
    let _ = stream! {
        source(queue([vec![("a", 1u64)]])).join_table(&table).print(); //~
    };
}

fn the_fold_gives_another_type() {
    let _ = stream! {
        source(queue([vec![("a", 1u64)]])).fold_by_key(0u64, |a, b| format!("{a}{b}")).print(); //~
    };
}

fn main() {}
