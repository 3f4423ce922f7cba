//! Shows the messages of a topic, and keeps them as CSV: a folder each ten seconds in which some came, a line each message.
//! Started again, it goes on where it was.
//!
//! ```text
//! … -- kafka_capture [BOOTSTRAP TOPIC OUT CHECKPOINT]
//!                     by default localhost:9092 lines target/capture target/kafka_capture
//! ```

use millstream::BoxError;
use millstream::kafka::kafka;
use millstream::prelude::*;
use millstream::sink::csv_sink;
use serde::{Deserialize, Serialize};

use super::arguments;
use crate::Example;

const DEFAULTS: [&str; 4] = ["localhost:9092", "lines", "target/capture", "target/kafka_capture"];

pub const EXAMPLE: Example = Example {
    name: "kafka_capture",
    about: "[BOOTSTRAP TOPIC OUT CHECKPOINT]: the messages of a topic, on the console and as CSV",
    plan: Some(|| capture(DEFAULTS[0], DEFAULTS[1], DEFAULTS[2]).plan()),
    run,
};

pub fn capture(bootstrap: &str, topic: &str, out: &str) -> Pipeline<'static> {
    let messages = kafka(bootstrap).topic(topic).group("kafka-capture");
    // Made visible every ten seconds, or when there is a lot, or when the program ends.
    let files = csv_sink(out).roll(64 << 20, secs(10));
    stream!(move { <KafkaCapture>
        let rows = source(messages).map(|m| Row {
            partition: m.partition(),
            offset: m.offset(),
            time: m.timestamp().map(Timestamp::millis),
            key: m.key().map(|key| String::from_utf8_lossy(key).into_owned()),
            value: m.payload().map(|value| String::from_utf8_lossy(value).into_owned()),
        });
        rows.print(10);
        rows.sink(files);
    })
}

/// A message, as the file has it. Of what is no text, U+FFFD.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    partition: i32,
    offset: u64,
    /// In ms since 1970.
    time: Option<i64>,
    key: Option<String>,
    value: Option<String>,
}

fn run(given: &[String]) -> Result<(), BoxError> {
    let [bootstrap, topic, out, checkpoint] = arguments(given, DEFAULTS)?;
    let pipeline = capture(bootstrap, topic, out);
    Ok(Engine::local().batch_interval(secs(1)).checkpoint(checkpoint).run(pipeline)?)
}
