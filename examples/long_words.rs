//! Counts the words of at least four letters.
//!
//! ```text
//! … -- long_words [FILE…]        by default the Spanish text of examples/data
//! ```

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Trigger};

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "long_words",
    about: "[FILE…]: how often each word of at least four letters comes",
    plan: Some(|| long_words(text_files("examples/data/quijote.txt"), drop).plan()),
    run,
};

pub fn long_words<'a>(
    input: impl Source<Batch = Lines>,
    show: impl FnMut((String, u64)) + Send + 'a,
) -> Pipeline<'a> {
    stream! { <LongWords>
        let lines = source(input);
        let words = lines.flat_map(|line| line.split(|c: char| !c.is_alphabetic()));
        let long = words.filter(|word| word.chars().count() >= 4); // letters, not bytes: `años` has four
        long.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b).for_each(show);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let input = match arguments {
        [] => text_files(data("quijote.txt")),
        files => text_files(files.to_vec()),
    };
    let pipeline = long_words(input, |(word, n)| println!("{n:>5} {word}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn short_words_are_left_out_and_letters_are_counted_as_people_do() {
    let mut counts = std::collections::HashMap::new();
    let lines = from_lines(&["el hidalgo y los años", "años sin fin"]);
    let pipeline = long_words(text_files(lines.path()), |(word, n)| {
        counts.insert(word, n);
    });
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(counts, [("hidalgo".to_string(), 1), ("años".to_string(), 2)].into());

    let mut words = 0;
    let pipeline = long_words(text_files(data("quijote.txt")), |(word, _)| {
        assert!(word.chars().count() >= 4, "{word}");
        words += 1;
    });
    Engine::test().run(pipeline).expect("it runs");
    assert!(words > 1000);
}

#[cfg(test)]
fn from_lines(lines: &[&str]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), lines.join("\n")).expect("it can be written");
    file
}
