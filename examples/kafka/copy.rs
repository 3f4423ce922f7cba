//! From topic to topic, exactly once: readings as JSON come in, each sensor's running mean goes out, and what is no reading
//! goes to a topic of dead letters. Kill it, and start it again: whoever reads what is committed sees each result once.
//!
//! ```text
//! … -- kafka_to_kafka [BOOTSTRAP FROM TO DEAD CHECKPOINT]
//!                     by default localhost:9092 readings means dead-readings target/kafka_to_kafka
//! ```

use millstream::BoxError;
use millstream::kafka::{Json, Outgoing, kafka, kafka_sink};
use millstream::prelude::*;
use serde::{Deserialize, Serialize};

use super::arguments;
use crate::Example;

const DEFAULTS: [&str; 5] = ["localhost:9092", "readings", "means", "dead-readings", "target/kafka_to_kafka"];

pub const EXAMPLE: Example = Example {
    name: "kafka_to_kafka",
    about: "[BOOTSTRAP FROM TO DEAD CHECKPOINT]: means of readings, from topic to topic, exactly once",
    plan: Some(|| means(DEFAULTS[0], DEFAULTS[1], DEFAULTS[2], DEFAULTS[3]).plan()),
    run,
};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    value: f64,
}

pub fn means(bootstrap: &str, from: &str, to: &str, dead: &str) -> Pipeline<'static> {
    let messages = kafka(bootstrap).topic(from).group("kafka-to-kafka");
    let means = kafka_sink(bootstrap, to).format(|(sensor, n, mean): &(String, u64, f64)| {
        Outgoing::new(format!(r#"{{"n":{n},"mean":{mean}}}"#)).key(sensor.as_str())
    });
    let letters = kafka_sink(bootstrap, dead).dead_letters();
    stream!(move { <KafkaToKafka>
        let messages = source(messages);
        let (readings, bad) = messages.try_map(|m| m.decode(&Json::<Reading>::new()));
        let sums = readings
            .map(|reading| (reading.sensor, (1u64, reading.value)))
            .running_reduce(|a, b| (a.0 + b.0, a.1 + b.1));
        sums.map(|(sensor, (n, sum))| (sensor, n, sum / n as f64)).sink(means);
        bad.sink(letters);
    })
}

fn run(given: &[String]) -> Result<(), BoxError> {
    let [bootstrap, from, to, dead, checkpoint] = arguments(given, DEFAULTS)?;
    let pipeline = means(bootstrap, from, to, dead);
    Ok(Engine::local().batch_interval(secs(1)).checkpoint(checkpoint).run(pipeline)?)
}
