//! What records become as messages.

use std::fmt::{self, Display};

use serde::Serialize;

use super::message::OwnedMessage;
use crate::clock::Timestamp;
use crate::{Bad, BoxError};

/// A message that is to be written.
///
/// ```
/// use millstream::kafka::Outgoing;
///
/// let message = Outgoing::new("42").key("answers").header("unit", "none");
/// assert_eq!(message.payload.as_deref(), Some(&b"42"[..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// `None`: the sink's.
    pub topic: Option<String>,
    /// `None`: as the key says (`partitioner`, which is Java's `murmur2_random` by default); without one, any.
    pub partition: Option<i32>,
    pub key: Option<Vec<u8>>,
    /// `None`: in a compacted topic, the key is deleted.
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// `None`: the present.
    pub timestamp: Option<Timestamp>,
}

impl Outgoing {
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Outgoing { payload: Some(payload.into()), ..Outgoing::default() }
    }

    /// Without a payload: in a compacted topic, deletes its key.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Self {
        Outgoing { key: Some(key.into()), ..Outgoing::default() }
    }

    #[must_use]
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), Some(value.into())));
        self
    }

    /// To another topic than the sink's; it must be there.
    #[must_use]
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    #[must_use]
    pub fn timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }
}

/// How a record becomes a message. For a format of your own, implement it, or give a function to
/// [`KafkaSink::format`](super::KafkaSink::format).
#[diagnostic::on_unimplemented(
    message = "`{Self}` makes no messages of records of type `{T}`",
    label = "no messages of `{T}`",
    note = "`kafka_sink(…)` writes what `Display` gives; else add `.json()`, or say how with `.format(|record: &{T}| Outgoing::new(…))`; `.dead_letters()` takes `Bad<OwnedMessage, _>`, the second stream of a `try_map` on messages"
)]
pub trait Encode<T>: Send {
    /// An error stops the pipeline.
    fn encode(&self, record: &T) -> Result<Outgoing, BoxError>;
}

/// The payload is what the record's `Display` gives. There is no key.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsText;

impl<T: Display> Encode<T> for AsText {
    fn encode(&self, record: &T) -> Result<Outgoing, BoxError> {
        Ok(Outgoing::new(record.to_string()))
    }
}

/// The payload is JSON, as serde writes it. There is no key.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsJson;

impl<T: Serialize> Encode<T> for AsJson {
    fn encode(&self, record: &T) -> Result<Outgoing, BoxError> {
        Ok(Outgoing::new(serde_json::to_vec(record)?))
    }
}

/// As a function says.
pub struct By<F>(pub(super) F);

impl<F> fmt::Debug for By<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("By")
    }
}

impl<T, F: Fn(&T) -> Outgoing + Send> Encode<T> for By<F> {
    fn encode(&self, record: &T) -> Result<Outgoing, BoxError> {
        Ok((self.0)(record))
    }
}

/// The message as it came, with headers that say where it came from and what was wrong with it.
///
/// | header | holds |
/// |---|---|
/// | `millstream.topic` | the topic that it was read from |
/// | `millstream.partition`, `millstream.offset` | where in there, as decimal numbers |
/// | `millstream.timestamp` | its timestamp, in ms since 1970, if it has one |
/// | `millstream.error` | why it is here |
#[derive(Clone, Copy, Debug, Default)]
pub struct DeadLetters;

impl<E: Display> Encode<Bad<OwnedMessage, E>> for DeadLetters {
    fn encode(&self, bad: &Bad<OwnedMessage, E>) -> Result<Outgoing, BoxError> {
        let Bad { record, error } = bad;
        let mut headers = record.headers.clone();
        let mut say = |name: &str, value: String| {
            headers.push((format!("millstream.{name}"), Some(value.into_bytes())));
        };
        say("topic", record.topic.to_string());
        say("partition", record.partition.to_string());
        say("offset", record.offset.to_string());
        if let Some(timestamp) = record.timestamp {
            say("timestamp", timestamp.millis().to_string());
        }
        say("error", error.to_string());
        let (key, payload) = (record.key.clone(), record.payload.clone());
        Ok(Outgoing { key, payload, headers, ..Outgoing::default() })
    }
}
