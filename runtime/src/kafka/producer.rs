//! The sink's side of librdkafka: transactions, and the place that a sink keeps in a consumer group.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{Client, Context, Settings};
use super::cluster::{self, Topics};
use super::outgoing::Outgoing;
use super::sink::Options;
use crate::BoxError;

/// How far a sink is: the committed offset of its group, which is the number of the next tick, and text beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// Which start wrote it.
    pub epoch: u64,
    /// The last tick that is there.
    pub tick: Option<u64>,
}

impl Marker {
    fn text(self) -> String {
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

/// The name of a sink in Kafka: of its group and of its transactions.
pub(super) fn id(name: &str) -> String {
    format!("millstream-sink-{name}")
}

pub(super) struct Writer {
    producer: BaseProducer<Context>,
    context: Context,
    topic: String,
    name: String,
    transactions: bool,
    timeout: Duration,
    /// Asks for markers, and stands for the group.
    group: Client,
    /// The group, read as if nothing were pending.
    hasty: Client,
    begun: bool,
    sent: u64,
}

/// What is given for producers and not for the others would only be warned of.
const FIXED: [(&str, &str); 2] = [("enable.idempotence", "true"), ("acks", "all")];
const RESERVED: [(&str, &str); 4] = [
    ("bootstrap.servers", "`kafka_sink(…)`"),
    ("transactional.id", "`.name(…)`"),
    ("transaction.timeout.ms", "`.transaction_timeout(…)`"),
    ("group.id", "`.name(…)`"),
];

impl Writer {
    pub fn open(
        settings: &Settings,
        topic: &str,
        options: &Options,
        until: Instant,
    ) -> Result<Writer, BoxError> {
        let id = id(&options.name);
        let client = |isolation| -> Result<Client, BoxError> {
            let ours = [("allow.auto.create.topics", "false")];
            let fixed =
                [("group.id", id.as_str()), ("isolation.level", isolation), ("enable.auto.commit", "false")];
            let config = settings.config(&ours, &fixed, &RESERVED)?;
            let context = settings.context();
            let made = config.create_with_context(context.clone());
            made.map_err(|error| context.explain("a client of Kafka can't be made", &error))
        };
        let (group, hasty) = (client("read_committed")?, client("read_uncommitted")?);
        cluster::places(&group, &Topics { names: vec![topic.to_string()], pattern: None }, until)?;

        let timeout = options.transaction_timeout.as_millis().to_string();
        let ours = [("partitioner", "murmur2_random"), ("linger.ms", "5"), ("compression.type", "lz4")];
        let mut config: ClientConfig = settings.config(&ours, &FIXED, &RESERVED)?;
        if options.transactions {
            config.set("transactional.id", &id).set("transaction.timeout.ms", &timeout);
        } else {
            config.set("message.timeout.ms", &timeout);
        }
        let context = settings.context();
        let producer = config.create_with_context(context.clone());
        let producer =
            producer.map_err(|error| context.explain("a client of Kafka can't be made", &error))?;
        Ok(Writer {
            producer,
            context,
            topic: topic.to_string(),
            name: options.name.clone(),
            transactions: options.transactions,
            timeout: options.transaction_timeout,
            group,
            hasty,
            begun: false,
            sent: 0,
        })
    }

    /// How far the sink is. `settled`: what is pending is waited for.
    pub fn marker(&self, settled: bool, until: Instant) -> Result<Option<Marker>, BoxError> {
        let client = if settled { &self.group } else { &self.hasty };
        loop {
            let mut list = TopicPartitionList::new();
            list.add_partition(&self.topic, 0);
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(500));
            let told = client.committed_offsets(list, left.min(Duration::from_secs(5)));
            let told = told.and_then(|told| {
                let element = told.find_partition(&self.topic, 0);
                element.map_or(Ok(None), |e| e.error().map(|()| Marker::parse(e.metadata())))
            });
            match told {
                Ok(marker) => return Ok(marker),
                Err(error) if client.context().is_refused() || Instant::now() >= until => {
                    let doing = format!("how far the sink to topic `{}` is can't be asked", self.topic);
                    return Err(client.context().explain(&doing, &error));
                }
                Err(_) => while let Some(Err(_)) = client.poll(Duration::from_millis(20)) {},
            }
        }
    }

    /// Ends what an earlier start has left open; from here on it can commit nothing more.
    pub fn shut_others_out(&self, until: Instant) -> Result<(), BoxError> {
        let doing = format!("transactions to topic `{}` can't be begun", self.topic);
        self.patiently(&doing, until, |left| self.producer.init_transactions(left))
    }

    /// Begins a transaction, unless one has begun.
    pub fn begin(&mut self) -> Result<(), BoxError> {
        if self.transactions && !self.begun {
            let begun = self.producer.begin_transaction();
            begun.map_err(|error| self.explain("a transaction can't be begun", &error))?;
        }
        self.begun = true;
        Ok(())
    }

    pub fn has_begun(&self) -> bool {
        self.begun
    }

    pub fn send(&mut self, message: Outgoing) -> Result<(), BoxError> {
        let Outgoing { topic, partition, key, payload, headers, timestamp } = message;
        let topic = topic.as_deref().unwrap_or(&self.topic);
        let mut record = BaseRecord::<[u8], [u8]>::to(topic);
        record.key = key.as_deref();
        record.payload = payload.as_deref();
        record.partition = partition;
        record.timestamp = timestamp.map(crate::clock::Timestamp::millis);
        if !headers.is_empty() {
            let all = OwnedHeaders::new_with_capacity(headers.len());
            record.headers = Some(
                headers
                    .iter()
                    .fold(all, |all, (key, value)| all.insert(Header { key, value: value.as_deref() })),
            );
        }
        // Reports of deliveries take room too.
        self.sent += 1;
        if self.sent.is_multiple_of(1024) {
            self.producer.poll(Duration::ZERO);
        }
        let until = Instant::now() + self.timeout;
        loop {
            let Err((error, again)) = self.producer.send(record) else { return Ok(()) };
            match error.rdkafka_error_code() {
                Some(RDKafkaErrorCode::QueueFull) if Instant::now() < until => {
                    self.producer.poll(Duration::from_millis(10));
                    self.check_deliveries()?;
                    record = again;
                }
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                    let length = payload.as_ref().map_or(0, Vec::len) + key.as_ref().map_or(0, Vec::len);
                    return Err(format!(
                        "a message of {length} bytes to topic `{topic}` is longer than `message.max.bytes` allows: raise it, \
                         with `.set(\"message.max.bytes\", \"{}\")`, and the topic's `max.message.bytes`",
                        (length + 1024).next_multiple_of(1 << 20)
                    )
                    .into());
                }
                _ => {
                    return Err(
                        self.explain(&format!("a message can't be written to topic `{topic}`"), &error)
                    );
                }
            }
        }
    }

    /// What failed behind our back.
    fn check_deliveries(&self) -> Result<(), BoxError> {
        match self.context.undelivered() {
            None => Ok(()),
            Some(error) => Err(format!(
                "a message to topic `{}` was not taken: {error}; the tick is undone, and runs again at the next start",
                self.topic
            )
            .into()),
        }
    }

    /// Makes what was sent visible, and the marker with it.
    pub fn commit(&mut self, marker: Option<Marker>) -> Result<(), BoxError> {
        let until = Instant::now() + self.timeout;
        let doing = format!("what was written to topic `{}` can't be committed", self.topic);
        let flushed = self.producer.flush(self.timeout);
        self.check_deliveries()?;
        flushed.map_err(|error| self.explain(&doing, &error))?;
        if self.transactions {
            if let Some(marker) = marker {
                let mut list = TopicPartitionList::new();
                let offset = marker.tick.map_or(0, |tick| tick + 1);
                list.add_partition_offset(&self.topic, 0, Offset::Offset(offset as i64))?;
                if let Some(mut element) = list.find_partition(&self.topic, 0) {
                    element.set_metadata(marker.text());
                }
                let group = self.group.group_metadata().ok_or("librdkafka knows no group")?;
                self.patiently(&doing, until, |left| {
                    self.producer.send_offsets_to_transaction(&list, &group, left)
                })?;
            }
            self.patiently(&doing, until, |left| self.producer.commit_transaction(left))?;
        }
        self.begun = false;
        Ok(())
    }

    /// Takes back what was sent, as far as it can.
    pub fn abort(&mut self) {
        if !std::mem::take(&mut self.begun) || !self.transactions {
            return;
        }
        self.producer.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
        let _ = self.producer.flush(Duration::from_secs(1));
        let _ = self.context.undelivered();
        if let Err(error) = self.producer.abort_transaction(Duration::from_secs(5)) {
            let error = self.context.without_secrets(&error.to_string());
            tracing::warn!(target: "millstream::kafka", "the transaction is left to the next start: {error}");
        }
    }

    /// Tries again what may be tried again.
    fn patiently(
        &self,
        doing: &str,
        until: Instant,
        mut act: impl FnMut(Duration) -> Result<(), KafkaError>,
    ) -> Result<(), BoxError> {
        loop {
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(500));
            let error = match act(left) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.producer.poll(Duration::ZERO);
            let again = match &error {
                KafkaError::Transaction(error) => error.is_retriable(),
                _ => false,
            };
            if !again || self.context.is_refused() || Instant::now() >= until {
                return Err(self.explain(doing, &error));
            }
        }
    }

    fn explain(&self, doing: &str, error: &KafkaError) -> BoxError {
        use RDKafkaErrorCode::{Fenced, InvalidProducerEpoch, ProducerFenced};
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code);
        match error.rdkafka_error_code().into_iter().chain(fatal).find(|code| {
            matches!(code, Fenced | InvalidProducerEpoch | ProducerFenced)
        }) {
            Some(_) => format!(
                "{doing}: another start of the pipeline writes to topic `{}` under the name `{}`, or the transaction took \
                 longer than `transaction_timeout`: stop one of the two, or give each a name of its own with `.name(…)`",
                self.topic, self.name
            )
            .into(),
            None => self.context.explain(doing, error),
        }
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
}
