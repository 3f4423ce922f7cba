//! A batch function that gives no batch.

use millstream::prelude::*;

fn main() {
    let _ = stream! {
        let numbers = source(queue([vec![1, 2, 3, 4]]));
        numbers.transform(|batch, _| drop(batch)).print(); //~
    };
}
