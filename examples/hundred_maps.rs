//! A loop over a stream: a hundred `map`s in a row, which stay a loop within one stage.
//!
//! ```text
//! … -- hundred_maps [MAPS]        by default 100
//! ```
//!
//! In Spark, a `for` over transformations makes a graph of a hundred nodes, and each tick plans them all. Here the plan
//! has the body once, whatever the count, also if it is known at run time only.

use millstream::prelude::*;
use millstream::{BoxError, Trigger};

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "hundred_maps",
    about: "[MAPS]: a hundred maps in a row, written as a loop",
    plan: Some(|| maps(100, 10, drop).plan()),
    run,
};

pub fn maps<'a>(maps: u64, records: u64, show: impl FnMut(u64) + Send + 'a) -> Pipeline<'a> {
    stream!(move {
        let numbers = source(from_iter(0..records));
        for _ in 0..maps {
            numbers = numbers.map(|n| n + 1);
        }
        numbers.for_each(show);
    })
    .named("HundredMaps")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let n = arguments.first().map_or(Ok(100), |n| n.parse())?;
    let pipeline = maps(n, 10, |n| println!("{n}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn each_number_grows_by_the_number_of_maps() {
    let mut grown = Vec::new();
    Engine::test().run(maps(100, 5, |n| grown.push(n))).expect("it runs");
    assert_eq!(grown, [100, 101, 102, 103, 104]);
}
