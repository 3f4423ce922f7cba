//! A file's content, plain or decompressed, by offsets: what all sources of files share.

#[cfg(any(feature = "json", feature = "csv"))]
mod content;
mod decoded;
mod decompress;
mod index;
mod origin;

#[cfg(any(feature = "csv", feature = "parquet"))]
use std::any::Any;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
#[cfg(any(feature = "csv", feature = "parquet"))]
use std::sync::OnceLock;

use super::line_reader::{LineReader, ReadAt};
use super::text::TextBatch;
use crate::BoxError;
use crate::tick::OffsetRange;
use decoded::Decoded;
pub use decompress::Compression;
use decompress::Format;
pub use index::Find;
use index::Index;
#[cfg(all(test, feature = "csv"))]
pub(super) use index::Scan;
pub(crate) use origin::{Bucket, Listed, Origin, is_url, local};

/// A file as it was when it was found.
///
/// # Contract
/// - Offsets are bytes of the content: of a compressed file, of its decompressed text.
/// - The content is what the file held then: what is appended later is not read, and a file that has shrunk is an
///   error.
pub struct DataFile {
    /// What it is called in errors.
    pub(crate) name: Arc<str>,
    origin: Origin,
    /// Its length as it is stored, when it was found.
    bytes: u64,
    /// When it was found, for errors: `when the pipeline started`.
    since: &'static str,
    /// `None`: the content is the file's bytes.
    decoded: Option<Decoded>,
    /// Where its records begin, if its format has to know.
    #[cfg_attr(
        not(any(feature = "json", feature = "csv")),
        expect(dead_code, reason = "of formats that are features")
    )]
    index: Option<Arc<Index>>,
    /// What its format has found out about it.
    #[cfg(any(feature = "csv", feature = "parquet"))]
    known: OnceLock<Arc<dyn Any + Send + Sync>>,
}

/// How a source reads its files.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    /// When files are found, for errors: `when the pipeline started`.
    pub since: &'static str,
    pub compression: Compression,
    pub find: Option<Find>,
}

impl DataFile {
    /// `path`: what it is called.
    pub(crate) fn new(path: PathBuf, origin: Origin, bytes: u64, reading: Reading) -> Self {
        let Reading { since, compression, find } = reading;
        let name: Arc<str> = Arc::from(format!("file `{}`", path.display()));
        let index = find.map(|find| Arc::new(Index::new(find)));
        let decoded = Format::of(&path, compression)
            .map(|format| Decoded::new(Arc::clone(&name), origin.clone(), bytes, format, index.clone()));
        DataFile {
            name,
            origin,
            bytes,
            since,
            decoded,
            index,
            #[cfg(any(feature = "csv", feature = "parquet"))]
            known: OnceLock::new(),
        }
    }

    /// Its length as it is stored.
    #[cfg(feature = "parquet")]
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.bytes
    }

    /// What its format knows of it: found out once. (By two at the same time, perhaps; it is the same.)
    #[cfg(any(feature = "csv", feature = "parquet"))]
    pub(crate) fn known<K: Send + Sync + 'static>(
        &self,
        find_out: impl FnOnce() -> Result<K, BoxError>,
    ) -> Result<Arc<K>, BoxError> {
        let known = match self.known.get() {
            Some(known) => known,
            None => {
                let found: Arc<dyn Any + Send + Sync> = Arc::new(find_out()?);
                self.known.get_or_init(|| found)
            }
        };
        Ok(Arc::clone(known).downcast().expect("a file has one format"))
    }

    /// What it is called: its path, or its URL without secrets.
    #[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
    pub(crate) fn path(&self) -> &str {
        self.name.trim_start_matches("file `").trim_end_matches('`')
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.decoded.is_some()
    }

    /// How much of the content's first `wanted` bytes there is. The length, if that is less than `wanted`.
    ///
    /// A compressed file is decompressed for it, from where it was left: that is the only way to know.
    pub(crate) fn extent(&self, wanted: u64) -> Result<u64, BoxError> {
        match &self.decoded {
            None => Ok(self.bytes.min(wanted)),
            Some(decoded) => decoded.extent(wanted),
        }
    }

    /// Refuses a position that lies behind the end.
    pub(crate) fn check_position(&self, position: u64, length: u64) -> Result<(), BoxError> {
        if position <= length {
            return Ok(());
        }
        let of_text = if self.is_compressed() { " of text" } else { "" };
        Err(format!(
            "{} was read up to offset {position}, but now it has only {length} bytes{of_text}: it has been replaced or \
             cut; put it back, or start without the checkpoint",
            self.name
        )
        .into())
    }

    /// Hands the lines that begin in `range` to `visit`.
    pub(crate) fn read_lines<B: TextBatch>(
        &self,
        lines: &LineReader<B>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        match &self.decoded {
            None => lines.read(&self.open(range.start)?, &self.name, range, visit),
            Some(decoded) => {
                let view = decoded.lines(range.start, range.end, lines.max_line_bytes())?;
                lines.read(&view, &self.name, range, visit)
            }
        }
    }

    /// Fills `into` from the offset `at` on; all of it is within the content.
    pub(crate) fn read_exact(&self, into: &mut [u8], at: u64) -> Result<(), BoxError> {
        let content: &dyn ReadAt = match &self.decoded {
            None => &self.open(at)?,
            Some(decoded) => &decoded.bytes(at, at + into.len() as u64)?,
        };
        let mut filled = 0;
        while filled < into.len() {
            filled += content.read_at(&mut into[filled..], at + filled as u64)?;
        }
        Ok(())
    }

    /// Reading goes on here.
    pub(crate) fn seek(&self, position: u64) {
        if let Some(decoded) = &self.decoded {
            decoded.keep_from(position);
        }
    }

    /// What lies before `position` will not be read again.
    pub(crate) fn release(&self, position: u64) {
        self.seek(position);
    }

    fn open(&self, from: u64) -> Result<OpenFile<'_>, BoxError> {
        let content = match &self.origin {
            Origin::File(path) => Content::File(File::open(path).map_err(|e| self.gone(from, &e))?),
            Origin::Object(_) => Content::Object,
        };
        Ok(OpenFile { content, about: self })
    }

    fn gone(&self, from: u64, error: &io::Error) -> BoxError {
        gone(&self.name, from, error)
    }
}

fn gone(name: &str, from: u64, error: &io::Error) -> BoxError {
    format!(
        "{name} can't be read any more, from offset {from} on: {error}; files must stay until they are read"
    )
    .into()
}

enum Content {
    File(File),
    Object,
}

struct OpenFile<'a> {
    content: Content,
    about: &'a DataFile,
}

impl ReadAt for OpenFile<'_> {
    fn span(&self) -> Range<u64> {
        0..self.about.bytes
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        let DataFile { name, bytes, since, .. } = self.about;
        loop {
            let read = match (&self.content, &self.about.origin) {
                (Content::File(file), _) => read_at(file, into, at),
                (Content::Object, Origin::Object(object)) => object.read_at(into, at),
                (Content::Object, Origin::File(_)) => unreachable!("a file was opened as one"),
            };
            match read {
                Ok(0) => {
                    return Err(format!(
                        "{name} has shrunk: it had {bytes} bytes {since}, but now ends at or before offset {at}; \
                         files must stay as they are until they are read",
                    )
                    .into());
                }
                Ok(n) => return Ok(n),
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(self.about.gone(at, &e)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(format!("{name} can't be read at offset {at}: {e}").into()),
            }
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

#[cfg(test)]
pub(crate) mod tests;
