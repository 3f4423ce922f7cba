//! Transactions of a cluster, as its coordinators keep them: listed, and aborted.
//!
//! librdkafka has no call for either. What there is stands in the topic `__transaction_state`, whose format Kafka's own tools
//! rely on too; and whoever begins with a transactional id anew ends what is open under it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::{Client, Context, Settings};
use super::cluster::{self, Topics, bounds};
use crate::BoxError;
use crate::clock::Timestamp;

const LOG: &str = "__transaction_state";

/// What a transactional id is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub id: String,
    /// `Ongoing`, `CompleteCommit`, …: Kafka's names.
    pub state: &'static str,
    pub producer: i64,
    pub epoch: i16,
    /// When it began; `None` if none has.
    pub started: Option<Timestamp>,
    /// After which the broker aborts it by itself.
    pub timeout: Duration,
}

impl Transaction {
    /// Whether consumers that read what is committed wait behind it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, "Ongoing" | "PrepareCommit" | "PrepareAbort" | "PrepareEpochFence")
    }
}

/// Kafka's transactions: what the command `millstream-kafka` shows and ends.
#[derive(Debug)]
#[must_use]
pub struct Transactions {
    settings: Settings,
    timeout: Duration,
}

impl Transactions {
    pub fn at(bootstrap: &str) -> Transactions {
        Transactions { settings: Settings::new(bootstrap), timeout: Duration::from_secs(30) }
    }

    /// A setting of librdkafka, as [`Kafka::set`](super::Kafka::set).
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.set(key, value);
        self
    }

    /// How long to wait for brokers. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// All transactional ids that the cluster remembers, in order.
    ///
    /// # Errors
    /// When no broker answers, or if the topic `__transaction_state` may not be read.
    pub fn list(&self) -> Result<Vec<Transaction>, BoxError> {
        let until = Instant::now() + self.timeout;
        let fixed = [
            ("group.id", "millstream-transactions"),
            ("enable.auto.commit", "false"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "earliest"),
            // Coordinators write without transactions.
            ("isolation.level", "read_uncommitted"),
        ];
        let client = cluster::connect(&self.settings.config(&[], &fixed, &[])?, &self.settings)?;
        let all = Topics { names: vec![], pattern: Some("*".into()) };
        cluster::places(&client, &all, until)?; // says who does not answer
        let topics = Topics { names: vec![LOG.into()], pattern: None };
        let places = match cluster::places(&client, &topics, until) {
            Ok(places) => places,
            // It is made with the first transaction.
            Err(error) if error.to_string().contains("does not exist") => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut list = TopicPartitionList::new();
        let mut behind = BTreeMap::new();
        for place in places {
            let (low, high) = bounds(&client, &place, until)?;
            if low < high {
                list.add_partition_offset(LOG, place.partition, Offset::Beginning)?;
                behind.insert(place.partition, high);
            }
        }
        let mut all = BTreeMap::new();
        if behind.is_empty() {
            return Ok(Vec::new());
        }
        client.assign(&list).map_err(|error| explain(&client, &error))?;
        while !behind.is_empty() {
            match client.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    let Some(id) = message.key().and_then(id_of) else { continue };
                    match message.payload().and_then(|value| state_of(id, value)) {
                        Some(transaction) => all.insert(id.to_string(), transaction),
                        None => all.remove(id),
                    };
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    behind.remove(&partition);
                }
                Some(Err(_)) | None => {}
            }
            if Instant::now() >= until {
                return Err(format!("topic `{LOG}` can't be read to its end: may this user read it?").into());
            }
        }
        Ok(all.into_values().collect())
    }

    /// Ends what is open under a transactional id: aborts it, and shuts its producer out.
    ///
    /// # Errors
    /// When no broker answers, or if this user may not write with that id.
    pub fn abort(&self, id: &str) -> Result<(), BoxError> {
        let fixed = [("transactional.id", id)];
        let context = self.settings.context();
        let producer = self.settings.config(&[], &fixed, &[])?.create_with_context(context.clone());
        let doing = format!("what is open under `{id}` can't be ended");
        let producer: BaseProducer<Context> = producer.map_err(|error| context.explain(&doing, &error))?;
        let ended = producer.init_transactions(self.timeout);
        producer.poll(Duration::ZERO);
        ended.map_err(|error| context.explain(&doing, &error))
    }
}

fn explain(client: &Client, error: &KafkaError) -> BoxError {
    client.context().explain("transactions can't be listed", error)
}

/// Of a record's key: version 0, and the id.
fn id_of(key: &[u8]) -> Option<&str> {
    let mut rest = key;
    (i16::from_be_bytes(take(&mut rest)?) == 0).then_some(())?;
    let length = usize::from(u16::from_be_bytes(take(&mut rest)?));
    std::str::from_utf8(rest.get(..length)?).ok()
}

/// Of a record's value: versions 0 and 1, up to the fields that are the same in both.
fn state_of(id: &str, value: &[u8]) -> Option<Transaction> {
    const STATES: [&str; 8] = [
        "Empty",
        "Ongoing",
        "PrepareCommit",
        "PrepareAbort",
        "CompleteCommit",
        "CompleteAbort",
        "Dead",
        "PrepareEpochFence",
    ];
    let mut rest = value;
    let version = i16::from_be_bytes(take(&mut rest)?);
    let producer = i64::from_be_bytes(take(&mut rest)?);
    let epoch = i16::from_be_bytes(take(&mut rest)?);
    let timeout = i32::from_be_bytes(take(&mut rest)?);
    let [state] = take(&mut rest)?;
    let started = match version {
        0 => started_0(&mut rest),
        _ => started_1(&mut rest),
    };
    Some(Transaction {
        id: id.to_string(),
        state: STATES.get(usize::from(state)).copied().unwrap_or("unknown"),
        producer,
        epoch,
        started: started.filter(|at| *at >= 0).map(Timestamp::from_millis),
        timeout: Duration::from_millis(timeout.max(0) as u64),
    })
}

/// Behind the partitions and the time of the last change.
fn started_0(rest: &mut &[u8]) -> Option<i64> {
    for _ in 0..i32::from_be_bytes(take(rest)?).max(0) {
        let name = usize::from(u16::from_be_bytes(take(rest)?));
        skip(rest, name)?;
        let partitions = u32::from_be_bytes(take(rest)?) as usize;
        skip(rest, partitions.checked_mul(4)?)?;
    }
    let _changed: [u8; 8] = take(rest)?;
    Some(i64::from_be_bytes(take(rest)?))
}

/// The same in the compact form: lengths are variable, and one more than they say; each structure ends with tagged fields.
fn started_1(rest: &mut &[u8]) -> Option<i64> {
    for _ in 0..varint(rest)?.saturating_sub(1) {
        let name = varint(rest)?.saturating_sub(1);
        skip(rest, name)?;
        let partitions = varint(rest)?.saturating_sub(1);
        skip(rest, partitions.checked_mul(4)?)?;
        tags(rest)?;
    }
    let _changed: [u8; 8] = take(rest)?;
    Some(i64::from_be_bytes(take(rest)?))
}

fn tags(rest: &mut &[u8]) -> Option<()> {
    for _ in 0..varint(rest)? {
        varint(rest)?;
        let length = varint(rest)?;
        skip(rest, length)?;
    }
    Some(())
}

fn varint(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0usize;
    for shift in (0..35).step_by(7) {
        let [byte] = take(rest)?;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, behind) = rest.split_first_chunk::<N>()?;
    *rest = behind;
    Some(*first)
}

fn skip(rest: &mut &[u8], n: usize) -> Option<()> {
    *rest = rest.get(n..)?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_record_is_no_panic() {
        assert_eq!(id_of(&[0, 0, 0, 2, b'i', b'd']), Some("id"));
        let mut value = vec![0, 1];
        value.extend(7i64.to_be_bytes());
        value.extend([0, 3, 0, 0, 0x75, 0x30, 1]);
        value.extend([2, 2, b't', 2, 0, 0, 0, 0, 0]); // one topic, `t`, with partition 0
        value.extend(1i64.to_be_bytes());
        value.extend(42i64.to_be_bytes());
        value.push(0);
        let state = state_of("id", &value).expect("it is whole");
        assert_eq!((state.state, state.producer, state.epoch), ("Ongoing", 7, 3));
        assert_eq!(state.started, Some(Timestamp::from_millis(42)));
        assert_eq!(state.timeout, Duration::from_secs(30));
        for length in 0..value.len() {
            let _ = state_of("id", &value[..length]);
        }
    }
}
