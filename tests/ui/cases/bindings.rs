//! Names of streams.
use millstream::prelude::*;

fn main() {
    let _ = stream! {
        let lines = source(queue([vec!["a b"]]));
        let lines = source(queue([vec!["c"]])); //~
        line.print(); //~
        stopwords.print(); //~
        let (a, b) = lines.map(|l| l.len()); //~
        let whole = lines.split(|l| l.is_empty()); //~
        let (x, y, z) = lines.split(|l| l.is_empty()); //~
        let (pair,) = lines.split(|l| l.is_empty()); //~
        lines.split(|l| l.is_empty()); //~
    };
    let _ = stream! {
        let lines = source(queue([vec!["a b"]]));
        lines.print().map(|l| l.len()).print(); //~
        let printed = lines.print(); //~
        lines.map(|l| l.len()); //~
        lines.split(|l| l.is_empty()).print(); //~
        let n: u64 = lines.count(); //~
        let v: Vec<u64> = lines.count(); //~
    };
    let _ = stream! {
        let lines = source(queue([vec!["a b"]]));
        lines.union(other).print(); //~
        lines.union(|x| x).print(); //~
        lines.union(lines.print()).print(); //~
        source().print(); //~
    };
    let _ = stream! {
        let lines = source(queue([vec!["a b"]]));
        let words = lines.flat_map(|l| l.split(' ')); //~
        let (short, long) = lines.split(|l| l.len() < 3); //~
        short.print();
    };
    let _ = stream! { <Nothing> //~
        let _lines = source(queue([vec!["a b"]]));
    };
    let _ = stream! {
        let _lines = source(queue([vec!["a b"]])); //~
    };
    let _ = stream! {}; //~
}
