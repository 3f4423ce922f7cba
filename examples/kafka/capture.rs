//! Shows the messages of a topic, and keeps them as CSV: a folder each tick that has some, a line each message.
//!
//! ```text
//! … -- kafka_capture [BOOTSTRAP TOPIC PREFIX]     by default localhost:9092 lines out/capture
//! ```

use std::borrow::Cow;

use millstream::BoxError;
use millstream::kafka::kafka;
use millstream::prelude::*;
use millstream::sink::text_file_sink;

use crate::Example;

pub const EXAMPLE: Example = Example {
    name: "kafka_capture",
    about: "[BOOTSTRAP TOPIC PREFIX]: the messages of a topic, on the console and as CSV",
    plan: Some(|| capture("localhost:9092", "lines", "out/capture").plan()),
    run,
};

pub fn capture(bootstrap: &str, topic: &str, prefix: &str) -> Pipeline<'static> {
    let messages = kafka(bootstrap).topic(topic);
    let files = text_file_sink(prefix).suffix("csv").format(Row::csv);
    stream!(move { <KafkaCapture>
        let rows = source(messages).map(|m| Row {
            partition: m.partition(),
            offset: m.offset(),
            time: m.timestamp(),
            key: String::from_utf8_lossy(m.key().unwrap_or_default()).into_owned(),
            value: String::from_utf8_lossy(m.payload().unwrap_or_default()).into_owned(),
        });
        rows.print(10);
        rows.sink(files);
    })
}

/// A message, as the file has it.
#[derive(Clone, Debug)]
pub struct Row {
    partition: i32,
    offset: u64,
    time: Option<Timestamp>,
    key: String,
    value: String,
}

impl Row {
    fn csv(&self) -> String {
        let Row { partition, offset, time, key, value } = self;
        let time = time.map_or(String::new(), |time| time.millis().to_string());
        format!("{partition},{offset},{time},{},{}", quoted(key), quoted(value))
    }
}

/// As RFC 4180 wants it.
fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

fn run(arguments: &[String]) -> Result<(), BoxError> {
    let defaults = ["localhost:9092", "lines", "out/capture"];
    let given = |n: usize| arguments.get(n).map_or(defaults[n], String::as_str);
    let pipeline = capture(given(0), given(1), given(2));
    Ok(Engine::local().batch_interval(secs(1)).run(pipeline)?)
}

#[test]
fn a_field_is_quoted_where_it_must_be() {
    assert_eq!(quoted("plain"), "plain");
    assert_eq!(quoted("say \"a, b\""), "\"say \"\"a, b\"\"\"");
}
