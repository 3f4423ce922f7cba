//! `text_files`: the lines of files.

use std::fmt;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::line_reader::{LineOptions, LineReader, ReadAt};
use super::patterns::{self, FoundFile, IntoPatterns};
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// The lines of text files, as `&str`: of one (`"log.txt"`), of those that a glob matches (`"logs/*.txt"`), or of
/// a list of both.
///
/// The files and their lengths are those of the moment when the pipeline starts; what is appended later is not
/// read. A file is a partition; they are numbered in the order of their sorted paths, and offsets are bytes. A
/// glob passes over folders and names that begin with a dot. Empty files are fine.
///
/// # Defaults
/// 8 MiB a tick ([`max_bytes_per_tick`](TextFiles::max_bytes_per_tick)), lines of at most 1 MiB
/// ([`max_line_bytes`](TextFiles::max_line_bytes)), text that is no UTF-8 is an error
/// ([`invalid_utf8`](TextFiles::invalid_utf8), [`bytes`](TextFiles::bytes)).
///
/// # Errors
/// At the start: a glob that matches nothing, a missing file, a folder, a file that may not be read. While it
/// runs: a file that has shrunk or gone, an overlong line, invalid text.
///
/// # Replay
/// Exact, as long as the files stay as they are. Between two runs on one checkpoint, files may be added only
/// behind the others in sorted order.
///
/// # Cost
/// A read of 1 MiB at a time into a buffer that is used again; a task of a tick reads its own part of a file.
///
/// ```
/// use millstream::source::{Source, text_files};
///
/// let source = text_files("logs/2026-*.log").max_bytes_per_tick(32 << 20);
/// assert_eq!(source.info().to_string(), "text_files(logs/2026-*.log)");
/// let some = text_files(["a.txt", "b.txt"]).bytes();
/// assert!(some.info().replayable);
/// ```
///
/// Spark's `textFile`; Flink's bounded `FileSource`.
pub fn text_files(patterns: impl IntoPatterns) -> TextFiles {
    TextFiles {
        patterns: patterns.into_patterns(),
        lines: LineOptions::default(),
        max_bytes_per_tick: MAX_BYTES_PER_TICK,
        batch: PhantomData,
    }
}

/// What a tick of text reads at most, unless it is told otherwise. A tick whose every line goes to the driver holds
/// several times its bytes, and two ticks are in flight.
pub(crate) const MAX_BYTES_PER_TICK: u64 = 8 << 20;

/// Made by [`text_files`].
pub struct TextFiles<B = Lines> {
    patterns: Vec<PathBuf>,
    lines: LineOptions,
    max_bytes_per_tick: u64,
    batch: PhantomData<fn() -> B>,
}

impl<B> TextFiles<B> {
    /// How many bytes of all files together a tick reads at most (0 counts as 1). Default: 8 MiB.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.max_bytes_per_tick = bytes.max(1);
        self
    }

    /// The longest line that is taken for one, in bytes, its `\n` not counted. Default: 1 MiB. A longer one stops
    /// the pipeline: it would have to be held in memory as a whole.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.lines.max_line_bytes = bytes;
        self
    }

    #[cfg(test)]
    pub(crate) fn block_bytes(mut self, bytes: usize) -> Self {
        self.lines.block_bytes = bytes;
        self
    }
}

impl TextFiles<Lines> {
    /// What happens to text that is no UTF-8. Default: [`InvalidUtf8::Error`].
    #[must_use]
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.lines.invalid_utf8 = policy;
        self
    }

    /// Lines as `&[u8]` ([`ByteLines`]), not checked to be UTF-8.
    #[must_use]
    pub fn bytes(self) -> TextFiles<ByteLines> {
        let TextFiles { patterns, lines, max_bytes_per_tick, .. } = self;
        TextFiles { patterns, lines, max_bytes_per_tick, batch: PhantomData }
    }
}

impl<B> fmt::Debug for TextFiles<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text_files({})", detail(&self.patterns))
    }
}

fn detail(patterns: &[PathBuf]) -> String {
    let (shown, rest) = patterns.split_at(patterns.len().min(3));
    let mut shown: Vec<String> = shown.iter().map(|p| p.display().to_string()).collect();
    if !rest.is_empty() {
        shown.push(format!("… {} more", rest.len()));
    }
    shown.join(", ")
}

impl<B: TextBatch> Source for TextFiles<B> {
    type Batch = B;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "text_files", detail: detail(&self.patterns), replayable: true }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = B>>, BoxError> {
        let files: Vec<_> = patterns::find(&self.patterns)?
            .into_iter()
            .map(|file| (Arc::from(format!("file `{}`", file.path.display())), file))
            .collect();
        if u32::try_from(files.len()).is_err() {
            return Err("more than four billion files".into());
        }
        Ok(Arc::new(FilesReader {
            offered: Mutex::new(Positions::new()),
            files,
            max_bytes_per_tick: self.max_bytes_per_tick,
            lines: LineReader::<B>::new(self.lines),
        }))
    }
}

struct FilesReader<B> {
    /// Each with what it is called in errors.
    files: Vec<(Arc<str>, FoundFile)>,
    offered: Mutex<Positions>,
    max_bytes_per_tick: u64,
    lines: LineReader<B>,
}

impl<B: TextBatch> Reader for FilesReader<B> {
    type Batch = B;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut offered = self.offered.lock().expect("nothing panics while this is locked");
        let mut ranges = Vec::new();
        let mut room = self.max_bytes_per_tick.min(limit).max(1);
        let mut rest = false;
        for (partition, (_, file)) in (0..).zip(&self.files) {
            let start = offered.get(&partition).copied().unwrap_or(0);
            let end = file.bytes.min(start.saturating_add(room));
            rest |= end < file.bytes;
            if start < end {
                ranges.push(OffsetRange { partition, start, end });
                offered.insert(partition, end);
                room -= end - start;
            }
            if rest {
                break;
            }
        }
        Ok(Offer { ranges, caught_up: !rest, ended: !rest, waiting: false })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let (name, found) = self.files.get(range.partition as usize).ok_or_else(|| {
            format!("file number {} of only {} was to be read", range.partition, self.files.len())
        })?;
        let file = File::open(&found.path).map_err(|e| {
            format!(
                "{name} can't be read any more, from offset {} on: {e}; files must stay until they are read",
                range.start
            )
        })?;
        self.lines.read(&OpenFile { file, name, bytes: found.bytes }, name, range, visit)
    }

    fn grain(&self) -> u64 {
        64 << 10
    }

    fn total(&self) -> Option<Total> {
        let offered = self.offered.lock().expect("nothing panics while this is locked");
        let left = (0..).zip(&self.files).map(|(partition, (_, file))| {
            file.bytes.saturating_sub(offered.get(&partition).copied().unwrap_or(0))
        });
        Some(Total::Bytes(left.fold(0, u64::saturating_add)))
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        for (&partition, &position) in positions {
            match self.files.get(partition as usize) {
                None => {
                    return Err(format!(
                        "{} files were read before, but now there are only {}: put the missing ones back, or start \
                         without the checkpoint",
                        partition + 1,
                        self.files.len()
                    )
                    .into());
                }
                Some((name, file)) if file.bytes < position => {
                    return Err(format!(
                        "{name} was read up to offset {position}, but now it has only {} bytes: it has been \
                         replaced or cut; put it back, or start without the checkpoint",
                        file.bytes
                    )
                    .into());
                }
                Some(_) => {}
            }
        }
        self.offered.lock().expect("nothing panics while this is locked").clone_from(positions);
        Ok(())
    }
}

struct OpenFile<'a> {
    file: File,
    name: &'a str,
    /// How long it was at the start; what has been appended since is not read.
    bytes: u64,
}

impl ReadAt for OpenFile<'_> {
    fn span(&self) -> Range<u64> {
        0..self.bytes
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        loop {
            match read_at(&self.file, into, at) {
                Ok(0) => {
                    return Err(format!(
                        "{} has shrunk: it had {} bytes when the pipeline started, but now ends at or before offset \
                         {at}; files must stay as they are until they are read",
                        self.name, self.bytes
                    )
                    .into());
                }
                Ok(n) => return Ok(n),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(format!("{} can't be read at offset {at}: {e}", self.name).into()),
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
mod tests;
