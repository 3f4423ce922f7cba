//! Parquet.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use arrow_schema::{FieldRef, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_arrow::schema::{SchemaLike, TracingOptions};

use super::super::FileSink;
use super::FileFormat;
use crate::BoxError;

/// Writes each tick as Parquet files: see [`FileSink`] for where, how a reader sees them, and what is promised.
///
/// Records are structs of numbers, text, `bool`s, `Option`s, lists and structs of those; a field is a column. Which columns
/// there are, and of which types, is taken from the record's type (so it has to be `Deserialize` too), the same for every
/// file. Pages are compressed by Snappy. A file has one row group, of up to [`max_file_bytes`](FileSink::max_file_bytes) as they are
/// in memory, or of 1,048,576 rows.
///
/// ```
/// use millstream::sink::{ByTime, Sink, parquet_sink};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order {
///     id: u64,
///     country: Option<String>,
/// }
///
/// let sink = parquet_sink::<Order>("s3://bucket/orders").partition_by_time(ByTime::Day);
/// assert_eq!(sink.info().to_string(), "parquet_sink(s3://bucket/orders)");
/// ```
///
/// Spark's `writeStream.parquet`.
pub fn parquet_sink<T>(location: impl Into<String>) -> FileSink<T, ParquetFile<T>>
where
    T: Serialize + DeserializeOwned + Send + 'static,
{
    FileSink::new(location, ParquetFile { fields: OnceLock::new(), records: PhantomData })
}

/// Parquet files: what [`parquet_sink`] writes.
pub struct ParquetFile<T> {
    /// The columns.
    fields: OnceLock<Vec<FieldRef>>,
    records: PhantomData<fn(T)>,
}

impl<T> fmt::Debug for ParquetFile<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetFile")
    }
}

/// A file that is begun.
pub struct ParquetEncoder {
    /// `None` before the first record.
    file: Option<(serde_arrow::ArrayBuilder, ArrowWriter<Vec<u8>>)>,
    /// In the builder.
    rows: usize,
    /// In the writer. To ask it costs as much as a record does.
    bytes: usize,
}

impl fmt::Debug for ParquetEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParquetEncoder({} rows)", self.rows)
    }
}

/// How many records are turned into columns at a time.
const ROWS: usize = 1024;

impl<T: Serialize + DeserializeOwned + Send + 'static> ParquetFile<T> {
    fn fields(&self) -> Result<&Vec<FieldRef>, BoxError> {
        if let Some(fields) = self.fields.get() {
            return Ok(fields);
        }
        let options = TracingOptions::default().allow_null_fields(true);
        let fields = Vec::<FieldRef>::from_type::<T>(options).map_err(|error| {
            format!(
                "`{}` has no columns that could be told from its type: {error}; make it a struct of numbers, text, lists and \
                 structs",
                std::any::type_name::<T>()
            )
        })?;
        Ok(self.fields.get_or_init(|| fields))
    }

    fn begin(&self) -> Result<(serde_arrow::ArrayBuilder, ArrowWriter<Vec<u8>>), BoxError> {
        let fields = self.fields()?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let schema = Arc::new(Schema::new(fields.clone()));
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
        Ok((serde_arrow::ArrayBuilder::from_arrow(fields)?, writer))
    }
}

impl ParquetEncoder {
    fn pass_on(&mut self) -> Result<(), BoxError> {
        if let Some((builder, writer)) = self.file.as_mut().filter(|_| self.rows > 0) {
            writer.write(&builder.to_record_batch()?)?;
            self.rows = 0;
            self.bytes = writer.bytes_written() + writer.memory_size();
        }
        Ok(())
    }
}

impl<T: Serialize + DeserializeOwned + Send + 'static> FileFormat<T> for ParquetFile<T> {
    type Encoder = ParquetEncoder;
    const SINK: &'static str = "parquet_sink";
    const EXTENSION: &'static str = "parquet";

    fn encoder(&self) -> ParquetEncoder {
        ParquetEncoder { file: None, rows: 0, bytes: 0 }
    }

    fn encode(&self, encoder: &mut ParquetEncoder, record: &T) -> Result<(), BoxError> {
        let (builder, _) = match &mut encoder.file {
            Some(file) => file,
            none => none.insert(self.begin()?),
        };
        builder.push(record)?;
        encoder.rows += 1;
        if encoder.rows == ROWS { encoder.pass_on() } else { Ok(()) }
    }

    /// But for the last rows, which are yet to become columns.
    fn bytes(encoder: &ParquetEncoder) -> usize {
        encoder.bytes
    }

    fn finish(&self, mut encoder: ParquetEncoder) -> Result<Vec<u8>, BoxError> {
        encoder.pass_on()?;
        let (_, writer) = match encoder.file {
            Some(file) => file,
            None => self.begin()?,
        };
        Ok(writer.into_inner()?)
    }
}
