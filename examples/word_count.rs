//! Counts words, batch by batch. At the root of the repository:
//!
//! ```text
//! cargo run --release --example word_count                           the texts in examples/data
//! cargo run --release --example word_count -- FILE…                  these files
//! cargo run --release --example word_count -- --connect HOST:PORT    what a socket sends (try `nc -lk 7777`)
//! cargo run --release --example word_count -- --plan                 the plan only
//! ```

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream_examples::{Input, data};

fn word_count(input: impl Source<Batch = Lines>) -> Pipeline<'static> {
    stream! { <WordCount>
        let lines = source(input);
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .filter(|word| !word.is_empty())
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b);
        counts.print();
    }
}

fn main() -> millstream::Result<()> {
    let shipped = || text_files([data("alice.txt"), data("quijote.txt")]);
    match Input::from_arguments() {
        Input::PlanOnly => {
            println!("{}", word_count(shipped()).plan());
            Ok(())
        }
        // Small ticks, so that there are some to see; each prints the first ten of its counts.
        Input::Shipped => Engine::local()
            .trigger(Trigger::AvailableNow)
            .run(word_count(shipped().max_bytes_per_tick(8 << 10))),
        Input::Files(files) => {
            Engine::local().trigger(Trigger::AvailableNow).run(word_count(text_files(files)))
        }
        Input::Socket(address) => {
            Engine::local().batch_interval(secs(1)).run(word_count(text_socket(address)))
        }
    }
}

#[test]
fn the_plan_is_two_stages() {
    insta::assert_snapshot!(word_count(text_files("examples/data/*.txt")).plan(), @r"
    pipeline WordCount

    stage 0: text_files(examples/data/*.txt) → lines
    │  flat_map → words
    │  map
    │  filter
    │  map
    └─ reduce_by_key ⇒ by key, combined before ⇒ stage 1

    stage 1: reduce_by_key → counts
    └─ print(10) ⇒ to the driver
    ");
}
