//! `kafka`: topics as a source.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::Settings;
use super::cluster::{self, Topics};
use super::decode::{Decode, Messages, Raw, Text};
use super::reader::KafkaReader;
use crate::BoxError;
use crate::clock::Timestamp;
use crate::source::{Reader, Source, SourceContext, SourceInfo};

/// The messages of Kafka topics, as [`Message`](super::Message)s that borrow from the buffers they came in; or what
/// a [decoder](Kafka::decode) makes of them.
///
/// `bootstrap`: one or more brokers to ask first, as `host:port,host:port`. Say which topics, with
/// [`topic`](Kafka::topic) or [`topics_matching`](Kafka::topics_matching).
///
/// Each Kafka partition is a partition of the stream, new ones are found while it runs; offsets are Kafka's. What a
/// transaction wrote is read once it is committed. Within a partition messages are in order. It never ends, but under
/// [`Trigger::AvailableNow`](crate::Trigger::AvailableNow), which reads what is there at the start.
///
/// # Delivery
/// Exactly once, with a checkpoint: it holds the offsets, and a restart goes on from there, whatever the group says. The
/// [group](Kafka::group) is told for those who watch the lag. Without a checkpoint each start begins at
/// [`start_from`](Kafka::start_from).
///
/// # Errors
/// When it is opened: if no broker answers within [`connect_timeout`](Kafka::connect_timeout), the login is refused, or a
/// topic does not exist. While it runs: if the login is refused, or if messages are gone before they were read
/// ([`on_data_loss`](Kafka::on_data_loss)). A broker that goes away is waited for, with a warning in the log.
///
/// # Cost
/// A thread fetches ahead, up to [`buffer_bytes`](Kafka::buffer_bytes), and copies each message once, from librdkafka's
/// buffer into one that it shares with a few thousand others.
///
/// ```
/// use millstream::kafka::kafka;
/// use millstream::source::Source;
///
/// let clicks = kafka("localhost:9092").topic("clicks").group("click-counts");
/// assert_eq!(clicks.info().to_string(), "kafka(localhost:9092: clicks)");
/// ```
///
/// Spark's `createDirectStream`, and its `kafka` format.
pub fn kafka(bootstrap: &str) -> Kafka {
    Kafka {
        settings: Settings::new(bootstrap),
        decoder: Raw,
        options: Options {
            topics: Topics::default(),
            start: StartFrom::Earliest,
            group: None,
            records_per_tick: u64::MAX,
            bytes_per_tick: 64 << 20,
            records_per_partition: u64::MAX,
            rate_per_partition: None,
            buffer_bytes: 128 << 20,
            discovery_interval: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            data_loss: DataLoss::Fail,
        },
    }
}

/// Made by [`kafka`].
#[derive(Clone)]
#[must_use]
pub struct Kafka<D = Raw> {
    settings: Settings,
    decoder: D,
    options: Options,
}

#[derive(Clone)]
pub(super) struct Options {
    pub topics: Topics,
    pub start: StartFrom,
    pub group: Option<String>,
    pub records_per_tick: u64,
    pub bytes_per_tick: u64,
    pub records_per_partition: u64,
    pub rate_per_partition: Option<u64>,
    pub buffer_bytes: usize,
    pub discovery_interval: Duration,
    pub connect_timeout: Duration,
    pub data_loss: DataLoss,
}

/// Where a source begins that has no checkpoint to go on from.
///
/// Partitions that come later are read from their beginning, and so are partitions that are new since the checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StartFrom {
    /// With the oldest message that is there.
    #[default]
    Earliest,
    /// With what is written after the source was opened.
    Latest,
    /// With the first message of each partition whose timestamp is not before this one; at the end, if there is none.
    Timestamp(Timestamp),
    /// With these offsets, by topic and partition; partitions that are not named, with the oldest.
    Offsets(BTreeMap<(String, i32), u64>),
}

/// What happens if messages are gone that were to be read: by retention, by a topic that was made anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataLoss {
    /// The pipeline stops, and says which they are.
    #[default]
    Fail,
    /// It goes on with the oldest message that is there, and says so in the log.
    Continue,
}

impl<D> Kafka<D> {
    /// Reads this topic; once more for another one.
    pub fn topic(mut self, topic: &str) -> Self {
        self.options.topics.names.push(topic.to_string());
        self
    }

    /// Reads each of these topics.
    pub fn topics<'a>(mut self, topics: impl IntoIterator<Item = &'a str>) -> Self {
        self.options.topics.names.extend(topics.into_iter().map(str::to_string));
        self
    }

    /// Reads the topics whose names match, also those that are made while it runs: `*` stands for any letters, `?` for one,
    /// `[ab]` for one of these. Names that begin with `__`, which are Kafka's own, never match, nor do those of sinks'
    /// markers, which begin with `millstream-sink-`.
    pub fn topics_matching(mut self, pattern: &str) -> Self {
        self.options.topics.pattern = Some(pattern.to_string());
        self
    }

    /// Where to begin without a checkpoint. Default: [`StartFrom::Earliest`].
    pub fn start_from(mut self, start: StartFrom) -> Self {
        self.options.start = start;
        self
    }

    /// Commits what committed ticks have read to this consumer group, about every second and at the end: so that tools that
    /// watch groups show how far it is. Nothing is read back from there. No other consumer may be in the group. Default:
    /// no group.
    pub fn group(mut self, group: &str) -> Self {
        self.options.group = Some(group.to_string());
        self
    }

    /// How many offsets of all partitions together a tick reads at most (0 counts as 1). Offsets without a message (a
    /// transaction's end, what compaction has removed) count too. Default: no limit but that of bytes.
    pub fn max_records_per_tick(mut self, records: u64) -> Self {
        self.options.records_per_tick = records.max(1);
        self
    }

    /// How many offsets of each partition a tick reads at most (0 counts as 1). Default: no limit of its own.
    pub fn max_records_per_partition(mut self, records: u64) -> Self {
        self.options.records_per_partition = records.max(1);
        self
    }

    /// How many offsets a second of each partition are read at most, over some time (0 counts as 1). Default: no limit.
    ///
    /// Spark's `spark.streaming.kafka.maxRatePerPartition`.
    pub fn max_rate_per_partition(mut self, records_per_second: u64) -> Self {
        self.options.rate_per_partition = Some(records_per_second.max(1));
        self
    }

    /// How many bytes of keys, payloads and headers a tick reads at most, of all partitions together; a message that is
    /// longer comes alone. Default: 64 MiB.
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.options.bytes_per_tick = bytes.max(1);
        self
    }

    /// How many bytes are fetched ahead at most, of all partitions together, what the ticks that run hold included. Beside
    /// that, librdkafka has a queue for each partition (`queued.max.messages.kbytes`). Default: 128 MiB.
    pub fn buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.buffer_bytes = bytes;
        self
    }

    /// How often new partitions and topics are looked for. Default: 30 s; at least 10 ms.
    pub fn discovery_interval(mut self, interval: Duration) -> Self {
        self.options.discovery_interval = interval.max(Duration::from_millis(10));
        self
    }

    /// How long a start waits for a broker to answer. Default: 30 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.options.connect_timeout = timeout;
        self
    }

    /// What happens if messages are gone that were to be read. Default: [`DataLoss::Fail`].
    pub fn on_data_loss(mut self, data_loss: DataLoss) -> Self {
        self.options.data_loss = data_loss;
        self
    }

    /// A setting of librdkafka, such as `("security.protocol", "sasl_ssl")`. The values of passwords, keys and the like are
    /// never shown. Those that exactly-once relies on can't be set.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.set(key, value);
        self
    }

    /// Gives records as the decoder makes them, instead of messages. The first one that it fails for stops the pipeline;
    /// see [`Decode`] for how to lead those elsewhere.
    pub fn decode<E: Decode>(self, decoder: E) -> Kafka<E> {
        Kafka { settings: self.settings, decoder, options: self.options }
    }

    /// Gives the payloads as `&str`: `decode(Text)`.
    pub fn text(self) -> Kafka<Text> {
        self.decode(Text)
    }
}

impl<D> Kafka<D> {
    fn described(&self) -> SourceInfo {
        let detail = format!("{}: {}", self.settings.bootstrap, self.options.topics);
        SourceInfo { name: "kafka", detail, replayable: true }
    }
}

impl<D> fmt::Debug for Kafka<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.described().fmt(f)
    }
}

/// What the source relies on. The offsets are its own affair.
const FIXED: [(&str, &str); 4] = [
    ("auto.offset.reset", "error"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
];

const RESERVED: [(&str, &str); 2] = [("bootstrap.servers", "`kafka(…)`"), ("group.id", "`.group(…)`")];

impl<D: Decode> Source for Kafka<D> {
    type Batch = Messages<D>;

    fn info(&self) -> SourceInfo {
        self.described()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Messages<D>>>, BoxError> {
        let Kafka { settings, decoder, options } = self;
        options.topics.check()?;
        let group = options.group.as_deref().unwrap_or("millstream");
        let ours =
            [("group.id", group), ("allow.auto.create.topics", "false"), ("fetch.queue.backoff.ms", "20")];
        let config = settings.config(&ours, &FIXED, &RESERVED)?;
        let until = Instant::now() + options.connect_timeout;
        let client = cluster::connect(&config, &settings)?;
        let found = cluster::find(&client, &options, until)?;
        Ok(Arc::new(KafkaReader::new(client, config, decoder, options, found, cx)))
    }
}
