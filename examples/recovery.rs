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
use millstream::sink::Sink;
use millstream::source::rate;

use crate::{Example, Shown, data};

pub const EXAMPLE: Example = Example {
    name: "recovery",
    about: "[FOLDER]: counts that go on when it is stopped and started again",
    plan: Some(|| read_aloud(vec!["a word".into()], 100, None, Shown(|_| String::new())).plan()),
    run,
};

/// Shows, of each tick, the words that have been read most often so far. `end`: how many are read in all.
pub fn read_aloud(
    words: Vec<String>,
    a_second: u64,
    end: Option<u64>,
    out: impl Sink<(String, u64)> + 'static,
) -> Pipeline<'static> {
    let rows = rate(a_second).end_after(end.unwrap_or(u64::MAX));
    stream!(move {
        let rows = source(rows);
        let read = rows.map(|(_, n)| (words[n as usize % words.len()].clone(), ()));
        let counts = read.running_count();
        counts.top(3, |(word, n)| (*n, word.clone())).sink(out);
    })
    .named("Recovery")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let folder = arguments.first().map_or("target/recovery", String::as_str);
    let text = std::fs::read_to_string(data("alice.txt"))?;
    let words = text.split_whitespace().map(str::to_string).collect();
    let pipeline = read_aloud(words, 100, None, Shown(|(word, n): (String, u64)| format!("{n:>6} {word}")));
    println!("stop with Ctrl-C or kill -9, and start again: the counts in {folder} go on");
    Ok(Engine::local().checkpoint(folder).checkpoint_interval(secs(2)).run(pipeline)?)
}

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    fn words() -> Vec<String> {
        ["a", "b", "a", "c", "d"].map(String::from).to_vec()
    }

    #[test]
    fn the_counts_go_on_after_a_crash() {
        let shown = |crash_after: Option<u64>| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let engine = Engine::test().checkpoint(folder.path().display().to_string());
            let out = MemorySink::new();
            let start = || engine.start(read_aloud(words(), 10, Some(100), out.clone())).expect("it starts");
            let mut job = start();
            if let Some(ticks) = crash_after {
                (0..ticks).for_each(|_| job.tick().expect("it runs"));
                job.crash();
                job = start();
            }
            job.run_to_end().expect("it runs");
            out.records().pop().expect("something was read")
        };
        let undisturbed = shown(None);
        assert!((1..10).all(|ticks| shown(Some(ticks)) == undisturbed));
    }

    #[test]
    fn a_restart_changes_nothing() {
        restarts_change_nothing(|out| read_aloud(words(), 10, Some(100), out));
    }
}
