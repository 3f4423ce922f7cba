//! Nothing is wrong here, and nothing is said: no rule fires on what only looks like a mistake, and no lint on glue.
#![deny(warnings)]
#![allow(dead_code, reason = "keys that no record has")]

use millstream::prelude::*;

#[derive(Clone, PartialEq, Eq, Key, Debug)]
struct User {
    id: u64,
    name: String,
}

#[derive(Clone, PartialEq, Eq, Key, Debug)]
enum Kind<T> {
    A,
    B(T, u8),
    C { x: i32 },
}

#[derive(Clone, Default)]
struct Stamp {
    n: u64,
    at: u64,
}

fn main() {
    let limit = 10;
    let mut seen = 0;
    let pipeline = stream! {
        let n = source(queue([vec![1u64, 2]]));
        n.map(|count| match count { 0 => None, lines => Some(lines) }).print();
        n.map(|x| { let mut total; total = x; total += 1; total }).for_each(|x| println!("{x} {n}", n = 1));
        n.map(|x| Stamp { n: x, ..Stamp::default() }).map(|s| { let mut s = s; s.n += 1; s.n }).print();
        n.inspect(|x| println!("{x}")).filter(|x| *x < limit).map(|x| (x, x)).map_values(|v| v + 1).reduce_by_key(|a, b| a + b).print();
        let (ok, bad) = n.try_map(|x| u8::try_from(x));
        bad.print();
        ok.filter_map(|x| x.checked_sub(1)).for_each(|_| seen += 1);
        let (a, b) = n.split(|x| x % 2 == 0);
        a.union(b).key_by(|x| User { id: x, name: String::new() }.id).reduce_by_key(u64::max).print(3);
        n.map(|x| { let mut y = x; y += 1; y }).map(|_| User { id: 1, name: String::new() }).count_by_value().print();
        n.map(|x| if x > 1 { Kind::A } else if x > 5 { Kind::C { x: 1 } } else { Kind::B(1u8, 2) }).count_by_value().print();
        n.filter(|_| true)
            .union(source(queue([vec![7u64]])))
            .inspect(|_| {})
            .filter(|x| todo!("{x}"))
            .print();
    };
    drop(pipeline);
    println!("{seen}");
}
