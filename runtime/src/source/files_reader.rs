//! Files that are there: what `text_files` and its kin for other formats share.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};

use super::directory::FileFormat;
use super::files::{Compression, DataFile, Reading};
use super::found::find_all;
#[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
use super::text_files::MAX_BYTES_PER_TICK;
use super::text_files::detail;
use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// A source that reads the files that are there when the pipeline starts. Made by `json_files`, `csv_files` and
/// `parquet_files` (features `json`, `csv`, `parquet`).
///
/// A file is a partition; they are numbered in the order of their sorted paths.
pub struct Files<F> {
    pub(super) format: F,
    pub(super) patterns: Vec<PathBuf>,
    pub(super) options: FilesOptions,
}

#[derive(Clone, Copy)]
pub(super) struct FilesOptions {
    limits: FilesLimits,
    compression: Compression,
}

#[cfg(any(feature = "json", feature = "csv", feature = "parquet"))]
impl<F> Files<F> {
    pub(super) fn new(patterns: Vec<PathBuf>, format: F) -> Self {
        let limits = FilesLimits { bytes: MAX_BYTES_PER_TICK, records: None };
        Files { format, patterns, options: FilesOptions { limits, compression: Compression::ByExtension } }
    }

    /// How many bytes of all files together a tick reads at most (0 counts as 1); of compressed ones, bytes of what they
    /// decompress to. Default: 8 MiB.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.options.limits.bytes = bytes.max(1);
        self
    }

    /// How many records a tick reads at most (0 counts as 1), beside the limit on bytes. Default: as many as it has bytes
    /// for. Lines are searched for line ends when a tick is planned.
    #[must_use]
    pub fn max_records_per_tick(mut self, records: u64) -> Self {
        self.options.limits.records = Some(records.max(1));
        self
    }

    /// How the files are compressed. Default: [`Compression::ByExtension`]. Parquet files are never compressed as a whole.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.options.compression = compression;
        self
    }
}

impl<F: FileFormat> fmt::Debug for Files<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.info())
    }
}

impl<F: FileFormat> Source for Files<F> {
    type Batch = F::Batch;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: F::OF_FILES, detail: detail(&self.patterns), replayable: true }
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = F::Batch>>, BoxError> {
        let FilesOptions { limits, compression } = self.options;
        Ok(Arc::new(FilesReader::open(self.format, &self.patterns, compression, limits, cx)?))
    }
}

pub(super) struct FilesReader<F> {
    files: Vec<Arc<DataFile>>,
    state: Mutex<State>,
    limits: FilesLimits,
    format: F,
}

/// What a tick may take.
#[derive(Clone, Copy)]
pub(super) struct FilesLimits {
    pub bytes: u64,
    pub records: Option<u64>,
}

impl<F: FileFormat> FilesReader<F> {
    pub fn open(
        format: F,
        patterns: &[PathBuf],
        compression: Compression,
        limits: FilesLimits,
        cx: &SourceContext,
    ) -> Result<Self, BoxError> {
        format.check_settings()?;
        let compression = if F::MAY_BE_COMPRESSED { compression } else { Compression::None };
        let reading = Reading { since: "when the pipeline started", compression, find: format.find() };
        let files: Vec<_> = find_all(patterns, F::PASSES_MARKERS, &cx.runtime)?
            .into_iter()
            .map(|file| Arc::new(DataFile::new(file.path, file.origin, file.bytes, reading)))
            .collect();
        if u32::try_from(files.len()).is_err() {
            return Err("more than four billion files".into());
        }
        Ok(FilesReader { state: Mutex::default(), files, limits, format })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while this is locked")
    }
}

#[derive(Default)]
struct State {
    offered: Positions,
    /// The first file that is not offered whole.
    next: usize,
    /// Files before this one were read whole before a restart. Of a compressed one that can be known in no other way
    /// than by decompressing it again.
    finished: usize,
    /// Files that were offered to their ends, and nobody was told.
    ended: Vec<u32>,
}

impl<F: FileFormat> Reader for FilesReader<F> {
    type Batch = F::Batch;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut state = self.state();
        let mut ranges = Vec::new();
        let mut room = self.limits.bytes.min(limit).max(1);
        let mut lines = self.limits.records;
        let mut rest = false;
        while let Some(file) = self.files.get(state.next) {
            let partition = u32::try_from(state.next).expect("there are fewer files");
            if !(file.is_compressed() && state.next < state.finished) {
                let start = state.offered.get(&partition).copied().unwrap_or(0);
                let wanted = start.saturating_add(room);
                // A byte more: whether there is a rest.
                let extent = self.format.extent(file, wanted.saturating_add(1))?;
                file.check_position(start, extent)?;
                let mut end = extent.min(wanted);
                if let Some(lines) = lines.as_mut().filter(|_| start < end) {
                    end = self.format.cut(file, start..end, lines)?;
                }
                if start < end {
                    ranges.push(OffsetRange { partition, start, end });
                    state.offered.insert(partition, end);
                    room -= end - start;
                }
                rest = end < extent;
                if rest {
                    break;
                }
            }
            state.next += 1;
            state.ended.push(partition);
        }
        Ok(Offer { ranges, caught_up: !rest, ended: !rest, waiting: false })
    }

    fn finished(&self) -> Vec<u32> {
        std::mem::take(&mut self.state().ended)
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut F::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let file = self.files.get(range.partition as usize).ok_or_else(|| {
            format!("file number {} of only {} was to be read", range.partition, self.files.len())
        })?;
        self.format.read(file, range, visit)
    }

    fn grain(&self) -> u64 {
        self.format.grain()
    }

    /// Of a compressed file that is known only at its end.
    fn total(&self) -> Option<Total> {
        let state = self.state();
        let left = (0..).zip(&self.files).map(|(partition, file)| {
            let length = if file.is_compressed() { None } else { self.format.extent(file, u64::MAX).ok() };
            Some(length?.saturating_sub(state.offered.get(&partition).copied().unwrap_or(0)))
        });
        left.sum::<Option<u64>>().map(Total::Bytes)
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        for (&partition, &position) in positions {
            let file = self.files.get(partition as usize).ok_or_else(|| {
                format!(
                    "{} files were read before, but now there are only {}: put the missing ones back, or start \
                     without the checkpoint",
                    partition + 1,
                    self.files.len()
                )
            })?;
            if !file.is_compressed() {
                file.check_position(position, self.format.extent(file, position)?)?;
            }
            file.seek(position);
        }
        let mut state = self.state();
        *state = State {
            ended: Vec::new(),
            offered: positions.clone(),
            next: 0,
            finished: positions.keys().next_back().map_or(0, |&last| last as usize),
        };
        Ok(())
    }

    fn release(&self, positions: &Positions) {
        for (&partition, &position) in positions {
            if let Some(file) = self.files.get(partition as usize) {
                file.release(position);
            }
        }
    }
}
