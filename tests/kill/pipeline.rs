//! What is run: words counted since the start, and for each word a figure that every one of its records goes into, in order.

use millstream::batch::Batch;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::Source;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::trap::{Phase, passes};

/// The state of a word. Writing it is a phase, and reading it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    digest: u64,
    /// Long enough that it changes its length.
    last: String,
}

fn write<S: Serializer>(digest: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    passes(Phase::Checkpoint);
    digest.serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    passes(Phase::Recovery);
    u64::deserialize(deserializer)
}

impl Chain {
    /// Another order of records gives another digest.
    fn next(&self, number: u64) -> Chain {
        let digest = (self.digest ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17);
        Chain { digest, last: "x".repeat(1 + number as usize % 20) }
    }
}

/// Lines are `NUMBER WORD…`; each is also written as it came, as `line …`.
pub fn pipeline<S>(input: S, out: impl Sink<String> + 'static) -> Pipeline<'static>
where
    S: Source,
    for<'a> <S::Batch as Batch>::Item<'a>: AsRef<str>,
{
    let pipeline = stream!(move {
        let lines = source(input).id("lines").map(|line| line.as_ref().to_string());
        let words = lines.flat_map(|line| {
            let (number, words) = line.split_once(' ').unwrap_or(("0", ""));
            let number: u64 = number.parse().unwrap_or(0);
            words.split(' ').map(|word| (word.to_string(), number)).collect::<Vec<_>>()
        });
        let passed = words.inspect(|_| passes(Phase::Stage));
        let counts = passed.running_count().id("counts").map(|(word, n)| format!("count {word} {n}"));
        let chains = passed.map_with_state(|word: &String, number, state: &mut State<Chain>| {
            let before = state.get().cloned().unwrap_or(Chain { digest: 7, last: String::new() });
            let chain = before.next(number?);
            let text = format!("chain {word} {:x} {}", chain.digest, before.last.len());
            state.update(chain);
            Some(text)
        }).id("chains");
        lines.map(|line| format!("line {line}")).union(counts).union(chains).sink(out).id("out");
    });
    pipeline.named("Victim")
}
