//! The thread that fetches ahead: polls the queue of each partition while there is room for it, and hands chunks over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::buffer::Shared;
use super::client::{Client, Context, is_connection};
use super::cluster::{Place, bounds};
use super::message::Chunk;
use super::source::DataLoss;
use crate::BoxError;
use crate::source::Waker;

/// A chunk is handed over when it has so many bytes or messages, or when nothing more waits.
const CHUNK_BYTES: usize = 1 << 20;
const CHUNK_MESSAGES: usize = 16 << 10;
/// How many messages of one partition are taken before the others are looked at.
const TURN: usize = 4096;
/// How long it sleeps at most: what librdkafka has to say beside messages rings no bell.
const NAP: Duration = Duration::from_millis(50);
const COMMIT_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Fetcher {
    pub client: Arc<Client>,
    pub shared: Arc<Shared>,
    pub waker: Waker,
    pub data_loss: DataLoss,
    pub buffer_bytes: usize,
    /// Whether the group is told how far it is.
    pub commits: bool,
}

/// A partition, as it is fetched.
struct Line {
    place: Place,
    topic: Arc<str>,
    queue: PartitionQueue<Context>,
    open: Chunk,
    weight: Arc<AtomicUsize>,
    /// What the last chunk held: about what the next one will.
    usual: (usize, usize),
}

impl Fetcher {
    /// Until the source is closed, or something is wrong.
    pub fn run(self) {
        if let Err(error) = self.fetch() {
            self.shared.lock().failed.get_or_insert(error);
            self.waker.wake();
        }
    }

    fn fetch(&self) -> Result<(), BoxError> {
        let mut lines: Vec<Line> = Vec::new();
        let mut committed = Instant::now();
        loop {
            self.take_up(&mut lines)?;
            let cap = (self.buffer_bytes / lines.len().max(1)).max(1);
            let mut busy = false;
            for (number, line) in lines.iter_mut().enumerate() {
                if line.weight.load(Ordering::Relaxed) < cap {
                    busy |= self.turn(number, line)?;
                }
            }
            self.serve()?;
            if self.commits && committed.elapsed() >= COMMIT_INTERVAL {
                committed = Instant::now();
                self.commit(&lines, CommitMode::Async)?;
            }
            if self.shared.lock().closed {
                return self.say_goodbye(&lines);
            }
            if !busy {
                self.shared.wait(NAP);
            }
        }
    }

    /// Begins with the partitions that are new.
    fn take_up(&self, lines: &mut Vec<Line>) -> Result<(), BoxError> {
        let fresh: Vec<_> = {
            let lanes = self.shared.lock();
            let fresh = lanes.list.iter().skip(lines.len());
            fresh
                .map(|lane| (lane.place.clone(), Arc::clone(&lane.topic), lane.end, Arc::clone(&lane.weight)))
                .collect()
        };
        if fresh.is_empty() {
            return Ok(());
        }
        let mut wanted = TopicPartitionList::new();
        for (place, topic, start, weight) in fresh {
            // Before it is assigned, so that no message of it takes the way of all others.
            let split = self.client.split_partition_queue(&place.topic, place.partition);
            let mut queue = split.ok_or_else(|| {
                format!("partition {} of topic `{topic}` has no queue of its own", place.partition)
            })?;
            let shared = Arc::clone(&self.shared);
            queue.set_nonempty_callback(move || shared.ring());
            wanted.add_partition_offset(&place.topic, place.partition, Offset::Offset(start as i64))?;
            let open = Chunk::new(Arc::clone(&topic), place.partition, start);
            lines.push(Line { place, topic, queue, open, weight, usual: (0, 0) });
        }
        self.client
            .incremental_assign(&wanted)
            .map_err(|error| self.client.context().explain("partitions can't be read", &error))
    }

    /// Takes what waits of a partition. Says whether it was anything.
    fn turn(&self, number: usize, line: &mut Line) -> Result<bool, BoxError> {
        let mut anything = false;
        for _ in 0..TURN {
            match line.queue.poll(Duration::ZERO) {
                Some(Ok(message)) => {
                    anything = true;
                    if line.open.len() == 0 {
                        line.open.reserve(line.usual.0, line.usual.1);
                    }
                    line.open.push(&message);
                    if line.open.weight() >= CHUNK_BYTES || line.open.len() >= CHUNK_MESSAGES {
                        drop(message);
                        self.hand_over(number, line, None);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    self.hand_over(number, line, None);
                    self.at_end(number, line);
                }
                Some(Err(error)) => {
                    self.hand_over(number, line, None);
                    self.trouble(number, line, &error)?;
                }
                None => {
                    self.hand_over(number, line, None);
                    break;
                }
            }
        }
        Ok(anything)
    }

    /// Gives what is there to the reader; up to `end`, if it is known that nothing more is before that.
    fn hand_over(&self, number: usize, line: &mut Line, end: Option<u64>) {
        let end = end.unwrap_or(line.open.end).max(line.open.end);
        if end == line.open.start {
            return;
        }
        let next = Chunk::new(Arc::clone(&line.topic), line.place.partition, end);
        let mut chunk = std::mem::replace(&mut line.open, next);
        chunk.end = end;
        line.usual = (chunk.len(), chunk.weight());
        self.shared.lock().list[number].push(chunk);
        self.waker.wake();
    }

    /// All of the partition that there was is here. What ends at a transaction's marker has no message there: so the end
    /// that a run goes up to is reached without one.
    fn at_end(&self, number: usize, line: &mut Line) {
        let frozen = self.shared.lock().list[number].frozen;
        if frozen != u64::MAX && line.open.end < frozen {
            self.hand_over(number, line, Some(frozen));
        }
    }

    /// A partition has something else to say than messages.
    fn trouble(&self, number: usize, line: &mut Line, error: &KafkaError) -> Result<(), BoxError> {
        use RDKafkaErrorCode::{AutoOffsetReset, OffsetOutOfRange};
        let context = self.client.context();
        let Place { topic, partition } = &line.place;
        match error.rdkafka_error_code() {
            Some(AutoOffsetReset | OffsetOutOfRange) => {
                let (low, high) =
                    bounds(&self.client, &line.place, Instant::now() + Duration::from_secs(60))?;
                let at = line.open.end;
                if (low..=high).contains(&at) {
                    // It was asked of a broker that did not know better, yet.
                    return self.begin_again(line, at);
                }
                lost(&line.place, at, (low, high), self.data_loss)?;
                line.open = Chunk::new(Arc::clone(&line.topic), *partition, at.min(low));
                self.hand_over(number, line, (at < low).then_some(low));
                self.begin_again(line, low)
            }
            Some(code) if is_connection(code) => Ok(()),
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => Err(format!(
                "topic `{topic}` at {} may not be read by this user any more: grant `Read` on it",
                context.bootstrap()
            )
            .into()),
            _ => {
                let error = context.without_secrets(&error.to_string());
                tracing::warn!(target: "millstream::kafka", topic, partition, "{error}");
                Ok(())
            }
        }
    }

    fn begin_again(&self, line: &Line, offset: u64) -> Result<(), BoxError> {
        let Place { topic, partition } = &line.place;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, *partition, Offset::Offset(offset as i64))?;
        let again = self.client.incremental_unassign(&list);
        let again = again.and_then(|()| self.client.incremental_assign(&list));
        again.map_err(|error| self.client.context().explain("a partition can't be read on", &error))
    }

    /// What librdkafka has to say beside messages.
    fn serve(&self) -> Result<(), BoxError> {
        match self.client.poll(Duration::ZERO) {
            None => Ok(()),
            Some(Ok(message)) => {
                use rdkafka::message::Message;
                let (topic, partition) = (message.topic(), message.partition());
                Err(format!("a message of partition {partition} of topic `{topic}` went astray").into())
            }
            Some(Err(error)) => {
                let context = self.client.context();
                if context.is_refused() {
                    return Err(context.explain("messages can't be fetched", &error));
                }
                match error {
                    KafkaError::MessageConsumptionFatal(_) => {
                        Err(context.explain("messages can't be fetched", &error))
                    }
                    _ => Ok(()), // the context has told it
                }
            }
        }
    }

    /// Tells the group how far it is, if there is news.
    fn commit(&self, lines: &[Line], mode: CommitMode) -> Result<(), BoxError> {
        let Some(done) = self.shared.lock().done.take() else { return Ok(()) };
        let mut list = TopicPartitionList::new();
        for (number, offset) in done {
            if let Some(line) = lines.get(number as usize) {
                let Place { topic, partition } = &line.place;
                list.add_partition_offset(topic, *partition, Offset::Offset(offset as i64))?;
            }
        }
        if let Err(error) = self.client.commit(&list, mode) {
            let error = self.client.context().without_secrets(&error.to_string());
            tracing::warn!(target: "millstream::kafka", "offsets are not committed to the group: {error}");
        }
        Ok(())
    }

    /// The last commit; whoever closes the source waits a little for the answer.
    fn say_goodbye(&self, lines: &[Line]) -> Result<(), BoxError> {
        if self.commits { self.commit(lines, CommitMode::Sync) } else { Ok(()) }
    }
}

/// Messages that were to be read are gone.
pub(super) fn lost(
    place: &Place,
    at: u64,
    (low, high): (u64, u64),
    data_loss: DataLoss,
) -> Result<(), BoxError> {
    let Place { topic, partition } = place;
    let what = if at < low {
        format!("offsets {at} to {} are gone: their retention is over", low - 1)
    } else {
        format!(
            "offset {at} is behind the end, which is {high}: the topic was made anew, or a broker has lost what it had"
        )
    };
    match data_loss {
        DataLoss::Fail => Err(format!(
            "messages of partition {partition} of topic `{topic}` were not read and can't be any more: {what}; to go on \
             with the oldest one that is there, add `.on_data_loss(DataLoss::Continue)` to the source"
        )
        .into()),
        DataLoss::Continue => {
            tracing::warn!(target: "millstream::kafka", topic, partition, "{what}: going on with offset {low}");
            Ok(())
        }
    }
}
