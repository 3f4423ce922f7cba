//! The sink's side of librdkafka: transactions.

use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::client::{Context, Settings};
use super::cluster::{self, Topics};
use super::marker::{self, Marker, Markers};
use super::outgoing::Outgoing;
use super::sink::Options;
use crate::BoxError;

pub(super) struct Writer {
    producer: BaseProducer<Context>,
    context: Context,
    topic: String,
    name: String,
    transactions: bool,
    timeout: Duration,
    /// Of the topic of its markers, and of its transactions.
    id: String,
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
        let id = marker::id(&options.name)?;
        let ours = [("group.id", "millstream"), ("allow.auto.create.topics", "false")];
        let client = cluster::connect(&settings.config(&ours, &[], &RESERVED)?, settings)?;
        cluster::places(&client, &Topics { names: vec![topic.to_string()], pattern: None }, until)?;
        if options.transactions {
            Markers { settings, topic: &id, until }.make(&client, topic)?;
        }

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
            id,
            begun: false,
            sent: 0,
        })
    }

    /// How far the sink is. `settled`: see [`Markers::last`].
    pub fn marker(
        &self,
        settings: &Settings,
        settled: bool,
        until: Instant,
    ) -> Result<Option<Marker>, BoxError> {
        Markers { settings, topic: &self.id, until }.last(settled)
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
        let Some(error) = self.context.undelivered() else { return Ok(()) };
        let doing = format!("a message to topic `{}` was not taken", self.topic);
        // Messages are thrown away when the producer is shut out: they say less than the cause does.
        match self.producer.client().fatal_error() {
            Some((code, _)) => Err(self.explain(&doing, &KafkaError::Global(code))),
            None => {
                Err(format!("{doing}: {error}; the tick is undone, and runs again at the next start").into())
            }
        }
    }

    /// Makes what was sent visible, and the marker with it.
    pub fn commit(&mut self, marker: Option<Marker>) -> Result<(), BoxError> {
        let until = Instant::now() + self.timeout;
        let doing = format!("what was written to topic `{}` can't be committed", self.topic);
        if let Some(marker) = marker.filter(|_| self.transactions) {
            let topic = Some(self.id.clone());
            self.send(Outgoing {
                topic,
                partition: Some(0),
                ..Outgoing::new(marker.text()).key(&*self.name)
            })?;
        }
        let flushed = self.producer.flush(self.timeout);
        self.check_deliveries()?;
        flushed.map_err(|error| self.explain(&doing, &error))?;
        if self.transactions {
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
