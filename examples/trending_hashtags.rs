//! The ten most frequent hashtags of the last minute, every five seconds.
//!
//! ```text
//! … -- trending_hashtags [FILE]        messages, one JSON object a line; by default examples/data/messages.jsonl
//! ```
//!
//! The messages of the file come again and again, twenty a second.

use millstream::BoxError;
use millstream::prelude::*;
use millstream::source::Rate;

use crate::hashtags::{Message, tag};
use crate::{Example, data};

pub const EXAMPLE: Example = Example {
    name: "trending_hashtags",
    about: "[FILE]: the ten most frequent hashtags of the last minute, every five seconds",
    plan: Some(|| trending(vec![String::new()], rate(20), |_, _| ()).plan()),
    run,
};

pub fn trending<'a>(
    messages: Vec<String>,
    input: Rate,
    show: impl FnMut(Vec<(String, u64)>, Tick) + Send + 'a,
) -> Pipeline<'a> {
    stream!(move {
        let said = source(input).map(|(_, n)| messages[n as usize % messages.len()].as_str());
        let texts = said.filter_map(|line| serde_json::from_str::<Message>(line).ok());
        let tags = texts.flat_map(|m| m.text.split_whitespace().filter_map(tag).collect::<Vec<_>>());
        let counts = tags.count_by_value_and_window(minutes(1), secs(5));
        // The tag is in the key, so that tags that come equally often have an order too.
        let trends = counts.top(10, |(tag, n)| (*n, std::cmp::Reverse(tag.clone())));
        trends.for_each_batch(show);
    })
    .named("TrendingHashtags")
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let file = arguments.first().map_or_else(|| data("messages.jsonl"), Into::into);
    let messages: Vec<String> = std::fs::read_to_string(file)?.lines().map(String::from).collect();
    if messages.is_empty() {
        return Err("the file has no messages".into());
    }
    let pipeline = trending(messages, rate(20), |trends, tick| {
        println!("{}", tick.time);
        trends.iter().for_each(|(tag, n)| println!("{n:>5} {tag}"));
    });
    Ok(Engine::local().batch_interval(secs(1)).run(pipeline)?)
}

#[test]
fn a_trend_lasts_a_minute() {
    let message = |text: &str| format!("{{\"text\": \"{text}\"}}");
    // One a second: for half a minute of mills, then of water.
    let mut messages = vec![message("#mill #slow"); 30];
    messages.resize(120, message("#water"));
    let mut windows = Vec::new();
    let pipeline = trending(messages, rate(1).end_after(120), |trends, tick| {
        windows.push((tick.time.millis() / 1000, trends));
    });
    Engine::test().run(pipeline).expect("it runs");
    assert_eq!(windows.len(), 120 / 5);
    let at = |second: i64| -> Vec<(&str, u64)> {
        let window = windows.iter().find(|(end, _)| *end == second).expect("a window ends there");
        window.1.iter().map(|(tag, n)| (tag.as_str(), *n)).collect()
    };
    assert_eq!(at(5), [("#mill", 5), ("#slow", 5)]);
    assert_eq!(at(50), [("#mill", 30), ("#slow", 30), ("#water", 20)]);
    assert_eq!(at(85), [("#water", 55), ("#mill", 5), ("#slow", 5)]);
    assert_eq!(at(90), [("#water", 60)]);
}

#[test]
fn a_restart_changes_nothing() {
    let messages: Vec<String> = (0..7).map(|n| format!("{{\"text\": \"#tag{}\"}}", n % 3)).collect();
    millstream::testing::restarts_change_nothing(|out| {
        trending(messages.clone(), rate(1).end_after(70), crate::into_sink(out))
    });
}
