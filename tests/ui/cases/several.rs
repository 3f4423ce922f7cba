//! Several mistakes in one pipeline are all reported.
use millstream::prelude::*;

fn main() {
    let _ = stream! { <Report>
        const LIMIT: u64 = 3; //~
        let lines = source(queue([vec!["a b"]]));
        let words = lines.flatMap(|l| l.split(' ')); //~
        let short = words.filter(|w| w.len() < 4);
        if true { short.print(); } //~
        short.map(|a, b| a).print(); //~
        words.print().count(); //~
        lins.count().print(); //~
    };
}
