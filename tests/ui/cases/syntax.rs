//! What does not parse.
use millstream::prelude::*;

fn no_semicolon() {
    let _ = stream! {
        let s = source(queue([vec![1u64]])) //~
        s.print(); //~
    };
}

fn half_written() {
    let _ = stream! {
        let s = source(queue([vec![1u64]]));
        s.; //~
        s.print();
    };
}

fn no_initialiser() {
    let _ = stream! {
        let s; //~
        let t = source(queue([vec![1u64]]));
        t.print();
    };
}

fn no_name() {
    let _ = stream! { <"Word count"> //~
        source(queue([vec![1u64]])).print();
    };
}

fn main() {}
