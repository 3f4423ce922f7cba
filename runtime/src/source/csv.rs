//! `csv_files`, `csv_directory`: rows of CSV, as records of a type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder, Trim};
use serde::de::DeserializeOwned;

use super::bad_row::BadRow;
use super::directory::{Directory, FileFormat};
use super::files::{DataFile, Find};
use super::files_reader::Files;
use super::patterns::IntoPatterns;
use crate::BoxError;
use crate::batch::{Batch, Data};
use crate::tick::OffsetRange;

/// The rows of CSV files: each as `Result<T, BadRow>`.
///
/// `T` is a struct, whose fields are found by the names in the header; or a tuple, by their order. Which files these are:
/// as [`text_files`](super::text_files); a file is a partition. They may be compressed (`.gz`, `.zst`), and may be in an object
/// store (`"s3://bucket/points/*.csv"`).
///
/// # Format
/// That of RFC 4180: fields between `,` ([`delimiter`](Files::delimiter)), in `"` where they hold one, or a line end;
/// a `"` within is written twice. Each file begins with a header, unless [`no_header`](Files::no_header) says so. Lines end
/// with `\n` or `\r\n`; empty ones are no rows. Numbers may have blanks around them with [`trim`](Files::trim).
///
/// # Bad rows
/// A row that is no `T`, or that has another number of fields than the header, is a [`BadRow`], with the file, the line,
/// the reason and the text: see [`json_files`](super::json_files) for what to do with it.
///
/// # Defaults
/// 8 MiB a tick ([`max_bytes_per_tick`](Files::max_bytes_per_tick)); rows of at most 1 MiB
/// ([`max_record_bytes`](Files::max_record_bytes)).
///
/// # Errors
/// As [`text_files`](super::text_files), and a row that is too long: most often one with a quote that is never closed.
///
/// # Replay
/// Exact, as long as the files stay as they are. Offsets are bytes.
///
/// # Cost
/// A line end may be within quotes, so where a row begins is known only to who has read all before it. Each file is
/// scanned once for that, by whichever task comes first, beside being parsed; after a restart, from its start up to where
/// reading goes on.
///
/// ```
/// use millstream::prelude::*;
/// use millstream::source::csv_files;
///
/// #[derive(Clone, serde::Deserialize)]
/// struct Point {
///     x: f64,
///     label: String,
/// }
///
/// # let folder = std::env::temp_dir().join("millstream-doc-csv-files");
/// # std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("points.csv"), "label,x\n\"a\nb\",1.5\nc,?\nd,2\n")?;
/// let (labels, bad) = (MemorySink::new(), MemorySink::new());
/// let pipeline = stream! {
///     let rows = source(csv_files::<Point>(folder.join("*.csv")));
///     let (points, broken) = rows.try_map(|row| row);
///     points.map(|point| format!("{} {}", point.label, point.x)).sink(labels.clone());
///     broken.map(|bad| bad.error.to_string()).sink(bad.clone());
/// };
/// Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?;
/// labels.assert_batches([["a\nb 1.5", "d 2"]]);
/// assert!(bad.records()[0].contains("points.csv, line 4: field `x`: invalid float literal: c,?"), "{bad:?}");
/// # std::fs::remove_dir_all(&folder)?;
/// # Result::<(), millstream::BoxError>::Ok(())
/// ```
///
/// Spark's `read.csv`.
pub fn csv_files<T: DeserializeOwned + Data>(patterns: impl IntoPatterns) -> Files<Csv<T>> {
    Files::new(patterns.into_patterns(), Csv::default())
}

/// The rows of CSV files, as they appear in a folder: each as `Result<T, BadRow>`.
///
/// Folders, and what is asked of whoever writes the files: as [`text_directory`](super::text_directory). Rows, their format, and
/// bad ones: as [`csv_files`].
///
/// ```
/// use millstream::source::{Source, csv_directory};
///
/// let source = csv_directory::<(String, u64)>("incoming").delimiter(b';').no_header();
/// assert_eq!(source.info().to_string(), "csv_directory(incoming)");
/// ```
///
/// Spark's `readStream.csv`.
pub fn csv_directory<T: DeserializeOwned + Data>(folders: impl IntoPatterns) -> Directory<Csv<T>> {
    Directory::new(folders.into_patterns(), Csv::default())
}

/// CSV files: what [`csv_files`] and [`csv_directory`] read.
pub struct Csv<T> {
    options: Options,
    rows: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy)]
struct Options {
    delimiter: u8,
    header: bool,
    trim: bool,
    max_record_bytes: u64,
}

const QUOTE: u8 = b'"';

/// How much is parsed at a time.
const BLOCK: u64 = if cfg!(test) { 16 } else { 1 << 20 };

impl<T> Default for Csv<T> {
    fn default() -> Self {
        let options = Options { delimiter: b',', header: true, trim: false, max_record_bytes: 1 << 20 };
        Csv { options, rows: PhantomData }
    }
}

impl<T> fmt::Debug for Csv<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csv")
    }
}

macro_rules! options {
    ($($source:ident),*) => {$(
        impl<T> $source<Csv<T>> {
            /// What is between the fields. Default: `,`.
            #[must_use]
            pub fn delimiter(mut self, delimiter: u8) -> Self {
                self.format.options.delimiter = delimiter;
                self
            }

            /// The first row of a file is a row as any other. Fields are then told by their order. Default: it is the header.
            #[must_use]
            pub fn no_header(mut self) -> Self {
                self.format.options.header = false;
                self
            }

            /// Blanks around fields are no part of them, nor around the names in the header. Default: they are.
            #[must_use]
            pub fn trim(mut self) -> Self {
                self.format.options.trim = true;
                self
            }

            /// The longest row that is taken for one, in bytes. Default: 1 MiB. A longer one stops the pipeline.
            #[must_use]
            pub fn max_record_bytes(mut self, bytes: u64) -> Self {
                self.format.options.max_record_bytes = bytes;
                self
            }
        }
    )*};
}

options!(Files, Directory);

/// The names of the fields, and where the rows begin.
struct Header {
    names: Option<ByteRecord>,
    end: u64,
}

impl Options {
    fn reader(self, bytes: &[u8]) -> Reader<&[u8]> {
        let trim = if self.trim { Trim::All } else { Trim::None };
        ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quote(QUOTE)
            .trim(trim)
            .has_headers(false)
            // Told row by row, beside the header and not beside the row before.
            .flexible(true)
            .from_reader(bytes)
    }

    fn next(self, file: &DataFile, from: u64) -> Result<u64, BoxError> {
        file.next_record(from, self.max_record_bytes)
    }

    fn header(self, file: &DataFile) -> Result<Header, BoxError> {
        if !self.header {
            return Ok(Header { names: None, end: 0 });
        }
        let mut start = 0;
        loop {
            let end = self.next(file, start + 1)?;
            if end <= start {
                return Ok(Header { names: None, end: start });
            }
            let bytes = content(file, start..end)?;
            let mut names = ByteRecord::new();
            if self.reader(&bytes).read_byte_record(&mut names)? {
                return Ok(Header { names: Some(names), end });
            }
            start = end;
        }
    }
}

fn content(file: &DataFile, range: Range<u64>) -> Result<Vec<u8>, BoxError> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start)?];
    file.read_exact(&mut bytes, range.start)?;
    Ok(bytes)
}

impl<T: DeserializeOwned + Data> FileFormat for Csv<T> {
    type Batch = CsvRows<T>;
    const NAME: &'static str = "csv_directory";
    const OF_FILES: &'static str = "csv_files";

    fn find(&self) -> Option<Find> {
        Some(Find::Quoted { delimiter: self.options.delimiter, quote: QUOTE })
    }

    fn check_settings(&self) -> Result<(), BoxError> {
        match self.options.delimiter {
            QUOTE | b'\n' | b'\r' => {
                Err("fields can't be told apart by a quote or a line end: choose another `.delimiter(…)`"
                    .into())
            }
            _ => Ok(()),
        }
    }

    fn cut(&self, file: &Arc<DataFile>, range: Range<u64>, records: &mut u64) -> Result<u64, BoxError> {
        file.cut_records(range, self.options.max_record_bytes, records)
    }

    fn grain(&self) -> u64 {
        256 << 10
    }

    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut CsvRows<T>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        if range.is_empty() {
            return Ok(());
        }
        let options = self.options;
        let header = file.known(|| options.header(file))?;
        let mut start = options.next(file, range.start)?.max(header.end);
        let end = options.next(file, range.end)?;
        while start < end {
            let till = if end - start > BLOCK { options.next(file, start + BLOCK)?.min(end) } else { end };
            let mut rows = CsvRows {
                bytes: content(file, start..till)?,
                at: start,
                file: Arc::clone(file),
                header: Arc::clone(&header),
                options,
                rows: PhantomData,
            };
            visit(&mut rows)?;
            start = till;
        }
        Ok(())
    }
}

/// Rows of CSV. Each is parsed when it is asked for.
pub struct CsvRows<T> {
    bytes: Vec<u8>,
    /// The offset of the bytes in the file.
    at: u64,
    file: Arc<DataFile>,
    header: Arc<Header>,
    options: Options,
    rows: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for CsvRows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvRows of {}", self.file.path())
    }
}

impl<T: DeserializeOwned + Data> Batch for CsvRows<T> {
    type Item<'a> = Result<T, BadRow>;
    type Iter<'a> = CsvIter<'a, T>;

    fn items(&mut self) -> CsvIter<'_, T> {
        let reader = self.options.reader(&self.bytes);
        CsvIter { reader, record: ByteRecord::new(), rows: self }
    }
}

/// The items of [`CsvRows`].
pub struct CsvIter<'a, T> {
    reader: Reader<&'a [u8]>,
    record: ByteRecord,
    rows: &'a CsvRows<T>,
}

impl<T> fmt::Debug for CsvIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsvIter of {:?}", self.rows)
    }
}

impl<T: DeserializeOwned> Iterator for CsvIter<'_, T> {
    type Item = Result<T, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.reader.position().byte();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Some(self.record().map_err(|reason| self.bad(before, reason))),
            Ok(false) => None,
            // From memory, and any bytes will do: there is none.
            Err(error) => Some(Err(self.bad(before, error.to_string()))),
        }
    }
}

impl<T: DeserializeOwned> CsvIter<'_, T> {
    fn record(&self) -> Result<T, String> {
        let names = self.rows.header.names.as_ref();
        if let Some(names) = names.filter(|names| names.len() != self.record.len()) {
            return Err(format!("{} fields, and the header has {}", self.record.len(), names.len()));
        }
        self.record.deserialize(names).map_err(|error| reason(&error, names))
    }

    #[cold]
    fn bad(&self, before: u64, reason: String) -> BadRow {
        let place = |byte: u64| usize::try_from(byte).expect("it is in memory");
        let (from, till) = (place(before), place(self.reader.position().byte()));
        let row = &self.rows.bytes[from..till.min(self.rows.bytes.len())];
        // Empty lines before it are no part of it.
        let text = row.trim_ascii_start();
        let at = self.rows.at + before + (row.len() - text.len()) as u64;
        BadRow::of_text(&self.rows.file, at, text.trim_ascii_end(), reason)
    }
}

/// What is wrong with a row, which the parser counts in its own way.
fn reason(error: &csv::Error, names: Option<&ByteRecord>) -> String {
    let ErrorKind::Deserialize { err, .. } = error.kind() else { return error.to_string() };
    let what = err.kind();
    match err.field() {
        None => what.to_string(),
        Some(field) => {
            let name = usize::try_from(field).ok().and_then(|field| names?.get(field));
            match name {
                Some(name) => format!("field `{}`: {what}", String::from_utf8_lossy(name)),
                None => format!("field {}: {what}", field + 1),
            }
        }
    }
}

#[cfg(test)]
mod tests;
