//! CSV.

use std::fmt;

use csv::Writer;
use serde::Serialize;

use super::super::FileSink;
use super::FileFormat;
use crate::BoxError;

/// Writes each tick as CSV files: see [`FileSink`] for where, how a reader sees them, and what is promised.
///
/// Records are structs, whose field names are the header of each file, or tuples, which give none. Their fields are numbers,
/// text, `bool`s and `Option`s of those.
///
/// ```
/// use millstream::sink::{Sink, SinkInfo, csv_sink};
///
/// fn info(sink: impl Sink<(String, u64)>) -> SinkInfo {
///     sink.info()
/// }
/// assert_eq!(info(csv_sink("out/counts")).to_string(), "csv_sink(out/counts)");
/// ```
///
/// Spark's `writeStream.csv`.
pub fn csv_sink<T: Serialize + Send>(location: impl Into<String>) -> FileSink<T, CsvFile> {
    FileSink::new(location, CsvFile)
}

/// CSV files: what [`csv_sink`] writes.
#[derive(Clone, Copy)]
pub struct CsvFile;

impl fmt::Debug for CsvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsvFile")
    }
}

/// A file that is begun.
#[derive(Debug)]
pub struct CsvEncoder {
    writer: Writer<Vec<u8>>,
}

impl<T: Serialize> FileFormat<T> for CsvFile {
    type Encoder = CsvEncoder;
    const SINK: &'static str = "csv_sink";
    const EXTENSION: &'static str = "csv";

    fn encoder(&self) -> CsvEncoder {
        CsvEncoder { writer: Writer::from_writer(Vec::new()) }
    }

    fn encode(&self, encoder: &mut CsvEncoder, record: &T) -> Result<(), BoxError> {
        Ok(encoder.writer.serialize(record)?)
    }

    /// But for what the writer has not handed on yet: some KiB.
    fn bytes(encoder: &CsvEncoder) -> usize {
        encoder.writer.get_ref().len()
    }

    fn finish(&self, encoder: CsvEncoder) -> Result<Vec<u8>, BoxError> {
        encoder.writer.into_inner().map_err(|error| error.into_error().into())
    }
}
