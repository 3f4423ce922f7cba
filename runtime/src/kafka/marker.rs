//! How far a sink is: a message in a topic of its own, written in the transaction of each tick.
//!
//! Consumer groups could keep the number too, by `send_offsets_to_transaction`. But librdkafka asks for the group's coordinator
//! there without a limit of time, so a commit may hang when that broker dies (its issues 5456 and 5511); and brokers forget
//! groups that nobody uses. A message takes the way of all others. The topic is the sink's alone, since in a shared one the
//! open transaction of one sink would hold back what the others read.

use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{Client, Context, Settings, is_connection, metadata};
use super::cluster::{Place, bounds};
use crate::BoxError;

/// How far a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Which start wrote it.
    pub epoch: u64,
    /// The last tick that is there.
    pub tick: Option<u64>,
}

impl Marker {
    pub fn text(self) -> String {
        match self.tick {
            Some(tick) => format!("epoch {}, tick {tick}", self.epoch),
            None => format!("epoch {}, no tick", self.epoch),
        }
    }

    fn parse(text: &str) -> Option<Marker> {
        let (epoch, tick) = text.strip_prefix("epoch ")?.split_once(", ")?;
        let tick = match tick {
            "no tick" => None,
            tick => Some(tick.strip_prefix("tick ")?.parse().ok()?),
        };
        Some(Marker { epoch: epoch.parse().ok()?, tick })
    }
}

/// What topics of markers begin with; [`topics_matching`](super::Kafka::topics_matching) passes over them.
pub(super) const PREFIX: &str = "millstream-sink-";

/// The name of a sink in Kafka: of its transactions, and of the topic of its markers.
pub(super) fn id(name: &str) -> Result<String, BoxError> {
    let id = format!("{PREFIX}{name}");
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !id.chars().all(fits) || id.len() > 249 {
        return Err(format!(
            "a sink can't be named `{name}`: since a topic is named after it, it may have letters, digits, `.`, `_` and `-`, \
             and {} of them at most",
            249 - PREFIX.len()
        )
        .into());
    }
    Ok(id)
}

/// So many offsets before the end are looked at first: two a tick are usual, of the marker and of the transaction's end.
const FIRST_LOOK: u64 = 64;
/// Markers of older ticks are dropped with their segment.
const SETTINGS: [(&str, &str); 2] = [("cleanup.policy", "compact"), ("segment.bytes", "16777216")];

/// The topic of a sink's markers.
pub(super) struct Markers<'a> {
    pub settings: &'a Settings,
    pub topic: &'a str,
    pub until: Instant,
}

impl Markers<'_> {
    /// `isolation`: of librdkafka.
    fn client(&self, isolation: &str) -> Result<Client, BoxError> {
        // A broker that waits for more would hold back that there is no more.
        let ours =
            [("group.id", self.topic), ("allow.auto.create.topics", "false"), ("fetch.wait.max.ms", "10")];
        let fixed = [
            ("isolation.level", isolation),
            ("enable.auto.commit", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "error"),
        ];
        let config = self.settings.config(&ours, &fixed, &[])?;
        let context = self.settings.context();
        let made = config.create_with_context(context.clone());
        made.map_err(|error| context.explain("a client of Kafka can't be made", &error))
    }

    fn place(&self) -> Place {
        Place { topic: self.topic.to_string(), partition: 0 }
    }

    /// Makes the topic, unless it is there, with as many replicas as the topic that is written to.
    pub fn make(&self, client: &Client, written: &str) -> Result<(), BoxError> {
        let doing = format!("what topic `{}` is can't be asked", self.topic);
        let is_there = || -> Result<bool, BoxError> {
            let known = metadata(client, Some(self.topic), &doing, self.until)?;
            let topic = known.topics().iter().find(|topic| topic.name() == self.topic);
            Ok(topic.is_some_and(|topic| topic.error().is_none() && !topic.partitions().is_empty()))
        };
        if is_there()? {
            return Ok(());
        }
        let known = metadata(client, Some(written), &doing, self.until)?;
        let replicas = known.topics().iter().flat_map(MetadataTopic::partitions).map(|p| p.replicas().len());
        self.create(replicas.max().unwrap_or(1) as i32)?;
        while !is_there()? {
            if Instant::now() >= self.until {
                return Err(format!("topic `{}` was made, and is not there", self.topic).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn create(&self, replicas: i32) -> Result<(), BoxError> {
        let context = self.settings.context();
        let refused = |reason: String| -> BoxError {
            format!(
                "the sink keeps in topic `{0}` how far it is, which can't be made: {reason}; make it, with `kafka-topics.sh \
                 --create --topic {0} --partitions 1 --config cleanup.policy=compact` say, or grant `Create` on it",
                self.topic
            )
            .into()
        };
        let told = |error: &KafkaError| refused(context.without_secrets(&error.to_string()));
        let config = self.settings.config(&[], &[], &[])?;
        let admin: AdminClient<Context> =
            config.create_with_context(context.clone()).map_err(|error| told(&error))?;
        let new = NewTopic::new(self.topic, 1, TopicReplication::Fixed(replicas));
        let new = SETTINGS.iter().fold(new, |new, (key, value)| new.set(key, value));
        let left = self.until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
        let options = AdminOptions::new().operation_timeout(Some(left)).request_timeout(Some(left));
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        // On a thread of its own, since this one may be a runtime's.
        let made = std::thread::scope(|scope| {
            let asks = scope.spawn(|| runtime.block_on(admin.create_topics(&[new], &options)));
            asks.join().map_err(|_| refused("the client has panicked".into()))
        })?;
        match made.map_err(|error| told(&error))?.into_iter().next() {
            // Somebody else has been quicker.
            None | Some(Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))) => Ok(()),
            Some(Err((_, code))) => Err(refused(code.to_string())),
        }
    }

    /// The newest marker. `settled`: of those that are committed; else also of those that may never be.
    pub fn last(&self, settled: bool) -> Result<Option<Marker>, BoxError> {
        let client = self.client(if settled { "read_committed" } else { "read_uncommitted" })?;
        let place = self.place();
        let mut look = FIRST_LOOK;
        loop {
            let (low, high) = bounds(&client, &place, self.until)?;
            let start = high.saturating_sub(look).max(low);
            let marker = if start < high { self.read(&client, &place, start, high)? } else { None };
            if marker.is_some() || start == low {
                return Ok(marker);
            }
            look = look.saturating_mul(16);
        }
    }

    /// The last one of a range.
    fn read(&self, client: &Client, place: &Place, start: u64, end: u64) -> Result<Option<Marker>, BoxError> {
        let explain = |error: &KafkaError| {
            client.context().explain(
                &format!("topic `{}`, which says how far the sink is, can't be read", self.topic),
                error,
            )
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&place.topic, place.partition, Offset::Offset(start as i64))?;
        client.assign(&list).map_err(|error| explain(&error))?;
        let mut last = None;
        let done = loop {
            let error = match client.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => {
                    let text = message.payload().and_then(|text| std::str::from_utf8(text).ok());
                    last = text.and_then(Marker::parse).or(last);
                    if message.offset() + 1 >= end as i64 {
                        break Ok(last);
                    }
                    continue;
                }
                // Behind the last message are only ends of transactions.
                Some(Err(KafkaError::PartitionEOF(_))) => break Ok(last),
                Some(Err(error)) if error.rdkafka_error_code().is_some_and(is_connection) => error,
                Some(Err(error)) => break Err(explain(&error)),
                None => KafkaError::Global(RDKafkaErrorCode::OperationTimedOut),
            };
            if client.context().is_refused() || Instant::now() >= self.until {
                break Err(explain(&error));
            }
        };
        let _ = client.unassign();
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        for marker in [Marker { epoch: 3, tick: Some(17) }, Marker { epoch: 1, tick: None }] {
            assert_eq!(Marker::parse(&marker.text()), Some(marker));
        }
        assert_eq!(Marker::parse("somebody else's"), None);
    }

    #[test]
    fn a_name_that_no_topic_can_have_is_refused() {
        assert_eq!(id("counts.v-2_b").expect("it can be"), "millstream-sink-counts.v-2_b");
        let told = id("my counts").expect_err("a space").to_string();
        assert!(told.contains("`my counts`") && told.contains("letters, digits"), "{told}");
        assert!(id(&"x".repeat(240)).is_err(), "it is too long");
    }
}
