//! The reader over a buffer.

use std::ops::Range;
use std::sync::Arc;

use super::{BufferOptions, ByteBuffer};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::source::line_reader::{LineReader, ReadAt};
use crate::source::text::TextBatch;
use crate::source::{Offer, Reader};
use crate::tick::{OffsetRange, Positions};

impl ReadAt for &ByteBuffer {
    fn span(&self) -> Range<u64> {
        let state = self.state();
        state.origin..state.whole
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        let state = self.state();
        let Some(from) = at.checked_sub(state.base) else {
            let kept = state.released;
            return Err(format!(
                "bytes from {at} on of {} are gone; they are kept from {kept} on",
                self.name
            )
            .into());
        };
        let from = usize::try_from(from).expect("it is in memory");
        let (first, second) = state.bytes.as_slices();
        let bytes = if from < first.len() { &first[from..] } else { &second[from - first.len()..] };
        let n = bytes.len().min(into.len());
        into[..n].copy_from_slice(&bytes[..n]);
        Ok(n)
    }
}

/// The reader over a buffer.
pub(crate) struct BufferedReader<B> {
    pub(crate) buffer: Arc<ByteBuffer>,
    lines: LineReader<B>,
    max_bytes_per_tick: u64,
    max_records_per_tick: Option<u64>,
    /// The task that fills the buffer, if it is a task.
    task: Option<tokio::task::AbortHandle>,
}

impl<B: TextBatch> BufferedReader<B> {
    pub(crate) fn new(
        buffer: Arc<ByteBuffer>,
        options: BufferOptions,
        task: Option<tokio::task::AbortHandle>,
    ) -> Self {
        let BufferOptions { lines, max_bytes_per_tick, max_records_per_tick, .. } = options;
        BufferedReader {
            buffer,
            lines: LineReader::new(lines),
            max_bytes_per_tick,
            max_records_per_tick,
            task,
        }
    }
}

impl<B: TextBatch> Reader for BufferedReader<B> {
    type Batch = B;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.buffer.available(self.max_bytes_per_tick.min(limit).max(1), self.max_records_per_tick)
    }

    fn due(&self) -> Option<Timestamp> {
        self.buffer.state().due
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let origin = self.buffer.state().origin;
        if range.start < origin {
            return Err(format!(
                "bytes from {} to {origin} of {} are gone: they came before the restart, and can't be read again",
                range.start, self.buffer.name
            )
            .into());
        }
        self.lines.read(&&*self.buffer, &self.buffer.name, range, visit)
    }

    fn grain(&self) -> u64 {
        64 << 10
    }

    fn freeze(&self) {
        self.buffer.state().frozen = true;
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        positions.get(&0).map_or(Ok(()), |position| self.buffer.seek(*position))
    }

    fn release(&self, positions: &Positions) {
        if let Some(position) = positions.get(&0) {
            self.buffer.release(*position);
        }
    }

    fn drain(&self) -> bool {
        self.buffer.close();
        true
    }

    fn close(&self) {
        self.buffer.close();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<B> Drop for BufferedReader<B> {
    fn drop(&mut self) {
        self.buffer.close();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
