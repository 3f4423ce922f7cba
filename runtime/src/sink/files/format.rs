//! How records become the bytes of a file.

#[cfg(feature = "csv")]
pub(super) mod csv;
#[cfg(feature = "json")]
pub(super) mod json;
#[cfg(feature = "parquet")]
pub(super) mod parquet;

use std::any::Any;

use crate::BoxError;

/// A format of files: JSON lines, CSV or Parquet. Which one a [`FileSink`](super::FileSink) has is told by what made it.
pub trait FileFormat<T>: Send + 'static {
    /// A file that is begun.
    type Encoder: Send + 'static;
    /// The sink's constructor.
    const SINK: &'static str;
    /// Of the file's name.
    const EXTENSION: &'static str;

    fn encoder(&self) -> Self::Encoder;

    fn encode(&self, encoder: &mut Self::Encoder, record: &T) -> Result<(), BoxError>;

    /// About how many bytes the file has so far.
    fn bytes(encoder: &Self::Encoder) -> usize;

    /// The whole file.
    fn finish(&self, encoder: Self::Encoder) -> Result<Vec<u8>, BoxError>;
}

/// An encoder whose type is known to its format.
pub(super) trait AnyEncoder: Send {
    fn as_any(&mut self) -> &mut dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<E: Send + 'static> AnyEncoder for E {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
