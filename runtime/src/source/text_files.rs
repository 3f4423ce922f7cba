//! `text_files`: the lines of files.

use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::Arc;

use super::files::Compression;
use super::files_reader::{FilesLimits, FilesReader};
use super::line_reader::{LineOptions, LineReader};
use super::patterns::IntoPatterns;
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use super::text_directory::TextLines;
use super::{Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;
use crate::store;

/// The lines of text files, as `&str`: of one (`"log.txt"`), of those that a glob matches (`"logs/*.txt"`), or of
/// a list of both. They may be in an object store: `"s3://bucket/logs/*.txt"` (features `aws`, `gcp`, `azure`, `hdfs`).
///
/// The files and their lengths are those of the moment when the pipeline starts; what is appended later is not
/// read. A file is a partition; they are numbered in the order of their sorted paths, and offsets are bytes. A
/// glob passes over folders and names that begin with a dot. Empty files are fine.
///
/// # Compressed files
/// `.gz` (gzip) and `.zst` (zstd) are decompressed as they are read ([`compression`](TextFiles::compression)). Offsets and
/// limits are then those of the text: a compressed file gives the same ticks as its text in a plain one.
///
/// # Defaults
/// 8 MiB a tick ([`max_bytes_per_tick`](TextFiles::max_bytes_per_tick)), lines of at most 1 MiB
/// ([`max_line_bytes`](TextFiles::max_line_bytes)), text that is no UTF-8 is an error
/// ([`invalid_utf8`](TextFiles::invalid_utf8), [`bytes`](TextFiles::bytes)).
///
/// # Errors
/// At the start: a glob that matches nothing, a missing file, a folder, a file that may not be read. While it
/// runs: a file that has shrunk or gone, an overlong line, invalid text, a compressed file that is damaged or cut short.
///
/// # Replay
/// Exact, as long as the files stay as they are. Between two runs on one checkpoint, files may be added only
/// behind the others in sorted order.
///
/// # Cost
/// A read of 1 MiB at a time into a buffer that is used again; a task of a tick reads its own part of a file.
/// A compressed file can't be entered in its middle: one thread, the driver's, decompresses a tick's part when the tick is
/// planned (while tasks work on the tick before), and tasks read their parts of it from memory, where it stays
/// until the tick is committed. That is about 0.3 GB of text a second from gzip, and 0.2 from zstd. After a restart, the
/// file is decompressed from its start up to where reading goes on.
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
        max_records_per_tick: None,
        compression: Compression::ByExtension,
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
    max_records_per_tick: Option<u64>,
    compression: Compression,
    batch: PhantomData<fn() -> B>,
}

impl<B> TextFiles<B> {
    /// How many bytes of all files together a tick reads at most (0 counts as 1). Default: 8 MiB.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.max_bytes_per_tick = bytes.max(1);
        self
    }

    /// How many lines a tick reads at most (0 counts as 1), beside the limit on bytes. Default: as many as it has bytes for.
    ///
    /// Cost: when a tick is planned, its bytes are searched for line ends on the driver's thread; so they are read twice.
    #[must_use]
    pub fn max_records_per_tick(mut self, lines: u64) -> Self {
        self.max_records_per_tick = Some(lines.max(1));
        self
    }

    /// The longest line that is taken for one, in bytes, its `\n` not counted. Default: 1 MiB. A longer one stops
    /// the pipeline: it would have to be held in memory as a whole.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.lines.max_line_bytes = bytes;
        self
    }

    /// How the files are compressed. Default: [`Compression::ByExtension`].
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
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
        let TextFiles { patterns, lines, max_bytes_per_tick, max_records_per_tick, compression, .. } = self;
        TextFiles {
            patterns,
            lines,
            max_bytes_per_tick,
            max_records_per_tick,
            compression,
            batch: PhantomData,
        }
    }
}

impl<B> fmt::Debug for TextFiles<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text_files({})", detail(&self.patterns))
    }
}

pub(super) fn detail(patterns: &[PathBuf]) -> String {
    let (shown, rest) = patterns.split_at(patterns.len().min(3));
    let mut shown: Vec<String> = shown.iter().map(|p| store::shown(&p.to_string_lossy())).collect();
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

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = B>>, BoxError> {
        let limits = FilesLimits { bytes: self.max_bytes_per_tick, records: self.max_records_per_tick };
        let format = TextLines { lines: LineReader::<B>::new(self.lines) };
        Ok(Arc::new(FilesReader::open(format, &self.patterns, self.compression, limits, cx)?))
    }
}

#[cfg(test)]
mod tests;
