//! What messages become as records.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::message::{Chunk, Message};
use crate::BoxError;
use crate::batch::Batch;

/// How a message becomes a record. For a format of your own, implement it.
///
/// Of a source with [`decode`](super::Kafka::decode) the first message that it fails for stops the pipeline. To
/// lead such messages elsewhere, take messages as they are, and decode them in a
/// [`try_map`](crate::dsl::Stream::try_map), with [`Message::decode`].
///
/// ```
/// use millstream::BoxError;
/// use millstream::kafka::{Decode, Message};
///
/// /// A number of 8 bytes, the highest first.
/// struct Number;
///
/// impl Decode for Number {
///     type Item<'a> = u64;
///
///     fn decode<'a>(&self, message: Message<'a>) -> Result<u64, BoxError> {
///         let bytes = message.payload().unwrap_or_default().try_into();
///         Ok(u64::from_be_bytes(bytes.map_err(|_| "a number has 8 bytes")?))
///     }
/// }
/// ```
pub trait Decode: Send + Sync + 'static {
    /// The record; it may borrow from the message.
    type Item<'a>;

    fn decode<'a>(&self, message: Message<'a>) -> Result<Self::Item<'a>, BoxError>;
}

/// Messages as they are: what a source gives unless told otherwise. Never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Decode for Raw {
    type Item<'a> = Message<'a>;

    #[inline]
    fn decode<'a>(&self, message: Message<'a>) -> Result<Message<'a>, BoxError> {
        Ok(message)
    }
}

/// The payload as text, borrowed; without a payload, the empty text. Fails for what is no UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Decode for Text {
    type Item<'a> = &'a str;

    #[inline]
    fn decode<'a>(&self, message: Message<'a>) -> Result<&'a str, BoxError> {
        Ok(message.text()?)
    }
}

/// The payload's bytes, borrowed; without a payload, none. Never fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes;

impl Decode for Bytes {
    type Item<'a> = &'a [u8];

    #[inline]
    fn decode<'a>(&self, message: Message<'a>) -> Result<&'a [u8], BoxError> {
        Ok(message.payload().unwrap_or_default())
    }
}

/// The payload as JSON, read into a type of serde's. Fails for what is none, also where there is no payload.
pub struct Json<T>(PhantomData<fn() -> T>);

impl<T> Json<T> {
    pub fn new() -> Self {
        Json(PhantomData)
    }
}

impl<T> Default for Json<T> {
    fn default() -> Self {
        Json::new()
    }
}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json")
    }
}

impl<T: DeserializeOwned + 'static> Decode for Json<T> {
    type Item<'a> = T;

    fn decode<'a>(&self, message: Message<'a>) -> Result<T, BoxError> {
        let payload = message.payload().ok_or("it has no payload")?;
        Ok(serde_json::from_slice(payload)?)
    }
}

/// Pairs of the key's text and the decoded payload. Fails for keys that are no UTF-8; without a key, it is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct WithKey<D>(pub D);

impl<D: Decode> Decode for WithKey<D> {
    type Item<'a> = (&'a str, D::Item<'a>);

    fn decode<'a>(&self, message: Message<'a>) -> Result<Self::Item<'a>, BoxError> {
        let key = std::str::from_utf8(message.key().unwrap_or_default())?;
        Ok((key, self.0.decode(message)?))
    }
}

/// Why a message could not be decoded, and which one it is. What it says is left out.
#[derive(Debug)]
pub struct Undecodable {
    topic: Arc<str>,
    partition: i32,
    offset: u64,
    reason: BoxError,
}

impl Undecodable {
    #[cold]
    pub(super) fn new(message: Message<'_>, reason: BoxError) -> Self {
        let (partition, offset) = (message.partition(), message.offset());
        Undecodable { topic: message.topic().into(), partition, offset, reason }
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Undecodable { topic, partition, offset, reason } = self;
        write!(
            f,
            "the message at offset {offset} of partition {partition} of topic `{topic}` can't be decoded: {reason}"
        )
    }
}

impl Error for Undecodable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.reason)
    }
}

/// Messages of one Kafka partition, decoded by `D` as they are read.
pub struct Messages<D = Raw> {
    chunk: Arc<Chunk>,
    records: Range<usize>,
    decoder: Arc<D>,
    error: Option<BoxError>,
}

impl<D> Messages<D> {
    pub(super) fn new(chunk: Arc<Chunk>, records: Range<usize>, decoder: Arc<D>) -> Self {
        Messages { chunk, records, decoder, error: None }
    }
}

impl<D> fmt::Debug for Messages<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages of {}[{}]", self.records.len(), self.chunk.topic, self.chunk.partition)
    }
}

impl<D: Decode> Batch for Messages<D> {
    type Item<'a> = D::Item<'a>;
    type Iter<'a> = Iter<'a, D>;

    fn items(&mut self) -> Iter<'_, D> {
        let Messages { chunk, records, decoder, error } = self;
        Iter { chunk, records: records.clone(), decoder, error }
    }

    fn take_error(&mut self) -> Option<BoxError> {
        self.error.take()
    }
}

/// The pass over [`Messages`]. Ends at the first that can't be decoded.
pub struct Iter<'a, D> {
    chunk: &'a Chunk,
    records: Range<usize>,
    decoder: &'a D,
    error: &'a mut Option<BoxError>,
}

impl<D> fmt::Debug for Iter<'_, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages", self.records.len())
    }
}

impl<'a, D: Decode> Iterator for Iter<'a, D> {
    type Item = D::Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<D::Item<'a>> {
        let message = self.chunk.get(self.records.next()?);
        match self.decoder.decode(message) {
            Ok(item) => Some(item),
            Err(reason) => {
                self.records = 0..0;
                let bad = Undecodable::new(message, reason);
                *self.error = Some(
                    format!(
                        "{bad}; to lead such messages elsewhere and go on, take the source's messages as they are, \
                         and decode them with `.try_map(|m| m.decode(&decoder))`"
                    )
                    .into(),
                );
                None
            }
        }
    }
}
