//! `kafka_sink`: a topic as a sink, a transaction for each tick.

use std::fmt;
use std::time::{Duration, Instant};

use super::client::Settings;
use super::marker::Marker;
use super::outgoing::{AsJson, AsText, By, DeadLetters, Encode, Outgoing};
use super::producer::Writer;
use crate::BoxError;
use crate::sink::{Delivery, Sink, SinkInfo, begins_anew, refuse_older};
use crate::tick::Tick;

/// Writes records to a Kafka topic; each tick in a transaction of its own.
///
/// Unless told otherwise a message is what the record's `Display` gives, without a key:
/// see [`json`](KafkaSink::json), [`format`](KafkaSink::format) and [`encode`](KafkaSink::encode). The topic must be there.
///
/// # Delivery
/// Exactly once, for consumers that read what is committed (`isolation.level=read_committed`). The transaction holds the
/// records of the tick and the tick's number, as a message in the topic `millstream-sink-NAME`; so after a
/// crash the sink knows which ticks are there, and passes over those when they run again. The transactional id is
/// `millstream-sink-NAME` too, whatever the number of partitions: a start ends what an earlier one has left open, and of two
/// starts the older one can commit nothing more. [`at_least_once`](KafkaSink::at_least_once) goes without all that.
///
/// That topic is the sink's alone: one partition, compacted, with as many replicas as the topic that is written to. The sink
/// makes it, unless it is there. Whoever deletes it may see the ticks behind the last checkpoint twice.
///
/// # Errors
/// When it is opened: as [`kafka`](super::kafka()). While it runs: when a message is longer than `message.max.bytes`; when
/// brokers don't answer for as long as [`transaction_timeout`](KafkaSink::transaction_timeout), or when another start of the
/// pipeline has taken over. The tick is aborted then; the next start runs it again.
///
/// ```
/// use millstream::kafka::{Outgoing, kafka_sink};
/// use millstream::sink::{Sink, SinkInfo};
///
/// fn info(sink: impl Sink<(String, u64)>) -> SinkInfo {
///     sink.info()
/// }
/// let counts = kafka_sink("localhost:9092", "counts")
///     .format(|(word, n): &(String, u64)| Outgoing::new(n.to_string()).key(word.as_str()));
/// assert_eq!(info(counts).to_string(), "kafka_sink(localhost:9092: counts)");
/// ```
pub fn kafka_sink(bootstrap: &str, topic: &str) -> KafkaSink {
    KafkaSink {
        settings: Settings::new(bootstrap),
        topic: topic.to_string(),
        encode: AsText,
        options: Options {
            name: topic.to_string(),
            transactions: true,
            transaction_timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(30),
        },
        state: State::default(),
    }
}

/// Made by [`kafka_sink`].
#[must_use]
pub struct KafkaSink<F = AsText> {
    settings: Settings,
    topic: String,
    encode: F,
    options: Options,
    state: State,
}

pub(super) struct Options {
    pub name: String,
    pub transactions: bool,
    pub transaction_timeout: Duration,
    pub connect_timeout: Duration,
}

#[derive(Default)]
struct State {
    /// Since `open`.
    writer: Option<Writer>,
    epoch: u64,
    /// The last tick that is there.
    last: Option<u64>,
    /// The tick is there already.
    skips: bool,
}

impl<F> KafkaSink<F> {
    /// Under which name the sink keeps its place, in Kafka: whoever writes to one topic from several pipelines gives each
    /// sink a name of its own. Letters, digits, `.`, `_` and `-`. To change it is to begin anew. Default: the topic.
    pub fn name(mut self, name: &str) -> Self {
        self.options.name = name.to_string();
        self
    }

    /// No transactions: records are seen as they are written, and again if their tick runs again. The plan says so. Its use
    /// is for brokers and consumers that know no transactions.
    pub fn at_least_once(mut self) -> Self {
        self.options.transactions = false;
        self
    }

    /// How long a tick may take from its first record to its commit, outages of brokers included. As long may consumers
    /// have to wait behind the last transaction of a process that died, if it is not started again. Default: 2 minutes;
    /// brokers allow 15 at most, unless told otherwise.
    pub fn transaction_timeout(mut self, timeout: Duration) -> Self {
        self.options.transaction_timeout = timeout.max(Duration::from_secs(1));
        self
    }

    /// How long a start waits for a broker to answer. Default: 30 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// A setting of librdkafka, as [`Kafka::set`](super::Kafka::set).
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.set(key, value);
        self
    }

    /// Makes messages as the encoder says.
    pub fn encode<G>(self, encoder: G) -> KafkaSink<G> {
        let KafkaSink { settings, topic, options, .. } = self;
        KafkaSink { settings, topic, encode: encoder, options, state: State::default() }
    }

    /// Makes messages as the function says. Name the record's type in the closure.
    pub fn format<T, G: Fn(&T) -> Outgoing + Send>(self, format: G) -> KafkaSink<By<G>> {
        self.encode(By(format))
    }

    /// Payloads are JSON, as serde writes it, without a key.
    pub fn json(self) -> KafkaSink<AsJson> {
        self.encode(AsJson)
    }

    /// For the second stream of a `try_map` on messages: each as it came, with headers that say where it came from and
    /// what was wrong with it; see [`DeadLetters`].
    pub fn dead_letters(self) -> KafkaSink<DeadLetters> {
        self.encode(DeadLetters)
    }

    fn described(&self) -> SinkInfo {
        let KafkaSink { settings, topic, options, .. } = self;
        let name = if options.name == *topic { String::new() } else { format!(", as {}", options.name) };
        let delivery = if options.transactions { Delivery::ExactlyOnce } else { Delivery::AtLeastOnce };
        SinkInfo { name: "kafka_sink", detail: format!("{}: {topic}{name}", settings.bootstrap), delivery }
    }
}

impl<F> fmt::Debug for KafkaSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.described().fmt(f)
    }
}

impl State {
    fn writer(&mut self) -> Result<&mut Writer, BoxError> {
        self.writer.as_mut().ok_or_else(|| "a `kafka_sink` was used before it was opened".into())
    }
}

impl<T, F: Encode<T>> Sink<T> for KafkaSink<F> {
    fn info(&self) -> SinkInfo {
        self.described()
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        let until = Instant::now() + self.options.connect_timeout;
        let mut writer = Writer::open(&self.settings, &self.topic, &self.options, until)?;
        if self.options.transactions {
            let anew = begins_anew(epoch, last_tick);
            let refuse = |marker: Option<Marker>| {
                let newest = marker.filter(|_| !anew).map_or(0, |marker| marker.epoch);
                refuse_older(&format!("topic `{}` under this name", self.topic), epoch, newest)
            };
            // Before the newer start would be shut out.
            refuse(writer.marker(&self.settings, false, until)?)?;
            writer.shut_others_out(until)?;
            let marker = writer.marker(&self.settings, true, until)?;
            refuse(marker)?;
            self.state.last = marker.filter(|_| !anew).and_then(|marker| marker.tick);
            self.state.epoch = epoch;
            writer.begin()?;
            writer.commit(Some(Marker { epoch, tick: self.state.last }))?;
        }
        self.state.writer = Some(writer);
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.state.skips = self.state.last.is_some_and(|last| tick.number <= last);
        if self.state.skips {
            tracing::info!(target: "millstream::kafka", tick = tick.number, "the tick is in `{}` already", self.topic);
        }
        Ok(())
    }

    fn write(&mut self, _partition: usize, batch: Vec<T>) -> Result<(), BoxError> {
        if self.state.skips || batch.is_empty() {
            return Ok(());
        }
        let writer = self.state.writer()?;
        writer.begin()?;
        batch.iter().try_for_each(|record| writer.send(self.encode.encode(record)?))
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let epoch = self.state.epoch;
        let writer = self.state.writer()?;
        if !writer.has_begun() {
            return Ok(()); // nothing in it, or nothing new
        }
        writer.commit(Some(Marker { epoch, tick: Some(tick.number) }))?;
        self.state.last = Some(tick.number);
        Ok(())
    }

    fn abort(&mut self, _tick: &Tick) {
        if let Some(writer) = &mut self.state.writer {
            writer.abort();
        }
    }
}
