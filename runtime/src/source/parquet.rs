//! `parquet_files`, `parquet_directory`: rows of Parquet files, as records of a type.

mod groups;

use std::fmt;
use std::io::{self, BufReader, Read};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use serde::de::DeserializeOwned;

use self::groups::{Groups, Piece};
use super::bad_row::{BadRow, RowPlace};
use super::directory::{Directory, FileFormat};
use super::files::DataFile;
use super::files_reader::Files;
use super::patterns::IntoPatterns;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::tick::OffsetRange;

/// The rows of Parquet files: each as `Result<T, BadRow>`.
///
/// `T` is a struct, whose fields are found by the columns' names; columns that it has no fields for are not read, if
/// [`columns`](Files::columns) says which ones are. Which files these are: as [`text_files`](super::text_files); a file is a
/// partition. They may be in an object store (`"s3://bucket/orders/*.parquet"`), from which only the parts are fetched that are
/// read.
///
/// Pages may be plain or compressed by Snappy; with the feature `parquet-zstd` also by zstd.
///
/// # Bad rows
/// A row that is no `T` is a [`BadRow`], with the file, the row group, the row and the reason: see
/// [`json_files`](super::json_files) for what to do with it. A file that is no Parquet file, or is damaged, is an error.
///
/// # Defaults
/// 32 MiB a tick ([`max_bytes_per_tick`](Files::max_bytes_per_tick)), as they are when decompressed.
///
/// # Replay
/// Exact, as long as the files stay as they are. Offsets are bytes of the row groups, decompressed, dealt out evenly to their
/// rows. So a tick ends, and a task, at any row.
///
/// # Cost
/// Decoding column by column, and then making records row by row: [`record_batches`](Files::record_batches) leaves out the
/// second. A row group that is cut is entered again for each piece, and what is before the piece is decompressed and skipped;
/// so let files have row groups of no more than some ticks' size.
///
/// ```
/// use millstream::source::{Source, parquet_files};
///
/// #[derive(Clone, serde::Deserialize)]
/// struct Order {
///     id: u64,
/// }
///
/// let source = parquet_files::<Order>("orders/day=*/*.parquet").columns(["id"]);
/// assert_eq!(source.info().to_string(), "parquet_files(orders/day=*/*.parquet)");
/// ```
///
/// Spark's `read.parquet`.
pub fn parquet_files<T: DeserializeOwned + Data>(patterns: impl IntoPatterns) -> Files<Parquet<T>> {
    Files::new(patterns.into_patterns(), Parquet::default()).max_bytes_per_tick(MAX_BYTES_PER_TICK)
}

/// The rows of Parquet files, as they appear in a folder: each as `Result<T, BadRow>`.
///
/// Folders, and what is asked of whoever writes the files: as [`text_directory`](super::text_directory). Rows, and bad ones: as
/// [`parquet_files`].
///
/// Spark's `readStream.parquet`.
pub fn parquet_directory<T: DeserializeOwned + Data>(folders: impl IntoPatterns) -> Directory<Parquet<T>> {
    Directory::new(folders.into_patterns(), Parquet::default()).max_bytes_per_tick(MAX_BYTES_PER_TICK)
}

/// Row groups are large, and each piece of one is a pass over it.
const MAX_BYTES_PER_TICK: u64 = 32 << 20;

/// How many rows are decoded at a time.
const BATCH: usize = if cfg!(test) { 3 } else { 4096 };

/// Parquet files: what [`parquet_files`] and [`parquet_directory`] read.
pub struct Parquet<T> {
    columns: Columns,
    rows: PhantomData<fn() -> T>,
}

/// Parquet files, read as batches of Arrow: what `record_batches` makes of [`Parquet`].
pub struct ParquetBatches {
    columns: Columns,
}

/// Those that are read; `None`: all.
type Columns = Option<Arc<[String]>>;

impl<T> Default for Parquet<T> {
    fn default() -> Self {
        Parquet { columns: None, rows: PhantomData }
    }
}

impl<T> fmt::Debug for Parquet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parquet")
    }
}

impl fmt::Debug for ParquetBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParquetBatches")
    }
}

macro_rules! options {
    ($($source:ident),*) => {$(
        impl<T> $source<Parquet<T>> {
            /// The columns that are read, by their names; of nested ones, the outermost. Default: all.
            #[must_use]
            pub fn columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
                self.format.columns = Some(columns.into_iter().map(Into::into).collect());
                self
            }

            /// Rows by the batch, as Arrow has them (`RecordBatch`), instead of one by one. A record is a batch then.
            #[must_use]
            pub fn record_batches(self) -> $source<ParquetBatches> {
                let $source { format, patterns, options } = self;
                $source { format: ParquetBatches { columns: format.columns }, patterns, options }
            }
        }
    )*};
}

options!(Files, Directory);

/// A file as the library reads it.
struct Chunks(Arc<DataFile>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.stored_bytes()
    }
}

fn failed(error: BoxError) -> ParquetError {
    ParquetError::External(error)
}

impl ChunkReader for Chunks {
    type T = BufReader<Rest>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(BufReader::with_capacity(256 << 10, Rest { file: Arc::clone(&self.0), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let end = start.saturating_add(length as u64);
        if end > self.0.stored_bytes() {
            let too_short = format!("{} ends before byte {end}", self.0.path());
            return Err(ParquetError::EOF(too_short));
        }
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes, start).map_err(failed)?;
        Ok(bytes.into())
    }
}

/// A file from an offset on.
struct Rest {
    file: Arc<DataFile>,
    at: u64,
}

impl Read for Rest {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.file.stored_bytes().saturating_sub(self.at);
        let n = usize::try_from(left).map_or(into.len(), |left| left.min(into.len()));
        self.file.read_exact(&mut into[..n], self.at).map_err(io::Error::other)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// What the end of a file says of it.
struct Known {
    metadata: ArrowReaderMetadata,
    groups: Groups,
}

fn known(file: &Arc<DataFile>) -> Result<Arc<Known>, BoxError> {
    file.known(|| {
        let metadata = ArrowReaderMetadata::load(&Chunks(Arc::clone(file)), ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| unreadable(file, &error))?;
        let groups = metadata.metadata().row_groups().iter();
        let groups = Groups::new(groups.map(|group| (group.num_rows(), group.total_byte_size())));
        Ok(Known { metadata, groups })
    })
}

fn unreadable(file: &DataFile, error: &ParquetError) -> BoxError {
    format!(
        "file `{}` can't be read as Parquet: {error}; was it still being written? Files must be whole when they appear: write \
         them elsewhere and move them in",
        file.path()
    )
    .into()
}

/// Hands the rows of `range` to `visit`, by the batch, each with the place of its first row.
fn read(
    file: &Arc<DataFile>,
    columns: &Columns,
    range: OffsetRange,
    visit: &mut dyn FnMut(RecordBatch, u64, u64) -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let known = known(file)?;
    for Piece { group, rows } in known.groups.pieces(range.start..range.end) {
        let wrong = |error: &ParquetError| unreadable(file, error);
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            Chunks(Arc::clone(file)),
            known.metadata.clone(),
        );
        if let Some(columns) = columns {
            let schema = builder.parquet_schema();
            let roots = schema.root_schema().get_fields().iter().enumerate();
            let roots: Vec<usize> = roots
                .filter(|(_, field)| columns.iter().any(|column| column == field.name()))
                .map(|(n, _)| n)
                .collect();
            if roots.len() != columns.len() {
                let names = schema.root_schema().get_fields().iter().map(|field| field.name().to_string());
                return Err(format!(
                    "file `{}` has no such columns: {columns:?} are to be read, and it has {:?}",
                    file.path(),
                    names.collect::<Vec<_>>()
                )
                .into());
            }
            let mask = ProjectionMask::roots(schema, roots);
            builder = builder.with_projection(mask);
        }
        let (from, count) = (rows.start, rows.end - rows.start);
        let reader = builder
            .with_row_groups(vec![group])
            .with_offset(usize::try_from(from)?)
            .with_limit(usize::try_from(count)?)
            .with_batch_size(BATCH.min(usize::try_from(count)?.max(1)))
            .build()
            .map_err(|error| wrong(&error))?;
        let mut row = from;
        for batch in reader {
            let batch = batch.map_err(|error| wrong(&ParquetError::ArrowError(error.to_string())))?;
            let next = row + batch.num_rows() as u64;
            visit(batch, group as u64, row)?;
            row = next;
        }
        if row != rows.end {
            return Err(format!(
                "file `{}` has other rows than it says: row group {group} ends at row {row}",
                file.path()
            )
            .into());
        }
    }
    Ok(())
}

/// What both ways to read have in common.
macro_rules! shared {
    () => {
        const NAME: &'static str = "parquet_directory";
        const OF_FILES: &'static str = "parquet_files";
        const MAY_BE_COMPRESSED: bool = false;

        fn extent(&self, file: &Arc<DataFile>, wanted: u64) -> Result<u64, BoxError> {
            Ok(known(file)?.groups.end().min(wanted))
        }

        fn cut(&self, file: &Arc<DataFile>, range: Range<u64>, records: &mut u64) -> Result<u64, BoxError> {
            Ok(known(file)?.groups.cut(range, records))
        }

        fn grain(&self) -> u64 {
            1 << 20
        }
    };
}

impl<T: DeserializeOwned + Data> FileFormat for Parquet<T> {
    type Batch = Rows<Result<T, BadRow>>;
    shared!();

    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Self::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        read(file, &self.columns, range, &mut |batch, group, row| {
            visit(&mut Rows::new(records(file, &batch, group, row)))
        })
    }
}

impl FileFormat for ParquetBatches {
    type Batch = Rows<RecordBatch>;
    shared!();

    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Self::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        read(file, &self.columns, range, &mut |batch, _, _| visit(&mut Rows::new(vec![batch])))
    }
}

/// All rows at once; one by one, if one of them is bad.
fn records<T: DeserializeOwned>(
    file: &DataFile,
    batch: &RecordBatch,
    group: u64,
    first: u64,
) -> Vec<Result<T, BadRow>> {
    if let Ok(records) = serde_arrow::from_record_batch::<Vec<T>>(batch) {
        return records.into_iter().map(Ok).collect();
    }
    let one = |row: usize| {
        let bad = |reason: String| BadRow {
            file: file.path().into(),
            place: RowPlace::Row { group, row: first + row as u64 },
            reason,
            text: String::new(),
        };
        let mut one = serde_arrow::from_record_batch::<Vec<T>>(&batch.slice(row, 1))
            .map_err(|error| bad(error.to_string()))?;
        one.pop().ok_or_else(|| bad("there is no such row".into()))
    };
    (0..batch.num_rows()).map(one).collect()
}
