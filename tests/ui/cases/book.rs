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

fn main() {}
