//! Prints the lines that hold a word.
//!
//! ```text
//! … -- grep [WORD [FILE…]]        by default `Rabbit`, in examples/data/alice.txt
//! ```

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Trigger};

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "grep",
    about: "[WORD [FILE…]]: the lines that hold a word",
    plan: Some(|| grep("Rabbit", text_files("examples/data/alice.txt"), drop).plan()),
    run,
};

/// The pipeline has a copy of the reference (`move`), and so may be returned: it lives as long as the word.
pub fn grep<'a>(
    word: &'a str,
    input: impl Source<Batch = Lines>,
    show: impl FnMut(String) + Send + 'a,
) -> Pipeline<'a> {
    stream!(move {
        let lines = source(input);
        lines.filter(|line| line.contains(word)).for_each(show);
    })
    .named("Grep")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let (word, files) = match arguments {
        [] => ("Rabbit", vec![data("alice.txt")]),
        [word] => (word.as_str(), vec![data("alice.txt")]),
        [word, files @ ..] => (word.as_str(), files.iter().map(Into::into).collect()),
    };
    let pipeline = grep(word, text_files(files), |line| println!("{line}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn it_finds_what_a_loop_finds_in_order() {
    let path = data("alice.txt");
    let text = std::fs::read_to_string(&path).expect("it is shipped");
    let mut found = Vec::new();
    let pipeline = grep("Rabbit", text_files(path), |line| found.push(line));
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(found, text.lines().filter(|l| l.contains("Rabbit")).collect::<Vec<_>>());
    assert!(found.len() > 5);
}
