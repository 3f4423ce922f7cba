//! What is told of a row that could not be read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A row of a file that is no record: what sources of JSON lines, CSV and Parquet give in its place.
///
/// ```
/// use millstream::source::{BadRow, RowPlace};
///
/// let row = BadRow {
///     file: "incoming/a.jsonl".into(),
///     place: RowPlace::Line(7),
///     reason: "missing field `id`".into(),
///     text: "{}".into(),
/// };
/// assert_eq!(row.to_string(), "incoming/a.jsonl, line 7: missing field `id`: {}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BadRow {
    /// The file's path; of an object, its URL without secrets.
    pub file: String,
    pub place: RowPlace,
    pub reason: String,
    /// The row as it is in the file, the first 1,000 bytes of it. Empty where it has no text (Parquet).
    pub text: String,
}

/// Where in its file a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RowPlace {
    /// On this line, or from it on. The first one is 1.
    Line(u64),
    /// The row of a row group. The first of each is 0.
    Row { group: u64, row: u64 },
    /// At this byte: where the line could not be counted any more.
    Byte(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowPlace::Line(line) => write!(f, "line {line}"),
            RowPlace::Row { group, row } => write!(f, "row group {group}, row {row}"),
            RowPlace::Byte(byte) => write!(f, "byte {byte}"),
        }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadRow { file, place, reason, text } = self;
        write!(f, "{file}, {place}: {reason}")?;
        if text.is_empty() { Ok(()) } else { write!(f, ": {text}") }
    }
}

impl std::error::Error for BadRow {}

#[cfg(any(feature = "json", feature = "csv"))]
impl BadRow {
    /// How much of a row is kept.
    const MOST: usize = 1000;

    /// A row of text that begins at the offset `at`.
    #[cold]
    pub(super) fn of_text(
        file: &super::files::DataFile,
        at: u64,
        text: &[u8],
        reason: impl Into<String>,
    ) -> BadRow {
        let place = file.line(at).map_or(RowPlace::Byte(at), RowPlace::Line);
        let text = &text[..text.len().min(Self::MOST)];
        BadRow {
            file: file.path().into(),
            place,
            reason: reason.into(),
            text: String::from_utf8_lossy(text).into_owned(),
        }
    }
}
