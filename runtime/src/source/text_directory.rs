//! `text_directory`: the lines of files as they appear in a folder.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::directory::{Directory, FileFormat};
use super::files::DataFile;
use super::line_count;
use super::line_reader::{LineOptions, LineReader};
use super::patterns::IntoPatterns;
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use crate::BoxError;
use crate::tick::OffsetRange;

/// The lines of the files in a folder, as `&str`: of those that are there, and then of each that appears, once.
///
/// A folder is named by its path or by a URL of an object store (`s3://bucket/incoming`; features `aws`, `gcp`, `azure`, `hdfs`), several by a list or by a glob (`"logs/*/"`). What a glob matches may be folders, whose
/// files are read, or files (`"logs/*.csv"`). Folders in folders are not looked into, and folders that appear later
/// and match a glob are found. Names that begin with `.` or `_`, or end in `.tmp` or `._COPYING_`, are passed over.
/// `.gz` (gzip) and `.zst` (zstd) are decompressed ([`compression`](Directory::compression)).
///
/// Each tick looks for files, unless those that are known fill it. New ones are read in the order of their paths, behind
/// those found earlier. The source never ends; under [`Trigger::AvailableNow`](crate::Trigger::AvailableNow) the run
/// does, when the files are read that were there at its start.
///
/// # Files must be moved in whole
/// A file is read as long as it was when it was found; what is appended later is not read. So write it elsewhere on the
/// same file system, or under a name that is passed over, and rename it. (A file that is still empty counts as not there
/// yet.) A file is known by its path: give each a name of its own, and let it stay until it has been read. It may be
/// removed then; another of the same path is a new file if a tick has passed between the two.
///
/// # Defaults
/// All files are read, not only new ones ([`new_files_only`](Directory::new_files_only)); 8 MiB a tick
/// ([`max_bytes_per_tick`](Directory::max_bytes_per_tick)), of any number of files
/// ([`max_files_per_tick`](Directory::max_files_per_tick)) and lines
/// ([`max_records_per_tick`](Directory::max_records_per_tick)); under [`Trigger::Eager`](crate::Trigger::Eager) a look
/// each second ([`poll_interval`](Directory::poll_interval)); lines of at most 1 MiB and UTF-8, as
/// [`text_files`](super::text_files).
///
/// # Errors
/// At the start: a folder that does not exist. While it runs: a folder that is gone, a file that has shrunk or gone before
/// it was read, an overlong line, invalid text, a compressed file that is damaged or cut short.
///
/// # Replay
/// Exact, as long as the files stay as they are. The source has one partition: offsets count the bytes of all files in
/// the order in which they are read. Which file lies where it tells the engine
/// ([`Reader::journal`](super::Reader::journal)), which is to store it with each tick.
///
/// # Cost
/// A tick that looks for files lists the folders: about 0.4 µs a name on a local disk. Paths that are in the folders are
/// held in memory. Reading costs what [`text_files`](super::text_files) says.
///
/// ```
/// use millstream::source::{Source, text_directory};
///
/// let source = text_directory("incoming").max_files_per_tick(100);
/// assert_eq!(source.info().to_string(), "text_directory(incoming)");
/// let by_day = text_directory("incoming/2026-*/").new_files_only(true).bytes();
/// assert!(by_day.info().replayable);
/// ```
///
/// Spark's `textFileStream`; Flink's `FileSource` with `monitorContinuously`.
pub fn text_directory(folders: impl IntoPatterns) -> Directory<TextLines> {
    Directory::new(folders.into_patterns(), TextLines { lines: LineReader::new(LineOptions::default()) })
}

/// Files of text: what [`text_directory`] reads.
pub struct TextLines<B = Lines> {
    pub(super) lines: LineReader<B>,
}

impl<B> fmt::Debug for TextLines<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TextLines")
    }
}

impl<B: TextBatch> Directory<TextLines<B>> {
    /// The longest line that is taken for one, in bytes, its `\n` not counted. Default: 1 MiB. A longer one stops the
    /// pipeline: it would have to be held in memory as a whole.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.format.lines.options_mut().max_line_bytes = bytes;
        self
    }
}

impl Directory<TextLines> {
    /// What happens to text that is no UTF-8. Default: [`InvalidUtf8::Error`].
    #[must_use]
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.format.lines.options_mut().invalid_utf8 = policy;
        self
    }

    /// Lines as `&[u8]` ([`ByteLines`]), not checked to be UTF-8.
    #[must_use]
    pub fn bytes(mut self) -> Directory<TextLines<ByteLines>> {
        let lines = LineReader::new(self.format.lines.options_mut().clone());
        Directory { format: TextLines { lines }, patterns: self.patterns, options: self.options }
    }
}

impl<B: TextBatch> FileFormat for TextLines<B> {
    type Batch = B;
    const NAME: &'static str = "text_directory";
    const OF_FILES: &'static str = "text_files";
    const PASSES_MARKERS: bool = false;

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
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        file.read_lines(&self.lines, range, visit)
    }
}
