//! Estimates π by throwing darts at a square: π/4 of them land in the quarter of a circle.
//!
//! ```text
//! … -- pi [THROWS]        by default 10,000,000
//! ```

use millstream::prelude::*;
use millstream::{BoxError, Trigger};

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "pi",
    about: "[THROWS]: π by throwing darts, better with every tick",
    plan: Some(|| throw(1000, drop).plan()),
    run,
};

/// Where the n-th dart lands. The same for the same n: a tick that runs again throws the same darts.
fn dart(n: u64) -> (f64, f64) {
    // SplitMix64 (Steele, Lea and Flood, 2014), a good hash of a counter.
    let mix = |n: u64| {
        let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (mix(2 * n + 1), mix(2 * n + 2))
}

/// Shows the estimate after each tick.
pub fn throw<'a>(throws: u64, mut show: impl FnMut(f64) + Send + 'a) -> Pipeline<'a> {
    let (mut hits, mut thrown) = (0, 0);
    stream!(move {
        let numbers = source(from_iter(0..throws).max_records_per_tick(1_000_000));
        let darts = numbers.map(|n| dart(n)).map(|(x, y)| (u64::from(x * x + y * y <= 1.0), 1u64));
        darts.reduce(|a, b| (a.0 + b.0, a.1 + b.1)).for_each(|(hit, all)| {
            hits += hit;
            thrown += all;
            show(4.0 * hits as f64 / thrown as f64);
        });
    })
    .named("Pi")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let throws = arguments.first().map_or(Ok(10_000_000), |n| n.parse())?;
    let pipeline = throw(throws, |estimate| println!("{estimate:.6}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn two_million_darts_are_enough_for_two_digits() {
    let mut estimates = Vec::new();
    Engine::test().run(throw(2_000_000, |estimate| estimates.push(estimate))).expect("it runs");
    let last = estimates.last().expect("there were ticks");
    assert!((last - std::f64::consts::PI).abs() < 0.005, "{estimates:?}");
}
