//! The other side of a topic: makes it, fills it, reads it, by rdkafka alone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks until it is so.
///
/// # Panics
/// If it is not within [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, ask)
}

/// As [`until`], within another time.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn until_within<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "it did not come: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Somebody else who knows the broker.
pub struct Peer {
    pub bootstrap: String,
}

/// A message as it was read: partition, offset, key, payload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub payload: String,
    pub headers: BTreeMap<String, String>,
}

impl Peer {
    pub fn new(bootstrap: &str) -> Peer {
        Peer { bootstrap: bootstrap.to_string() }
    }

    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap).set("group.id", "peer");
        config.set("message.max.bytes", "20000000").set("enable.partition.eof", "true");
        config.set("enable.auto.commit", "false");
        config
    }

    fn admin<F, T>(&self, ask: impl Fn(AdminClient<DefaultClientContext>) -> F) -> T
    where
        F: Future<Output = T>,
    {
        let admin = self.config().create().expect("a client");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(ask(admin))
    }

    pub fn create(&self, topic: &str, partitions: i32) {
        self.create_with(topic, partitions, 1, &[]);
    }

    pub fn create_with(&self, topic: &str, partitions: i32, replicas: i32, settings: &[(&str, &str)]) {
        let made = self.admin(|admin| async move {
            let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas));
            let new = settings.iter().fold(new, |new, (key, value)| new.set(key, value));
            let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
            admin.create_topics(&[new], &options).await
        });
        made.expect("an answer").into_iter().for_each(|made| assert!(made.is_ok(), "{made:?}"));
        until("the topic has leaders", || self.ends(topic, partitions));
    }

    pub fn delete(&self, topic: &str) {
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(20)));
        let gone = self.admin(|admin| {
            let options = &options;
            async move { admin.delete_topics(&[topic], options).await }
        });
        gone.expect("an answer").into_iter().for_each(|gone| assert!(gone.is_ok(), "{gone:?}"));
    }

    pub fn add_partitions(&self, topic: &str, partitions: i32) {
        let added = self.admin(|admin| async move {
            let new = NewPartitions::new(topic, partitions as usize);
            admin.create_partitions(&[new], &AdminOptions::new()).await
        });
        added.expect("an answer").into_iter().for_each(|added| assert!(added.is_ok(), "{added:?}"));
        until("the partitions have leaders", || self.ends(topic, partitions));
    }

    /// As retention would: what lies before is gone.
    pub fn delete_before(&self, topic: &str, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).expect("an offset");
        let gone = self.admin(|admin| {
            let list = &list;
            async move { admin.delete_records(list, &AdminOptions::new()).await }
        });
        gone.expect("an answer");
        let reader: BaseConsumer = self.config().create().expect("a client");
        until("they are gone", || {
            let (low, _) = reader.fetch_watermarks(topic, partition, Duration::from_secs(5)).ok()?;
            (low >= offset).then_some(())
        });
    }

    /// The offsets behind the newest messages.
    pub fn ends(&self, topic: &str, partitions: i32) -> Option<Vec<i64>> {
        let reader: BaseConsumer = self.config().create().expect("a client");
        let end = |p| reader.fetch_watermarks(topic, p, Duration::from_secs(5)).ok().map(|(_, high)| high);
        (0..partitions).map(end).collect()
    }

    pub fn write<'a>(&self, topic: &str, records: impl IntoIterator<Item = (i32, &'a str)>) {
        self.write_with(
            topic,
            records.into_iter().map(|(p, payload)| (p, None, Some(payload.to_string()), vec![])),
        );
    }

    /// Partition, key, payload and headers of each.
    #[allow(clippy::type_complexity, reason = "a row of a table")]
    pub fn write_with<'a>(
        &self,
        topic: &str,
        records: impl IntoIterator<Item = (i32, Option<&'a str>, Option<String>, Vec<(&'a str, &'a str)>)>,
    ) {
        let producer: BaseProducer = self.config().create().expect("a client");
        for (partition, key, payload, headers) in records {
            send(&producer, topic, partition, key, payload.as_deref(), headers);
        }
        producer.flush(PATIENCE).expect("they are delivered");
    }

    /// In one transaction that is then committed or aborted; `None`: it is left as it is, and its producer with it.
    pub fn write_in_transaction(
        &self,
        id: &str,
        topic: &str,
        records: &[(i32, &str)],
        commits: Option<bool>,
    ) -> Option<BaseProducer> {
        let mut config = self.config();
        config.set("transactional.id", id);
        let producer: BaseProducer = config.create().expect("a client");
        producer.init_transactions(PATIENCE).expect("it is let in");
        producer.begin_transaction().expect("it begins");
        for (partition, payload) in records {
            send(&producer, topic, *partition, None, Some(payload), vec![]);
        }
        producer.flush(PATIENCE).expect("they are delivered");
        match commits {
            Some(true) => producer.commit_transaction(PATIENCE).expect("it is committed"),
            Some(false) => producer.abort_transaction(PATIENCE).expect("it is aborted"),
            None => return Some(producer),
        }
        None
    }

    /// All that is committed now, by partition and offset.
    pub fn read(&self, topic: &str, partitions: i32) -> Vec<Read> {
        self.read_as(topic, partitions, "read_committed")
    }

    pub fn read_as(&self, topic: &str, partitions: i32, isolation: &str) -> Vec<Read> {
        let mut config = self.config();
        config.set("isolation.level", isolation).set("fetch.message.max.bytes", "20000000");
        config.set("fetch.wait.max.ms", "10");
        let reader: BaseConsumer = config.create().expect("a client");
        let mut list = TopicPartitionList::new();
        for partition in 0..partitions {
            list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
        }
        reader.assign(&list).expect("they are there");
        let (mut all, mut ended) = (Vec::new(), std::collections::BTreeSet::new());
        until("the end of the topic", || {
            while let Some(event) = reader.poll(Duration::from_millis(100)) {
                match event {
                    Ok(message) => all.push(read(&message)),
                    Err(KafkaError::PartitionEOF(partition)) => {
                        ended.insert(partition);
                        if ended.len() == partitions as usize {
                            break;
                        }
                    }
                    Err(_) => {}
                }
            }
            (ended.len() == partitions as usize).then_some(())
        });
        all.sort();
        all
    }

    /// What the group has committed, by partition.
    pub fn committed(&self, group: &str, topic: &str, partitions: i32) -> Vec<i64> {
        let mut config = self.config();
        config.set("group.id", group);
        let reader: BaseConsumer = config.create().expect("a client");
        let mut list = TopicPartitionList::new();
        (0..partitions).for_each(|partition| {
            list.add_partition(topic, partition);
        });
        let told = reader.committed_offsets(list, PATIENCE).expect("an answer");
        told.elements().iter().map(|of| of.offset().to_raw().unwrap_or(-1)).collect()
    }
}

fn send(
    producer: &BaseProducer,
    topic: &str,
    partition: i32,
    key: Option<&str>,
    payload: Option<&str>,
    headers: Vec<(&str, &str)>,
) {
    let mut record = BaseRecord::<str, str>::to(topic).partition(partition);
    record.key = key;
    record.payload = payload;
    if !headers.is_empty() {
        let all = headers
            .into_iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
        record = record.headers(all);
    }
    let mut unsent = Some(record);
    until("there is room in the queue", || {
        producer.poll(Duration::ZERO);
        unsent = producer.send(unsent.take()?).err().map(|(_, record)| record);
        unsent.is_none().then_some(())
    });
}

fn read(message: &rdkafka::message::BorrowedMessage<'_>) -> Read {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = message.headers().into_iter().flat_map(|headers| {
        let all = headers.iter().map(|h| (h.key.to_string(), text(h.value.unwrap_or_default())));
        all.collect::<Vec<_>>()
    });
    Read {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().map(text),
        payload: text(message.payload().unwrap_or_default()),
        headers: headers.collect(),
    }
}
