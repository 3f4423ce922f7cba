//! The twenty most frequent words of all that was read so far, without stopwords, tick by tick.
//!
//! ```text
//! … -- running_top_words [FILE…]        by default examples/data/alice.txt
//! ```

use std::collections::HashSet;

use millstream::BoxError;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::{Lines, Source};

use crate::{Example, Shown, data};

pub const EXAMPLE: Example = Example {
    name: "running_top_words",
    about: "[FILE…]: the twenty most frequent words so far, without stopwords, tick by tick",
    plan: Some(|| {
        let input = text_files("examples/data/alice.txt");
        running_top_words(HashSet::new(), input, Shown(|_| String::new())).plan()
    }),
    run,
};

/// They may stand within a word: `don't` is one.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// The top of a tick is one of all words that are known, so all of them come out of the state in every tick: that is what
/// `update_state_by_key` is for.
pub fn running_top_words(
    stopwords: HashSet<String>,
    input: impl Source<Batch = Lines>,
    out: impl Sink<(String, u64)> + 'static,
) -> Pipeline<'static> {
    stream!(move {
        let lines = source(input);
        let words = lines
            .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && !APOSTROPHES.contains(&c)))
            .map(|word| word.trim_matches(APOSTROPHES).replace('’', "'").to_lowercase())
            .filter(|word| !word.is_empty() && !stopwords.contains(word));
        let counts = words.count_by_value();
        let totals = counts.update_state_by_key(|new: &[u64], old: Option<u64>| Some(new.iter().sum::<u64>() + old.unwrap_or(0)));
        // The word is in the key, so that words that come equally often have an order too.
        totals.top(20, |(word, n)| (*n, std::cmp::Reverse(word.clone()))).sink(out);
    })
    .named("RunningTopWords")
}

/// One word a line.
fn stopwords() -> Result<HashSet<String>, BoxError> {
    Ok(std::fs::read_to_string(data("stopwords.txt"))?.lines().map(String::from).collect())
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let input = match arguments {
        [] => text_files(data("alice.txt")),
        files => text_files(files.to_vec()),
    };
    let out = Shown(|(word, n): (String, u64)| format!("{n:>5} {word}"));
    let pipeline = running_top_words(stopwords()?, input.max_bytes_per_tick(8 << 10), out);
    Ok(Engine::local().batch_interval(millis(500)).run(pipeline)?)
}

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    fn pipeline(out: MemorySink<(String, u64)>) -> Pipeline<'static> {
        let input = text_files(data("alice.txt")).max_bytes_per_tick(16 << 10);
        running_top_words(stopwords().expect("they are shipped"), input, out)
    }

    #[test]
    fn the_last_top_is_that_of_the_whole_text() {
        let out = MemorySink::new();
        Engine::test().run(pipeline(out.clone())).expect("it runs");
        let ticks = out.batches();
        assert!(ticks.len() > 1, "one tick shows nothing of what is kept");
        let whole = std::sync::Mutex::new(Vec::new());
        let stopwords = stopwords().expect("they are shipped");
        let at_once = crate::top_words::top_words(&stopwords, text_files(data("alice.txt")), |word| {
            whole.lock().expect("no panic").push(word);
        });
        Engine::test().run(at_once).expect("it runs");
        assert_eq!(ticks.last(), Some(&whole.into_inner().expect("no panic")));
    }

    #[test]
    fn a_restart_changes_nothing() {
        restarts_change_nothing(pipeline);
    }
}
