//! The twenty most frequent words, without those that every text is full of.
//!
//! ```text
//! … -- top_words [FILE…]        by default examples/data/alice.txt
//! ```

use std::collections::HashSet;

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Trigger};

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "top_words",
    about: "[FILE…]: the twenty most frequent words, without stopwords",
    plan: Some(|| top_words(&HashSet::new(), text_files("examples/data/alice.txt"), drop).plan()),
    run,
};

/// They may stand within a word: `don't` is one.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// The stopwords are borrowed by every task: what Spark needs a broadcast for is a capture.
pub fn top_words<'a>(
    stopwords: &'a HashSet<String>,
    input: impl Source<Batch = Lines>,
    show: impl FnMut((String, u64)) + Send + 'a,
) -> Pipeline<'a> {
    stream!(move {
        let lines = source(input);
        let words = lines
            .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && !APOSTROPHES.contains(&c)))
            .map(|word| word.trim_matches(APOSTROPHES).replace('’', "'").to_lowercase())
            .filter(|word| !word.is_empty() && !stopwords.contains(word));
        let counts = words.count_by_value();
        // The word is in the key, so that words that come equally often have an order too.
        let top = counts.top(20, |(word, n)| (*n, std::cmp::Reverse(word.clone())));
        top.for_each(show);
    })
    .named("TopWords")
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
    let stopwords = stopwords()?;
    let pipeline = top_words(&stopwords, input, |(word, n)| println!("{n:>5} {word}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn the_top_is_what_sorting_all_gives() {
    let stopwords = stopwords().expect("they are shipped");
    let text = std::fs::read_to_string(data("alice.txt")).expect("it is shipped");
    let text = text.replace('’', "'").to_lowercase();
    let mut counts = std::collections::BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(|w| w.trim_matches('\'')) {
        if !word.is_empty() && !stopwords.contains(word) {
            *counts.entry(word.to_string()).or_insert(0u64) += 1;
        }
    }
    let mut expected: Vec<(String, u64)> = counts.into_iter().collect();
    expected.sort_by_key(|(word, n)| (std::cmp::Reverse(*n), word.clone()));
    expected.truncate(20);
    let mut top = Vec::new();
    Engine::test()
        .run(top_words(&stopwords, text_files(data("alice.txt")), |w| top.push(w)))
        .expect("it runs");
    assert_eq!(top, expected);
    assert_eq!(top[0].0, "alice");
}
