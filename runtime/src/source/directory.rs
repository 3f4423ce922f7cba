//! Folders whose files are read as they appear: what `text_directory` and `binary_records` share.

mod log;
mod scan;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use super::files::{Compression, DataFile, Find, Reading};
use super::text_files::MAX_BYTES_PER_TICK;
use super::{Offer, Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;
use crate::batch::Batch;
use crate::clock::Timestamp;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};
use log::{Limits, Log};
use scan::{Scanner, Watch};

/// How the files of a [`Directory`] are read, and those of [`Files`](super::Files).
pub trait FileFormat: Send + Sync + 'static {
    type Batch: Batch;
    /// The constructor of the source that watches folders.
    const NAME: &'static str;
    /// The constructor of the source of files that are there.
    const OF_FILES: &'static str;

    /// What has to be looked for in a file. By default, nothing.
    fn find(&self) -> Option<Find> {
        None
    }

    /// Whether files may be compressed as a whole.
    const MAY_BE_COMPRESSED: bool = true;

    /// Whether what others call `_SUCCESS` and the like is no file of this format.
    const PASSES_MARKERS: bool = true;

    /// How much of the content's first `wanted` units of offset there is. By default, these are bytes.
    fn extent(&self, file: &Arc<DataFile>, wanted: u64) -> Result<u64, BoxError> {
        file.extent(wanted)
    }

    /// Refuses settings that make no sense. By default, none.
    fn check_settings(&self) -> Result<(), BoxError> {
        Ok(())
    }

    /// Refuses a file whose content has a length that it can't have. By default, any will do.
    fn check_length(&self, _file: &DataFile, _length: u64) -> Result<(), BoxError> {
        Ok(())
    }

    /// The end of the longest piece of `range` of the file, which is not empty, in which at most `records` records begin;
    /// takes those that do from `records`.
    fn cut(&self, file: &Arc<DataFile>, range: Range<u64>, records: &mut u64) -> Result<u64, BoxError>;

    /// The shortest piece that is worth a task.
    fn grain(&self) -> u64;

    /// Hands the records that begin in `range` of the file to `visit`.
    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Self::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError>;
}

/// A source that reads the files of folders as they appear. Made by [`text_directory`](super::text_directory) and
/// [`binary_records`](super::binary_records).
pub struct Directory<F> {
    pub(super) format: F,
    pub(super) patterns: Vec<PathBuf>,
    pub(super) options: Options,
}

#[derive(Clone)]
pub(super) struct Options {
    compression: Compression,
    new_files_only: bool,
    poll_interval: Duration,
    limits: Limits,
}

impl<F> Directory<F> {
    pub(super) fn new(patterns: Vec<PathBuf>, format: F) -> Self {
        let options = Options {
            compression: Compression::ByExtension,
            new_files_only: false,
            poll_interval: Duration::from_secs(1),
            limits: Limits { bytes: MAX_BYTES_PER_TICK, records: None, files: usize::MAX },
        };
        Directory { format, patterns, options }
    }

    /// Whether the files that are there when the pipeline starts are passed over. Default: `false`, all files are read,
    /// those that are there first. (Spark's `newFilesOnly` is `true` by default.)
    ///
    /// Under [`Trigger::AvailableNow`](crate::Trigger::AvailableNow) `true` is an error: there would be nothing to read.
    #[must_use]
    pub fn new_files_only(mut self, new_files_only: bool) -> Self {
        self.options.new_files_only = new_files_only;
        self
    }

    /// How often the folder is looked at under [`Trigger::Eager`](crate::Trigger::Eager). Default: 1 s; at least 1 ms.
    /// Under the other triggers it is looked at when a tick is planned.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.options.poll_interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How many files a tick reads from at most (0 counts as 1). Default: no limit but that of bytes.
    #[must_use]
    pub fn max_files_per_tick(mut self, files: usize) -> Self {
        self.options.limits.files = files.max(1);
        self
    }

    /// How many bytes of all files together a tick reads at most (0 counts as 1); of compressed ones, bytes of the
    /// decompressed content. Default: 8 MiB. A longer file takes several ticks.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.options.limits.bytes = bytes.max(1);
        self
    }

    /// How many records of all files together (lines, or records of one length) a tick reads at most (0 counts as 1).
    /// Default: no limit but that of bytes. With one, the bytes of a tick of text are searched for line ends when it is
    /// planned; records of one length cost nothing.
    #[must_use]
    pub fn max_records_per_tick(mut self, records: u64) -> Self {
        self.options.limits.records = Some(records.max(1));
        self
    }

    /// How the files are compressed. Default: [`Compression::ByExtension`].
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.options.compression = compression;
        self
    }
}

impl<F: FileFormat> fmt::Debug for Directory<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.info())
    }
}

impl<F: FileFormat> Source for Directory<F> {
    type Batch = F::Batch;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: F::NAME, detail: super::text_files::detail(&self.patterns), replayable: true }
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = F::Batch>>, BoxError> {
        let Directory { format, patterns, options } = self;
        format.check_settings()?;
        let scanner = Scanner::new(&patterns, F::NAME, &cx.runtime)?;
        let watch = Watch::new(cx, options.poll_interval);
        let compression = if F::MAY_BE_COMPRESSED { options.compression } else { Compression::None };
        let reading = Reading { since: "when it was found", compression, find: format.find() };
        let log = Log::open(scanner, watch, reading, options.new_files_only)?;
        Ok(Arc::new(DirectoryReader { format, limits: options.limits, log: Mutex::new(log) }))
    }
}

struct DirectoryReader<F> {
    format: F,
    limits: Limits,
    log: Mutex<Log>,
}

/// There is one partition: its offsets go through the files in the order in which they are read.
const PARTITION: u32 = 0;

impl<F> DirectoryReader<F> {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nothing panics while this is locked")
    }
}

fn position(positions: &Positions) -> u64 {
    positions.get(&PARTITION).copied().unwrap_or(0)
}

impl<F: FileFormat> Reader for DirectoryReader<F> {
    type Batch = F::Batch;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let limits = Limits { bytes: self.limits.bytes.min(limit).max(1), ..self.limits };
        let (range, rest) = self.log().offer(limits, &self.format)?;
        let ranges = if range.is_empty() {
            vec![]
        } else {
            vec![OffsetRange { partition: PARTITION, start: range.start, end: range.end }]
        };
        Ok(Offer { ranges, caught_up: !rest, ended: false, waiting: false })
    }

    fn due(&self) -> Option<Timestamp> {
        self.log().due()
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut F::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let parts = self.log().parts(range.start..range.end)?;
        parts.into_iter().try_for_each(|(file, own)| {
            self.format.read(&file, OffsetRange { start: own.start, end: own.end, ..range }, visit)
        })
    }

    fn grain(&self) -> u64 {
        self.format.grain()
    }

    fn freeze(&self) {
        self.log().freeze();
    }

    fn journal(&self) -> Vec<u8> {
        self.log().journal()
    }

    fn memory(&self) -> Vec<u8> {
        self.log().memory()
    }

    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        self.log().recall(notes)
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.log().seek(position(positions))
    }

    fn release(&self, positions: &Positions) {
        self.log().release(position(positions));
    }
}

#[cfg(test)]
mod tests;
