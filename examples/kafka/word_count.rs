//! Counts the words of a topic from its beginning on; started again, it goes on where it was.
//!
//! ```text
//! … -- kafka_word_count [BOOTSTRAP TOPIC CHECKPOINT]     by default localhost:9092 lines target/kafka_word_count
//! ```

use millstream::BoxError;
use millstream::kafka::kafka;
use millstream::prelude::*;

use super::arguments;
use crate::Example;

const DEFAULTS: [&str; 3] = ["localhost:9092", "lines", "target/kafka_word_count"];

pub const EXAMPLE: Example = Example {
    name: "kafka_word_count",
    about: "[BOOTSTRAP TOPIC CHECKPOINT]: the words of a topic, counted over restarts",
    plan: Some(|| word_count(DEFAULTS[0], DEFAULTS[1], drop).plan()),
    run,
};

pub fn word_count(
    bootstrap: &str,
    topic: &str,
    show: impl FnMut((String, u64)) + Send + 'static,
) -> Pipeline<'static> {
    let messages = kafka(bootstrap).topic(topic).group("kafka-word-count").text();
    stream!(move { <KafkaWordCount>
        let lines = source(messages);
        let words = lines.flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word, 1u64)).running_reduce(|a, b| a + b);
        counts.for_each(show);
    })
}

fn run(given: &[String]) -> Result<(), BoxError> {
    let [bootstrap, topic, checkpoint] = arguments(given, DEFAULTS)?;
    let pipeline = word_count(bootstrap, topic, |(word, n)| println!("{n:>5} {word}"));
    Ok(Engine::local().batch_interval(secs(1)).checkpoint(checkpoint).run(pipeline)?)
}
