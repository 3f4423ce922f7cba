//! Closures as the macro sees them, before types.
use millstream::prelude::*;

async fn look_up(x: u64) -> u64 {
    x
}

fn main() {
    let _ = stream! {
        let pairs = source(queue([vec![(1u64, 2u64)]]));
        pairs.map(|k, v| k + v).print(); //~
        pairs.map(|| 1).print(); //~
        pairs.reduce_by_key(|a| a).print(); //~
        pairs.reduce_by_key(|a, b, c| a + b + c).print(); //~
        pairs.for_each_batch(|batch| println!("{}", batch.len())); //~
        pairs.filter_map(|(1, v)| Some(v)).print(); //~
    };
    let _ = stream! {
        let maybe = source(queue([vec![Some(1u64)]]));
        maybe.map(|Some(x)| x).print(); //~
        maybe.map(async |x| x).print(); //~
        maybe.map(|x| async move { x }.await).print(); //~
        maybe.for_each(|x| look_up(x).await); //~
        maybe.filter(true).print(); //~
        maybe.map("text").print(); //~
    };
    let _ = stream! {
        let names = source(queue([vec!["a"]]));
        let allowed = source(queue([vec!["a"]]));
        names.filter(|n| allowed.contains(n)).print(); //~
        names.for_each(|n| println!("{n} {allowed:?}")); //~
        allowed.print();
    };
}
