//! `json_files`, `json_directory`: JSON lines, as records of a type.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;
use serde::de::DeserializeOwned;

use super::bad_row::BadRow;
use super::directory::{Directory, FileFormat};
use super::files::{DataFile, Find};
use super::files_reader::Files;
use super::line_count;
use super::line_reader::{LineOptions, LineReader};
use super::patterns::IntoPatterns;
use super::text::ByteLines;
use crate::BoxError;
use crate::batch::{Batch, Data};
use crate::tick::OffsetRange;

/// The rows of files of JSON lines, a JSON value a line: each as `Result<T, BadRow>`.
///
/// Which files these are: as [`text_files`](super::text_files); a file is a partition. They may be compressed (`.gz`, `.zst`), and
/// may be in an object store (`"s3://bucket/orders/*.jsonl"`).
///
/// # Bad rows
/// A line that is no `T` is a [`BadRow`], with the file, the line, the reason and the text. None is dropped silently:
/// [`try_map`](crate::dsl::Stream::try_map) sorts them from the others, as below, and so, without a clone of each row, does
/// `split(Result::is_ok)`. Empty lines, and those of blanks, are no rows.
///
/// # Defaults
/// 8 MiB a tick ([`max_bytes_per_tick`](Files::max_bytes_per_tick)); lines of at most 1 MiB
/// ([`max_line_bytes`](Files::max_line_bytes)).
///
/// # Errors
/// As [`text_files`](super::text_files), but for text that is no UTF-8: that is a bad row.
///
/// # Replay
/// Exact, as long as the files stay as they are. Offsets are bytes.
///
/// # Cost
/// Parsing, by `serde_json`, in the tasks. The lines of a file are counted once, when a bad row is met.
///
/// ```
/// use millstream::prelude::*;
/// use millstream::source::json_files;
///
/// #[derive(Clone, serde::Deserialize)]
/// struct Order {
///     id: u64,
/// }
///
/// # let folder = std::env::temp_dir().join("millstream-doc-json-files");
/// # std::fs::create_dir_all(&folder)?;
/// std::fs::write(folder.join("orders.jsonl"), "{\"id\": 1}\n{\"id\": }\n{\"id\": 3}\n")?;
/// let (ids, bad) = (MemorySink::new(), MemorySink::new());
/// let pipeline = stream! {
///     let rows = source(json_files::<Order>(folder.join("*.jsonl")));
///     let (orders, broken) = rows.try_map(|row| row);
///     orders.map(|order| order.id).sink(ids.clone());
///     broken.map(|bad| bad.error.place.to_string()).sink(bad.clone());
/// };
/// Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?;
/// ids.assert_batches([[1, 3]]);
/// bad.assert_batches([["line 2"]]);
/// # std::fs::remove_dir_all(&folder)?;
/// # Result::<(), millstream::BoxError>::Ok(())
/// ```
///
/// Spark's `read.json`.
pub fn json_files<T: DeserializeOwned + Data>(patterns: impl IntoPatterns) -> Files<JsonLines<T>> {
    Files::new(patterns.into_patterns(), JsonLines::default())
}

/// The rows of files of JSON lines, as they appear in a folder: each as `Result<T, BadRow>`.
///
/// Folders, and what is asked of whoever writes the files: as [`text_directory`](super::text_directory). Rows, and bad ones: as
/// [`json_files`].
///
/// ```
/// use millstream::source::{Source, json_directory};
///
/// let source = json_directory::<Vec<u64>>("s3://bucket/incoming").max_files_per_tick(100);
/// assert_eq!(source.info().to_string(), "json_directory(s3://bucket/incoming)");
/// ```
///
/// Spark's `readStream.json`.
pub fn json_directory<T: DeserializeOwned + Data>(folders: impl IntoPatterns) -> Directory<JsonLines<T>> {
    Directory::new(folders.into_patterns(), JsonLines::default())
}

/// Files of JSON lines: what [`json_files`] and [`json_directory`] read.
pub struct JsonLines<T> {
    lines: LineReader<ByteLines>,
    rows: PhantomData<fn() -> T>,
}

impl<T> Default for JsonLines<T> {
    fn default() -> Self {
        JsonLines { lines: LineReader::new(LineOptions::default()), rows: PhantomData }
    }
}

impl<T> fmt::Debug for JsonLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonLines")
    }
}

impl<T> Files<JsonLines<T>> {
    /// The longest line that is taken for one, in bytes. Default: 1 MiB. A longer one stops the pipeline.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.format.lines.options_mut().max_line_bytes = bytes;
        self
    }
}

impl<T> Directory<JsonLines<T>> {
    /// The longest line that is taken for one, in bytes. Default: 1 MiB. A longer one stops the pipeline.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.format.lines.options_mut().max_line_bytes = bytes;
        self
    }
}

impl<T: DeserializeOwned + Data> FileFormat for JsonLines<T> {
    type Batch = JsonRows<T>;
    const NAME: &'static str = "json_directory";
    const OF_FILES: &'static str = "json_files";

    fn find(&self) -> Option<Find> {
        Some(Find::Lines)
    }

    fn cut(&self, file: &Arc<DataFile>, range: Range<u64>, records: &mut u64) -> Result<u64, BoxError> {
        line_count::cut(range.start, range.end, records, |into, at| file.read_exact(into, at))
    }

    fn grain(&self) -> u64 {
        64 << 10
    }

    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut JsonRows<T>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        file.read_lines(&self.lines, range, &mut |lines| {
            let taken = std::mem::replace(lines, ByteLines::new(Vec::new()));
            let mut rows = JsonRows { lines: taken, file: Arc::clone(file), rows: PhantomData };
            visit(&mut rows)?;
            // The reader goes on with its buffer.
            *lines = rows.lines;
            Ok(())
        })
    }
}

/// Rows of JSON lines. Each is parsed when it is asked for.
pub struct JsonRows<T> {
    lines: ByteLines,
    file: Arc<DataFile>,
    rows: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for JsonRows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonRows of {}", self.file.path())
    }
}

impl<T: DeserializeOwned + Data> Batch for JsonRows<T> {
    type Item<'a> = Result<T, BadRow>;
    type Iter<'a> = JsonIter<'a, T>;

    fn items(&mut self) -> JsonIter<'_, T> {
        let (rest, at) = self.lines.bytes();
        JsonIter { rest, at, file: &self.file, rows: PhantomData }
    }
}

/// The items of [`JsonRows`].
pub struct JsonIter<'a, T> {
    rest: &'a [u8],
    /// The offset of `rest` in the file.
    at: u64,
    file: &'a DataFile,
    rows: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for JsonIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonIter at byte {} of {}", self.at, self.file.path())
    }
}

impl<T: DeserializeOwned> Iterator for JsonIter<'_, T> {
    type Item = Result<T, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest).map_or(self.rest.len(), |newline| newline + 1);
            let (line, rest) = self.rest.split_at(end);
            let at = self.at;
            (self.rest, self.at) = (rest, at + end as u64);
            let row = line.trim_ascii();
            if row.is_empty() {
                continue;
            }
            return Some(serde_json::from_slice(row).map_err(|error| {
                BadRow::of_text(self.file, at, row, reason(&error)) //
            }));
        }
        None
    }
}

/// What is wrong with a line, which is all that the parser has seen: so its line number says nothing.
fn reason(error: &serde_json::Error) -> String {
    let (said, column) = (error.to_string(), error.column());
    match said.split_once(" at line 1 column ") {
        Some((what, _)) => format!("{what} at column {column}"),
        None => said,
    }
}
