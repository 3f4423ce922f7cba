//! Counts that outlive the program: stop it, with Ctrl-C or with `kill -9`, and start it again: they go on.
//!
//! ```text
//! … -- recovery [FOLDER]        its checkpoint; by default target/recovery
//! ```
//!
//! It reads `examples/data/alice.txt` aloud, a hundred words a second, from the beginning again and again, and shows how often
//! the three most frequent ones of each second have been read so far. To begin anew, remove the folder.

use millstream::BoxError;
use millstream::prelude::*;
use millstream::source::rate;

use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "recovery",
    about: "[FOLDER]: counts that go on when it is stopped and started again",
    plan: Some(|| read_aloud(vec!["a word".into()], 100, None, drop).plan()),
    run,
};

/// Shows, of each tick, the words that have been read most often so far. `end`: how many are read in all.
pub fn read_aloud(
    words: Vec<String>,
    a_second: u64,
    end: Option<u64>,
    show: impl FnMut((String, u64)) + Send + 'static,
) -> Pipeline<'static> {
    let rows = rate(a_second).end_after(end.unwrap_or(u64::MAX));
    stream!(move {
        let rows = source(rows);
        let read = rows.map(|(_, n)| (words[n as usize % words.len()].clone(), ()));
        let counts = read.running_count();
        counts.top(3, |(word, n)| (*n, word.clone())).for_each(show);
    })
    .named("Recovery")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let folder = arguments.first().map_or("target/recovery", String::as_str);
    let text = std::fs::read_to_string(data("alice.txt"))?;
    let words = text.split_whitespace().map(str::to_string).collect();
    let pipeline = read_aloud(words, 100, None, |(word, n)| println!("{n:>6} {word}"));
    println!("stop with Ctrl-C or kill -9, and start again: the counts in {folder} go on");
    Ok(Engine::local().checkpoint(folder).checkpoint_interval(secs(2)).run(pipeline)?)
}

#[test]
fn the_counts_go_on_after_a_crash() {
    use std::sync::{Arc, Mutex};
    let shown = |crash_after: Option<u64>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let engine = Engine::test().checkpoint(folder.path().display().to_string());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let start = || {
            let seen = Arc::clone(&seen);
            let words = ["a", "b", "a", "c", "d"].map(String::from).to_vec();
            let show = move |count| seen.lock().expect("no panic").push(count);
            engine.start(read_aloud(words, 10, Some(100), show)).expect("it starts")
        };
        let mut job = start();
        if let Some(ticks) = crash_after {
            (0..ticks).for_each(|_| job.tick().expect("it runs"));
            job.crash();
            job = start();
        }
        job.run_to_end().expect("it runs");
        let last = seen.lock().expect("no panic").last().cloned();
        last.expect("something was read")
    };
    let undisturbed = shown(None);
    assert!((1..10).all(|ticks| shown(Some(ticks)) == undisturbed));
}
