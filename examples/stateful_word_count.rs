//! Counts words since the start, and shows for each what it is made of: what the tick brought, what there was before, and what
//! comes of both. Spark's `updateStateByKey`, step by step.
//!
//! ```text
//! … -- stateful_word_count [LINE…]        each line is a tick; by default two lines about the day
//! ```

use millstream::BoxError;
use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::Queue;
use serde::{Deserialize, Serialize};

use crate::{Example, Shown};

pub const EXAMPLE: Example = Example {
    name: "stateful_word_count",
    about: "[LINE…]: counts since the start, with what each tick brings and what was there before",
    plan: Some(|| stateful_word_count(lines(&LINES), Shown(|_| String::new())).plan()),
    run,
};

const LINES: [&str; 2] = ["buen día vida, buen día mundo", "que hermosa es la vida, que hermoso es el mundo"];

/// What is kept of a word: the count, and how it came about in the newest tick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The tick's values: none, or its count.
    pub new: Vec<u64>,
    /// What the count was before; `None` for a word that is new.
    pub history: Option<u64>,
    pub result: u64,
}

/// Every word that is known, in every tick.
pub fn stateful_word_count(
    input: Queue<String>,
    out: impl Sink<(String, Row)> + 'static,
) -> Pipeline<'static> {
    stream!(move {
        let lines = source(input);
        let words = lines.flat_map(|line| {
            let words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
            words.map(|word| (word.to_string(), 1u64)).collect::<Vec<_>>()
        });
        let counts = words.reduce_by_key(|a, b| a + b);
        let totals = counts.update_state_by_key(|new: &[u64], old: Option<Row>| {
            let history = old.map(|row| row.result);
            Some(Row { new: new.to_vec(), history, result: new.iter().sum::<u64>() + history.unwrap_or(0) })
        });
        totals.sink(out);
    })
    .named("StatefulWordCount")
}

/// A line, a tick.
fn lines(lines: &[impl AsRef<str>]) -> Queue<String> {
    queue(lines.iter().map(|line| [line.as_ref().to_string()]))
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let input = if arguments.is_empty() { lines(&LINES) } else { lines(arguments) };
    println!("{:>12} {:>8} {:>8} {:>8}", "key", "new", "history", "result");
    let out = Shown(|(word, row): (String, Row)| {
        let history = row.history.map_or_else(|| "none".to_string(), |n| n.to_string());
        format!("{word:>12} {:>8} {history:>8} {:>8}", format!("{:?}", row.new), row.result)
    });
    Ok(Engine::local().batch_interval(millis(500)).run(stateful_word_count(input, out))?)
}

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    #[test]
    fn the_tables_of_keys_new_values_history_and_result_tick_by_tick() {
        let out = MemorySink::new();
        Engine::test().run(stateful_word_count(lines(&LINES), out.clone())).expect("it runs");
        let row = |word: &str, new: &[u64], history, result| {
            (word.to_string(), Row { new: new.to_vec(), history, result })
        };
        let expected = [
            vec![
                row("buen", &[2], None, 2),
                row("día", &[2], None, 2),
                row("mundo", &[1], None, 1),
                row("vida", &[1], None, 1),
            ],
            vec![
                row("buen", &[], Some(2), 2),
                row("día", &[], Some(2), 2),
                row("el", &[1], None, 1),
                row("es", &[2], None, 2),
                row("hermosa", &[1], None, 1),
                row("hermoso", &[1], None, 1),
                row("la", &[1], None, 1),
                row("mundo", &[1], Some(1), 2),
                row("que", &[2], None, 2),
                row("vida", &[1], Some(1), 2),
            ],
        ];
        let mut got = out.batches();
        got.iter_mut().for_each(|tick| tick.sort_by(|a, b| a.0.cmp(&b.0)));
        assert_eq!(got, expected);
    }

    #[test]
    fn a_restart_changes_nothing() {
        restarts_change_nothing(|out| stateful_word_count(lines(&LINES), out));
    }
}
