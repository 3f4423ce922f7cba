//! The mistakes that the book shows.

use millstream::prelude::*;

fn an_unknown_operator() {
    let _ = stream! {
        let words = source(from_iter(["a", "b"]));
        words.flatmap(|w| w.chars()).print(); //~
    };
}

fn a_stream_that_nobody_reads() {
    let _ = stream! {
        let words = source(from_iter(["a", "b"]));
        let upper = words.map(|w| w.to_uppercase()); //~
        words.print();
    };
}

fn a_stream_inside_a_closure() {
    let _ = stream! {
        let nums = source(from_iter([1, 2]));
        let more = source(from_iter([3, 4]));
        nums.map(|n| n + more.len()).print(); //~
        more.print();
    };
}

fn an_if_over_a_stream(loud: bool) {
    let _ = stream! {
        let words = source(from_iter(["a", "b"]));
        if loud { words.print(100); } else { words.print(1); } //~
    };
}

fn a_capture_that_changes() {
    let mut seen = 0;
    let _ = stream! {
        let nums = source(from_iter([1, 2]));
        nums.inspect(|_| seen += 1).print(); //~
    };
}

fn a_value_that_is_no_pair() {
    let _ = stream! {
        let words = source(from_iter(["a", "b"]));
        words.reduce_by_key(|a, b| a + b).print(); //~
    };
}

fn a_pipeline_that_borrows() -> millstream::Result<()> {
    let limit = 3;
    let pipeline = stream! {
        let words = source(queue([vec!["a", "abc"]]));
        words.filter(|w| w.len() > limit).print(); //~
    };
    let job = Engine::local().start(pipeline)?;
    job.wait()
}

fn no_output() {
    let _ = stream! {
        let words = source(from_iter(["a", "b"]));
        let _loud = words.map(|w| w.to_uppercase()); //~
    };
}

fn one_name_for_two_streams() {
    let _ = stream! {
        let nums = source(from_iter([1, 2]));
        let halves = nums.split(|n| *n > 1); //~
        halves.print();
    };
}

fn two_parameters_for_a_pair() {
    let _ = stream! {
        let pairs = source(from_iter([("a", 1)]));
        pairs.map(|k, v| (v, k)).print(); //~
    };
}

async fn ask(id: u64) -> u64 {
    id
}

fn a_future_in_a_map() {
    let _ = stream! {
        let ids = source(from_iter([1, 2]));
        ids.map(|id| ask(id).await).print(); //~
    };
}

fn a_float_as_a_key() {
    let _ = stream! {
        let prices = source(from_iter([1.5, 2.5]));
        prices.map(|p: f64| (p, 1)).reduce_by_key(|a: u64, b| a + b).print(); //~
    };
}

fn main() {}
