//! Counts the hashtags of messages, one JSON object a line. Lines that are no such object go to a stream of their own.
//!
//! ```text
//! … -- hashtags [FILE…]        by default examples/data/messages.jsonl
//! ```

use millstream::prelude::*;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Trigger};
use serde::Deserialize;

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "hashtags",
    about: "[FILE…]: how often each hashtag comes in messages, one JSON object a line",
    plan: Some(|| hashtags(text_files("examples/data/messages.jsonl"), drop, drop).plan()),
    run,
};

/// What a line holds; other fields are ignored.
#[derive(Deserialize)]
pub struct Message {
    pub text: String,
}

/// A tag without what stands around it: `"(#Rust,"` is `#rust`.
pub fn tag(word: &str) -> Option<String> {
    let word = word.trim_start_matches(|c: char| c != '#').trim_end_matches(|c: char| !c.is_alphanumeric());
    (word.len() > 1).then(|| word.to_lowercase())
}

pub fn hashtags<'a>(
    input: impl Source<Batch = Lines>,
    show: impl FnMut((String, u64)) + Send + 'a,
    complain: impl FnMut(String) + Send + 'a,
) -> Pipeline<'a> {
    stream! { <Hashtags>
        let lines = source(input);
        let (messages, bad) = lines.try_map(|line| serde_json::from_str::<Message>(line));
        let tags = messages.flat_map(|m| m.text.split_whitespace().filter_map(tag).collect::<Vec<_>>());
        tags.count_by_value().for_each(show);
        bad.map(|b| format!("{}: {}", b.error, b.record)).for_each(complain);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let input = match arguments {
        [] => text_files(data("messages.jsonl")),
        files => text_files(files.to_vec()),
    };
    let pipeline =
        hashtags(input, |(tag, n)| println!("{n:>5} {tag}"), |line| eprintln!("no message: {line}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?)
}

#[test]
fn tags_are_counted_and_bad_lines_are_kept_aside() {
    let (mut counts, mut bad) = (Vec::new(), Vec::new());
    let pipeline = hashtags(text_files(data("messages.jsonl")), |c| counts.push(c), |line| bad.push(line));
    Engine::test().run(pipeline).expect("it runs");
    counts.sort_by_key(|(tag, n)| (std::cmp::Reverse(*n), tag.clone()));
    assert_eq!(counts[..2], [("#rust".to_string(), 7), ("#streaming".to_string(), 5)]);
    assert_eq!(bad.len(), 2);
    assert!(bad[0].contains("EOF while parsing") && bad[1].contains("missing field `text`"), "{bad:?}");
}
