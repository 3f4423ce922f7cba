//! The ten most frequent words that a socket sent in the last thirty seconds, every ten.
//!
//! ```text
//! … -- publish &                                     serves examples/data/alice.txt on port 7777
//! … -- sliding_word_count [HOST:PORT]                by default 127.0.0.1:7777
//! ```

use millstream::BoxError;
use millstream::prelude::*;
use millstream::source::{Lines, Source};

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "sliding_word_count",
    about: "[HOST:PORT]: the ten most frequent words of the last thirty seconds, every ten",
    plan: Some(|| word_count(text_socket("127.0.0.1:7777"), |_, _| ()).plan()),
    run,
};

/// The words of each window that came most often, the most frequent first.
pub fn word_count<'a>(
    input: impl Source<Batch = Lines>,
    show: impl FnMut(Vec<(String, u64)>, Tick) + Send + 'a,
) -> Pipeline<'a> {
    stream! { <SlidingWordCount>
        let lines = source(input);
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word, 1u64)).reduce_by_key_and_window(|a, b| a + b, secs(30), secs(10));
        // The word is in the key, so that words that come equally often have an order too.
        let top = counts.top(10, |(word, n)| (*n, std::cmp::Reverse(word.clone())));
        top.for_each_batch(show);
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let address = arguments.first().map_or("127.0.0.1:7777", String::as_str);
    let pipeline = word_count(text_socket(address), |words, tick| {
        println!("{}", tick.time);
        words.iter().for_each(|(word, n)| println!("{n:>5} {word}"));
    });
    Ok(Engine::local().batch_interval(secs(1)).run(pipeline)?)
}

#[test]
fn a_word_is_counted_for_thirty_seconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("words.txt");
    // A line a second: nine of `a`, then `b`.
    let lines: String = (1..=50).map(|second| if second < 10 { "a\n" } else { "b\n" }).collect();
    std::fs::write(&file, lines).expect("it is written");
    let mut windows = Vec::new();
    let pipeline = word_count(text_files(file).max_bytes_per_tick(2), |words, tick| {
        windows.push((tick.time.millis() / 1000, words));
    });
    Engine::test().run(pipeline).expect("it runs");
    let counts =
        |list: &[(&str, u64)]| list.iter().map(|(word, n)| ((*word).to_string(), *n)).collect::<Vec<_>>();
    let expected = [
        (10, counts(&[("a", 9), ("b", 1)])),
        (20, counts(&[("b", 11), ("a", 9)])),
        (30, counts(&[("b", 21), ("a", 9)])),
        (40, counts(&[("b", 30)])),
        (50, counts(&[("b", 30)])),
    ];
    assert_eq!(windows, expected);
}

#[test]
fn a_restart_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("words.txt");
    std::fs::write(&file, "a\nb\n".repeat(25)).expect("it is written");
    millstream::testing::restarts_change_nothing(|out| {
        word_count(text_files(&file).max_bytes_per_tick(2), crate::into_sink(out))
    });
}
