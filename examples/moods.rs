//! The mood of each user, which every message of theirs moves a little; it is shown when it turns.
//!
//! ```text
//! … -- moods [FILE…]        messages, one JSON object a line; by default examples/data/messages.jsonl
//! ```

use std::fmt;

use millstream::prelude::*;
use millstream::sink::Sink;
use millstream::source::{Lines, Source};
use millstream::{BoxError, Trigger};
use serde::{Deserialize, Serialize};

use crate::{Example, Shown, data};

pub const EXAMPLE: Example = Example {
    name: "moods",
    about: "[FILE…]: the mood of each user, moved by every message, shown when it turns",
    plan: Some(|| moods(text_files("examples/data/messages.jsonl"), Shown(|_| String::new())).plan()),
    run,
};

/// What a line holds; other fields are ignored.
#[derive(Deserialize)]
struct Message {
    user: String,
    text: String,
}

/// What is kept of a user. Its name in a checkpoint is that of the operator, `moods/map_with_state`; how it is built stands
/// there too.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct History {
    messages: u32,
    /// From gloomy, below zero, to merry.
    score: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mood {
    Gloomy,
    Calm,
    Merry,
}

impl History {
    fn mood(&self) -> Mood {
        match self.score {
            score if score > 0.5 => Mood::Merry,
            score if score < -0.5 => Mood::Gloomy,
            _ => Mood::Calm,
        }
    }

    /// An old message counts less the more there were since.
    fn add(&mut self, text: &str) {
        self.messages += 1;
        self.score = self.score * 0.8 + score(text);
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mood::Gloomy => "gloomy",
            Mood::Calm => "calm",
            Mood::Merry => "merry",
        })
    }
}

/// By a few words: enough for an example.
fn score(text: &str) -> f32 {
    let of = |word: &str| match word {
        "water" | "río" | "evening" | "owned" | "closed" | "day" | "great" | "love" => 1.0,
        "slow" | "lone" | "no" | "never" | "nobody" | "cut" | "sad" => -1.0,
        _ => 0.0,
    };
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.map(|word| of(&word)).sum()
}

/// A user, the mood that they are in now, and how many messages it took.
pub type Turn = (String, Mood, u32);

pub fn moods(input: impl Source<Batch = Lines>, out: impl Sink<Turn> + 'static) -> Pipeline<'static> {
    stream!(move {
        let lines = source(input);
        let messages = lines.filter_map(|line| serde_json::from_str::<Message>(line).ok());
        let moods = messages.map(|m| (m.user, m.text)).map_with_state(|user: &String, text, state: &mut State<History>| {
            let history = state.get_or_insert_with(History::default);
            let before = history.mood();
            history.add(&text?);
            (history.mood() != before).then(|| (user.clone(), history.mood(), history.messages))
        });
        moods.sink(out);
    })
    .named("Moods")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let input = match arguments {
        [] => text_files(data("messages.jsonl")),
        files => text_files(files.to_vec()),
    };
    let out = Shown(|(user, mood, messages): Turn| format!("{user} is {mood} after message {messages}"));
    Ok(Engine::local().trigger(Trigger::AvailableNow).run(moods(input, out))?)
}

#[cfg(test)]
mod tests {
    use millstream::testing::restarts_change_nothing;

    use super::*;

    fn file(texts: &[(&str, &str)]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let line = |(user, text): &(&str, &str)| format!("{{\"user\": \"{user}\", \"text\": \"{text}\"}}\n");
        let lines: String = texts.iter().map(line).collect();
        std::fs::write(file.path(), lines).expect("it can be written");
        file
    }

    #[test]
    fn a_mood_turns_when_messages_add_up_and_each_user_has_their_own() {
        let texts = [
            ("ana", "love the water"),
            ("bob", "slow, so slow"),
            ("ana", "and the river"),
            ("ana", "no, never, sad"),
            ("bob", "a great day, great"),
        ];
        let (file, out) = (file(&texts), MemorySink::new());
        let input = text_files(file.path()).max_bytes_per_tick(50);
        Engine::test().run(moods(input, out.clone())).expect("it runs");
        let mut turns = out.batches().concat();
        turns.sort_by(|a: &Turn, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
        let turn = |user: &str, mood, messages| (user.to_string(), mood, messages);
        assert_eq!(
            turns,
            [
                turn("ana", Mood::Merry, 1),
                turn("ana", Mood::Gloomy, 3),
                turn("bob", Mood::Gloomy, 1),
                turn("bob", Mood::Merry, 2),
            ]
        );
    }

    #[test]
    fn a_restart_changes_nothing() {
        restarts_change_nothing(|out| moods(text_files(data("messages.jsonl")).max_bytes_per_tick(200), out));
    }
}
