//! Control structures over streams.
use millstream::prelude::*;

fn main() {
    let verbose = true;
    let n = 3;
    let _ = stream! {
        let s = source(queue([vec![1u64]]));
        if verbose { s.print(); } else { s.count().print(); } //~
        let t = if verbose { s } else { s.map(|x| x + 1) }; //~
        match n { 0 => s.print(), _ => {} } //~
        let u = match n { 0 => s, _ => s }; //~
        while verbose { s.print(); } //~
        loop { s.print(); } //~
        let v = loop { break s; }; //~
        t.print();
        u.union(v).print();
    };
    let _ = stream! {
        let s = source(queue([vec![1u64]]));
        let other = source(queue([vec![1u64]]));
        for _ in 0..n {} //~
        for _ in 0..n { s = s.flat_map(|x| [x, x]); } //~
        for _ in 0..n { s = s.map(|x| x + 1); other = other.map(|x| x + 1); } //~
        for _ in 0..n { s = s.count(); } //~
        for _ in 0..n { s.print(); } //~
        for _ in 0..n { s = s.map(7); } //~
        for _ in 0..n { s = s.reduceByKey(|a, b| a + b); } //~
        for _ in s { println!("a record"); } //~
        s.union(other).print();
    };
}
