//! Counts the words of a topic from its beginning on; started again, it goes on where it was.
//!
//! ```text
//! … -- kafka_word_count [BOOTSTRAP TOPIC CHECKPOINT]     by default localhost:9092 lines buffer/kafka_word_count
//! ```

use millstream::BoxError;
use millstream::kafka::kafka;
use millstream::prelude::*;

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "kafka_word_count",
    about: "[BOOTSTRAP TOPIC CHECKPOINT]: the words of a topic, counted over restarts",
    plan: Some(|| word_count("localhost:9092", "lines", drop).plan()),
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

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let defaults = ["localhost:9092", "lines", "buffer/kafka_word_count"];
    let given = |n: usize| arguments.get(n).map_or(defaults[n], String::as_str);
    let pipeline = word_count(given(0), given(1), |(word, n)| println!("{n:>5} {word}"));
    Ok(Engine::local().batch_interval(secs(1)).checkpoint(given(2)).run(pipeline)?)
}
