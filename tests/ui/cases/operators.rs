//! Methods that are no operators.
use millstream::prelude::*;

fn main() {
    let _ = stream! {
        let lines = source(queue([vec!["a b"]]));
        lines.fliter(|l| l.is_empty()).print(); //~
        lines.flatmap(|l| l.split(' ')).print(); //~
        lines.reduceByKey(|a, b| a + b).print(); //~
        lines.foreachRDD(|batch| drop(batch)); //~
        lines.to_uppercase().print(); //~
        lines.len().print(); //~
    };
    let _ = stream! {
        let numbers = source(queue([vec![1u64]]));
        numbers.chain(numbers).print(); //~
        numbers.collect(); //~
        numbers.take(3).print(); //~
        numbers.sum().print(); //~
        numbers.zip(numbers).print(); //~
        numbers.rev().print(); //~
        numbers.skip(1).print(); //~
        numbers.cloned().print(); //~
    };
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1u64)]]));
        pairs.max().print(); //~
        pairs.sort().print(); //~
        pairs.cache().print(); //~
        pairs.mapValues(|v| v + 1).print(); //~
        pairs.saveAsTextFiles("out"); //~
        pairs.unwrap().print(); //~
        pairs.clone().print(); //~
    };
    let _ = stream! {
        let pairs = source(queue([vec![("a", 1u64)]]));
        pairs.combineByKey(|a, b| a + b).print(); //~
        pairs.tumbling(secs(30)).print(); //~
        pairs.leftOuterJoin(pairs).print(); //~
        pairs.updateStateByKey(|values, state| state).print(); //~
        pairs.map::<u64>(|(_, n)| n).print(); //~
        pairs.count(1).print(); //~
        pairs.map().print(); //~
        pairs.print(1, 2); //~
    };
}
