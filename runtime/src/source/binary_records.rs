//! `binary_records`: records of one length, of files as they appear in a folder.

use std::ops::Range;
use std::slice::ChunksExact;
use std::sync::Arc;

use super::directory::{Directory, FileFormat};
use super::files::DataFile;
use super::patterns::IntoPatterns;
use crate::BoxError;
use crate::batch::Batch;
use crate::tick::OffsetRange;

/// Records of `record_length` bytes each, as `&[u8]`: those of the files in a folder, and then of each file that appears,
/// once.
///
/// Which files these are, in which order they are read, what limits a tick, and what is asked of whoever writes them:
/// as [`text_directory`](super::text_directory). Compressed files (`.gz`, `.zst`) hold records in what they decompress
/// to.
///
/// # Errors
/// At the start: a record length of 0, a folder that does not exist. While it runs: a file whose length is no multiple
/// of the record length (nothing of it is read then; of a compressed file, whose length shows at its end, what
/// earlier ticks took has been), and what goes wrong with `text_directory`.
///
/// # Cost
/// Nothing a byte beyond reading: records are slices of a buffer of about 1 MiB.
///
/// ```
/// use millstream::prelude::*;
///
/// # let folder = std::env::temp_dir().join("millstream-doc-binary-records");
/// # std::fs::create_dir_all(&folder)?;
/// # std::fs::write(folder.join("a.bin"), [1u32, 2].map(u32::to_be_bytes).concat())?;
/// let mut sum = 0;
/// let pipeline = stream! {
///     let records = source(binary_records(&folder, 4));
///     let numbers = records.filter_map(|r| r.try_into().ok()).map(u32::from_be_bytes);
///     numbers.for_each(|n| sum += n);
/// };
/// Engine::local().trigger(Trigger::AvailableNow).run(pipeline)?;
/// assert_eq!(sum, 3);
/// # std::fs::remove_dir_all(&folder)?;
/// # Result::<(), millstream::BoxError>::Ok(())
/// ```
///
/// Spark's `binaryRecordsStream`.
pub fn binary_records(folders: impl IntoPatterns, record_length: usize) -> Directory<FixedLength> {
    Directory::new(folders.into_patterns(), FixedLength { record_length })
}

/// How much is read at a time.
const BLOCK: usize = 1 << 20;

/// Files of records of one length: what [`binary_records`] reads.
#[derive(Clone, Debug)]
pub struct FixedLength {
    record_length: usize,
}

impl FixedLength {
    fn no_multiple(&self, file: &DataFile, length: u64) -> BoxError {
        format!(
            "{} has {length} bytes, which is no multiple of the record length, {}: is it whole, and are its records of \
             that length? Files must be whole when they appear: write them elsewhere and move them in",
            file.name, self.record_length
        )
        .into()
    }

    /// The offset of the first record that begins at or behind `at`.
    fn next_record(&self, at: u64) -> u64 {
        at.div_ceil(self.record_length as u64).saturating_mul(self.record_length as u64)
    }
}

impl FileFormat for FixedLength {
    type Batch = Records;
    const NAME: &'static str = "binary_records";
    const OF_FILES: &'static str = "binary_records";

    fn check_settings(&self) -> Result<(), BoxError> {
        if self.record_length == 0 {
            return Err(
                "records of 0 bytes can't be told apart: `binary_records` takes a length of at least 1"
                    .into(),
            );
        }
        Ok(())
    }

    fn check_length(&self, file: &DataFile, length: u64) -> Result<(), BoxError> {
        if length.is_multiple_of(self.record_length as u64) {
            Ok(())
        } else {
            Err(self.no_multiple(file, length))
        }
    }

    fn cut(&self, _: &Arc<DataFile>, range: Range<u64>, records: &mut u64) -> Result<u64, BoxError> {
        let length = self.record_length as u64;
        let first = self.next_record(range.start);
        let begin = self.next_record(range.end).saturating_sub(first) / length;
        if begin > *records {
            let end = first + *records * length;
            *records = 0;
            return Ok(end);
        }
        *records -= begin;
        Ok(range.end)
    }

    fn grain(&self) -> u64 {
        (self.record_length as u64).max(64 << 10)
    }

    fn read(
        &self,
        file: &Arc<DataFile>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Records) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        // A record belongs to the range in which its first byte lies.
        let (mut at, end) = (self.next_record(range.start), self.next_record(range.end));
        let extent = file.extent(end)?;
        if extent < end {
            return Err(self.no_multiple(file, extent));
        }
        let block = (BLOCK / self.record_length).max(1).saturating_mul(self.record_length) as u64;
        let mut batch = Records { bytes: Vec::new(), record_length: self.record_length };
        while at < end {
            let n = usize::try_from(block.min(end - at)).expect("a block fits into memory");
            // Whoever keeps a batch puts another in its place.
            batch.record_length = self.record_length;
            batch.bytes.resize(n, 0);
            file.read_exact(&mut batch.bytes, at)?;
            visit(&mut batch)?;
            at += n as u64;
        }
        Ok(())
    }
}

/// Records of one length, as `&[u8]` borrowed from the block that was read.
///
/// ```
/// use millstream::batch::Batch;
/// use millstream::source::Records;
///
/// let mut records = Records::new(vec![1, 2, 3, 4], 2);
/// assert_eq!(records.items().collect::<Vec<_>>(), [[1, 2], [3, 4]]);
/// ```
#[derive(Clone, Debug)]
pub struct Records {
    bytes: Vec<u8>,
    record_length: usize,
}

impl Records {
    /// Records of `record_length` bytes each (0 counts as 1), one behind the other. What is left behind the last whole one
    /// is no record.
    pub fn new(bytes: Vec<u8>, record_length: usize) -> Self {
        Records { bytes, record_length: record_length.max(1) }
    }
}

impl Batch for Records {
    type Item<'a> = &'a [u8];
    type Iter<'a> = ChunksExact<'a, u8>;

    fn items(&mut self) -> ChunksExact<'_, u8> {
        self.bytes.chunks_exact(self.record_length)
    }
}
