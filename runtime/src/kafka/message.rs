//! Messages: as they lie in a buffer, and as ones of their own.

use std::fmt;
use std::str::Utf8Error;
use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};

use super::decode::{Decode, Undecodable};
use crate::clock::Timestamp;
use crate::exchange::{Known, Own};

/// Of a length: there is none, which differs from an empty one.
const NONE: u32 = u32::MAX;

/// Messages of one Kafka partition that follow each other.
pub(super) struct Chunk {
    pub topic: Arc<str>,
    pub partition: i32,
    /// The offsets that it stands for; not all of them need have a message.
    pub start: u64,
    pub end: u64,
    records: Vec<Entry>,
    /// Key, payload and headers of each.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Entry {
    offset: u64,
    /// In ms since 1970; -1: none.
    timestamp: i64,
    at: usize,
    key: u32,
    payload: u32,
    headers: u32,
}

impl Chunk {
    pub fn new(topic: Arc<str>, partition: i32, start: u64) -> Chunk {
        Chunk { topic, partition, start, end: start, records: Vec::new(), bytes: Vec::new() }
    }

    pub fn reserve(&mut self, records: usize, bytes: usize) {
        self.records.reserve(records);
        self.bytes.reserve(bytes);
    }

    /// Offsets run on.
    pub fn push(&mut self, message: &BorrowedMessage<'_>) {
        let at = self.bytes.len();
        let key = self.part(message.key());
        let payload = self.part(message.payload());
        let before = self.bytes.len();
        if let Some(headers) = message.headers() {
            for header in headers.iter() {
                self.bytes.extend((header.key.len() as u32).to_ne_bytes());
                self.bytes.extend(header.value.map_or(NONE, |value| value.len() as u32).to_ne_bytes());
                self.bytes.extend(header.key.as_bytes());
                self.bytes.extend(header.value.unwrap_or_default());
            }
        }
        let headers = (self.bytes.len() - before) as u32;
        let offset = u64::try_from(message.offset()).unwrap_or(0);
        let timestamp = message.timestamp().to_millis().unwrap_or(-1);
        self.records.push(Entry { offset, timestamp, at, key, payload, headers });
        self.end = offset + 1;
    }

    /// Kafka's messages are shorter than 2 GB.
    #[inline]
    fn part(&mut self, part: Option<&[u8]>) -> u32 {
        part.map_or(NONE, |part| {
            self.bytes.extend_from_slice(part);
            part.len() as u32
        })
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// How much memory it takes, about.
    pub fn weight(&self) -> usize {
        self.bytes.len() + self.records.len() * size_of::<Entry>()
    }

    /// The index of the first message at or behind an offset.
    pub fn index(&self, offset: u64) -> usize {
        if offset <= self.start {
            return 0;
        }
        if offset >= self.end {
            return self.records.len();
        }
        self.records.partition_point(|record| record.offset < offset)
    }

    pub fn get(&self, index: usize) -> Message<'_> {
        Message { chunk: self, record: &self.records[index] }
    }

    /// The end of the longest run of messages from `from` on that ends by `until` and has at most so many bytes; and how
    /// many bytes it has. `at_least_one`: whatever the bytes, and wherever it ends.
    pub fn cut(&self, from: u64, until: u64, bytes: u64, at_least_one: bool) -> (u64, u64) {
        let first = self.index(from);
        let base = self.records.get(first).map_or(self.bytes.len(), |record| record.at);
        let whole = (self.bytes.len() - base) as u64;
        if self.end <= until && whole <= bytes {
            return (self.end, whole);
        }
        let fit = |i: usize| {
            let end = self.records.get(i + 1).map_or(self.bytes.len(), |record| record.at);
            self.records[i].offset < until && (end - base) as u64 <= bytes
        };
        let rest = &self.records[first..];
        if rest.is_empty() {
            return (self.end.min(until).max(from), 0);
        }
        let (mut low, mut high) = (0, rest.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if fit(first + middle) { low = middle + 1 } else { high = middle }
        }
        let n = low.max(usize::from(at_least_one)).min(rest.len());
        match n {
            0 => (from, 0),
            n if n == rest.len() && (self.end <= until || at_least_one) => (self.end, whole),
            n => {
                let end = rest.get(n).map_or(self.bytes.len(), |record| record.at);
                (rest[n - 1].offset + 1, (end - base) as u64)
            }
        }
    }
}

/// A message, as it lies in the buffer that it came in: nothing of it is copied for a look.
///
/// It leaves its stage as an [`OwnedMessage`].
#[derive(Clone, Copy)]
pub struct Message<'a> {
    chunk: &'a Chunk,
    record: &'a Entry,
}

impl<'a> Message<'a> {
    fn slice(&self, at: usize, length: u32) -> Option<&'a [u8]> {
        (length != NONE).then(|| &self.chunk.bytes[at..at + length as usize])
    }

    /// `None`: it has no key.
    #[inline]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.slice(self.record.at, self.record.key)
    }

    /// What it says. `None`: nothing, which in a compacted topic means that its key is deleted.
    #[inline]
    pub fn payload(&self) -> Option<&'a [u8]> {
        self.slice(self.record.at + length(self.record.key), self.record.payload)
    }

    /// The payload as text; without one, the empty text.
    ///
    /// # Errors
    /// When it is no UTF-8.
    #[inline]
    pub fn text(&self) -> Result<&'a str, Utf8Error> {
        std::str::from_utf8(self.payload().unwrap_or_default())
    }

    /// What a decoder makes of it.
    ///
    /// For [`try_map`](crate::dsl::Stream::try_map), which leads what can't be decoded into a stream of its own:
    /// `messages.try_map(|m| m.decode(&Json::<Click>::new()))`.
    ///
    /// # Errors
    /// When the decoder fails; the error says which message it is.
    pub fn decode<D: Decode>(&self, decoder: &D) -> Result<D::Item<'a>, Undecodable> {
        decoder.decode(*self).map_err(|reason| Undecodable::new(*self, reason))
    }

    /// In the order in which they were written.
    pub fn headers(&self) -> Headers<'a> {
        let at = self.record.at + length(self.record.key) + length(self.record.payload);
        Headers { bytes: &self.chunk.bytes[at..at + self.record.headers as usize] }
    }

    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().filter(|(n, _)| *n == name).last().and_then(|(_, value)| value)
    }

    /// When it was written, as its producer says, or the broker, by the topic's `message.timestamp.type`. `None` from
    /// producers older than Kafka 0.10.
    #[inline]
    pub fn timestamp(&self) -> Option<Timestamp> {
        (self.record.timestamp >= 0).then(|| Timestamp::from_millis(self.record.timestamp))
    }

    pub fn topic(&self) -> &'a str {
        &self.chunk.topic
    }

    pub fn partition(&self) -> i32 {
        self.chunk.partition
    }

    /// In its partition.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.record.offset
    }

    /// A copy of all of it.
    pub fn to_owned(&self) -> OwnedMessage {
        OwnedMessage {
            topic: Arc::clone(&self.chunk.topic),
            partition: self.partition(),
            offset: self.offset(),
            timestamp: self.timestamp(),
            key: self.key().map(<[u8]>::to_vec),
            payload: self.payload().map(<[u8]>::to_vec),
            headers: self
                .headers()
                .map(|(name, value)| (name.to_string(), value.map(<[u8]>::to_vec)))
                .collect(),
        }
    }
}

fn length(length: u32) -> usize {
    if length == NONE { 0 } else { length as usize }
}

/// Which one it is; not what it says.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]@{}", self.topic(), self.partition(), self.offset())
    }
}

impl Known for Message<'_> {}
impl Own<OwnedMessage> for Message<'_> {
    fn own(self) -> OwnedMessage {
        self.to_owned()
    }
}
impl Known for OwnedMessage {}
impl Own<OwnedMessage> for OwnedMessage {
    fn own(self) -> OwnedMessage {
        self
    }
}

/// The headers of a message: names, and values where there are any.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.bytes.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_first_chunk::<4>()?;
        let value = u32::from_ne_bytes(*value);
        let (name, rest) = rest.split_at(u32::from_ne_bytes(*name) as usize);
        let (bytes, rest) = rest.split_at(length(value));
        self.bytes = rest;
        Some((std::str::from_utf8(name).unwrap_or_default(), (value != NONE).then_some(bytes)))
    }
}

/// A [`Message`] that owns what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedMessage {
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: u64,
    pub timestamp: Option<Timestamp>,
    pub key: Option<Vec<u8>>,
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}
