//! Ranges that are read again after a restart, behind which nothing is fetched ahead.

use std::ops::Range;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::buffer::Shared;
use super::client::{Client, Context, is_connection};
use super::cluster::{Place, bounds};
use super::fetch::lost;
use super::message::Chunk;
use super::source::DataLoss;
use crate::BoxError;
use crate::sync::Mutex;

/// So many bytes are handed over at once.
const CHUNK_BYTES: usize = 1 << 20;
/// A broker that gives nothing for so long is reported; it has been there a moment ago.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) struct Replay {
    config: ClientConfig,
    context: Context,
    shared: Arc<Shared>,
    data_loss: DataLoss,
    /// Made when it is first needed; one range at a time.
    client: Mutex<Option<Client>>,
}

impl Replay {
    pub fn new(config: ClientConfig, context: Context, shared: Arc<Shared>, data_loss: DataLoss) -> Replay {
        Replay { config, context, shared, data_loss, client: Mutex::new(None) }
    }

    pub fn read(
        &self,
        place: &Place,
        mut range: Range<u64>,
        give: &mut dyn FnMut(Arc<Chunk>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let doing = "what was read before a restart can't be read again";
        let mut held: MutexGuard<'_, Option<Client>> =
            self.client.lock().map_err(|_| "reading again has failed before")?;
        if held.is_none() {
            let client = self.config.create_with_context(self.context.clone());
            *held = Some(client.map_err(|error| self.context.explain(doing, &error))?);
        }
        let client = held.as_ref().expect("it has just been made");
        let (low, high) = bounds(client, place, Instant::now() + PATIENCE)?;
        if range.start < low || range.end > high {
            let at = if range.start < low { range.start } else { range.end };
            lost(place, at, (low, high), self.data_loss)?;
            range = range.start.max(low)..range.end.min(high);
            if range.is_empty() {
                return Ok(());
            }
        }
        let explain = |error: &KafkaError| self.context.explain(doing, error);
        let mut list = TopicPartitionList::new();
        let start = Offset::Offset(range.start as i64);
        list.add_partition_offset(&place.topic, place.partition, start)?;
        client.assign(&list).map_err(|error| explain(&error))?;

        let new = |start| Chunk::new(place.topic.as_str().into(), place.partition, start);
        let mut chunk = new(range.start);
        let mut until = Instant::now() + PATIENCE;
        let done = loop {
            match client.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => {
                    until = Instant::now() + PATIENCE;
                    let offset = u64::try_from(message.offset()).unwrap_or(0);
                    let of_it = message.topic() == place.topic && message.partition() == place.partition;
                    if !of_it || offset < range.start {
                        continue; // of what was assigned before
                    }
                    if offset >= range.end {
                        break Ok(());
                    }
                    chunk.push(&message);
                    if chunk.end == range.end {
                        break Ok(());
                    }
                    if chunk.weight() >= CHUNK_BYTES {
                        let next = new(chunk.end);
                        give(Arc::new(std::mem::replace(&mut chunk, next)))?;
                    }
                }
                // Behind the last message are only marks of transactions.
                Some(Err(KafkaError::PartitionEOF(partition))) if partition == place.partition => {
                    break Ok(());
                }
                Some(Err(error)) => match error.rdkafka_error_code() {
                    Some(code) if is_connection(code) => {}
                    Some(RDKafkaErrorCode::PartitionEOF) => {}
                    _ => break Err(explain(&error)),
                },
                None => {}
            }
            if self.shared.lock().closed {
                break Err("the pipeline ends".into());
            }
            if self.context.is_refused() || Instant::now() >= until {
                break Err(explain(&KafkaError::Global(RDKafkaErrorCode::OperationTimedOut)));
            }
        };
        let _ = client.unassign();
        done?;
        chunk.end = range.end;
        give(Arc::new(chunk))
    }
}
