//! Statements that are none of a pipeline.
use millstream::prelude::*;

fn main() {
    let numbers = vec![1u64];
    let _ = stream! {
        fn double(x: u64) -> u64 { x * 2 } //~
        const LIMIT: u64 = 10; //~
        use std::collections::HashMap; //~
        println!("building"); //~
        { let inner = source(queue([vec![1u64]])); } //~
        let Some(s) = source(queue([vec![1u64]])) else { return }; //~
        unsafe { s.print() }; //~
        return; //~
    };
    let _ = stream! {
        let n = 10; //~
        let text = "a"; //~
        let limit = numbers.len(); //~
        let lines = text_files("*.txt"); //~
        let more = Vec::new(); //~
        let f = |x: u64| x + 1; //~
        let s = &source(queue([vec![1u64]])); //~
        let t = vec![1, 2]; //~
    };
    let _ = stream! {
        let s = source(queue([vec![1u64]]));
        s.0.print(); //~
        s.field.print(); //~
        s?.print(); //~
        s.map(|x| x + 1)?.print(); //~
        s.await.print(); //~
        s = s.map(|x| x + 1); //~
        s; //~
        s + s; //~
    };
    let _ = stream! {
        let mut s = source(queue([vec![1u64]])); //~
        let [a, b] = s.split(|x| *x > 1); //~
        let Point { x, y } = s.map(|x| x); //~
        #[inline] //~
        s.print();
    };
}
