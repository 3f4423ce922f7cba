//! Operators on the whole of a tick, the one that waits, and words.
use millstream::prelude::*;

fn numbers_that_can_not_be() {
    let _ = stream! {
        let n = source(queue([vec![1u64]]));
        n.repartition(0).print(); //~
        n.repartition(129).print(); //~
        n.map_async(0, |n| async move { n }).print(); //~
    };
}

fn closures_that_do_not_fit() {
    let _ = stream! {
        let n = source(queue([vec![1u64]]));
        n.reduce(|n| n).print(); //~
        n.fold(0).print(); //~
        n.fold(|acc, n| acc + n).print(); //~
        n.transform(|batch| batch).print(); //~
        n.map_async(4, async |n| n).print(); //~
        n.map_async(4, |n| async move { n }.await).print(); //~
        n.map_async(|n| async move { n }).print(); //~
        n.glom().print(); //~
    };
}

fn a_fold_with_the_operands_of_the_other() {
    let _ = stream! {
        let n = source(queue([vec![1u64]]));
        n.fold(0, |acc, n| acc + n, |a, b| a + b).print(); //~
        n.aggregate(0, |acc, n| acc + n).print(); //~
    };
}

fn a_closure_that_returns_no_future() {
    let _ = stream! {
        source(queue([vec![1u64]])).map_async(4, |n| n + 1).print(); //~
    };
}

fn a_limit_that_is_none() {
    let _ = stream! {
        source(queue([vec![1u64]])).map_async("four", |n| async move { n }).print(); //~
    };
}

fn no_pairs_to_sort() {
    let _ = stream! {
        source(queue([vec![1u64]])).sort_by_key().print(); //~
    };
}

fn words_of_numbers() {
    let _ = stream! {
        source(queue([vec![1u64]])).words().print(); //~
    };
}

fn an_other_that_is_no_stream() {
    let _ = stream! {
        source(queue([vec![1u64]])).transform_with(vec![1], |a, b, _| [a, b]).print(); //~
    };
}

fn main() {}
