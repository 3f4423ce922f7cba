//! A file's content, plain or decompressed, by offsets: what all sources of files share.

mod decoded;
mod decompress;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::line_reader::{LineReader, ReadAt};
use super::text::TextBatch;
use crate::BoxError;
use crate::tick::OffsetRange;
use decoded::Decoded;
pub use decompress::Compression;
use decompress::Format;

/// A file as it was when it was found.
///
/// # Contract
/// - Offsets are bytes of the content: of a compressed file, of its decompressed text.
/// - The content is what the file held then: what is appended later is not read, and a file that has shrunk is an
///   error.
pub struct DataFile {
    /// What it is called in errors.
    pub(crate) name: Arc<str>,
    path: PathBuf,
    /// Its length on disk when it was found.
    bytes: u64,
    /// When it was found, for errors: `when the pipeline started`.
    since: &'static str,
    /// `None`: the content is the file's bytes.
    decoded: Option<Decoded>,
}

impl DataFile {
    pub(crate) fn new(path: PathBuf, bytes: u64, since: &'static str, compression: Compression) -> Self {
        let name: Arc<str> = Arc::from(format!("file `{}`", path.display()));
        let decoded = Format::of(&path, compression)
            .map(|format| Decoded::new(Arc::clone(&name), path.clone(), bytes, format));
        DataFile { name, path, bytes, since, decoded }
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
        let file = File::open(&self.path).map_err(|e| self.gone(from, &e))?;
        Ok(OpenFile { file, about: self })
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

struct OpenFile<'a> {
    file: File,
    about: &'a DataFile,
}

impl ReadAt for OpenFile<'_> {
    fn span(&self) -> Range<u64> {
        0..self.about.bytes
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        let DataFile { name, bytes, since, .. } = self.about;
        loop {
            match read_at(&self.file, into, at) {
                Ok(0) => {
                    return Err(format!(
                        "{name} has shrunk: it had {bytes} bytes {since}, but now ends at or before offset {at}; \
                         files must stay as they are until they are read",
                    )
                    .into());
                }
                Ok(n) => return Ok(n),
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
