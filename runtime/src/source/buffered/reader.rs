//! The reader over a buffer.

use std::ops::Range;
use std::sync::{Arc, MutexGuard};

use super::{BufferOptions, ByteBuffer};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::source::line_reader::{LineReader, ReadAt};
use crate::source::text::TextBatch;
use crate::source::{Offer, Reader};
use crate::sync::Mutex;
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

/// What a tick read before the restart, from the log. It begins with a line, and ends with one.
struct Logged {
    start: u64,
    bytes: Vec<u8>,
}

impl Logged {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ReadAt for &Logged {
    fn span(&self) -> Range<u64> {
        self.start..self.end()
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        let from = usize::try_from(at - self.start).expect("it is in memory");
        let bytes = &self.bytes[from..];
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
    /// What came before the restart and is read again, in order.
    logged: Mutex<Vec<Arc<Logged>>>,
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
            logged: Mutex::default(),
            task,
        }
    }
}

impl<B> BufferedReader<B> {
    fn all_logged(&self) -> MutexGuard<'_, Vec<Arc<Logged>>> {
        self.logged.lock().expect("nothing panics while this is locked")
    }

    /// What of the log holds this range.
    fn logged(&self, range: OffsetRange) -> Option<Arc<Logged>> {
        let all = self.all_logged();
        all.iter().find(|l| l.start <= range.start && range.end <= l.end()).cloned()
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
            if let Some(logged) = self.logged(range) {
                return self.lines.read(&&*logged, &self.buffer.name, range, visit);
            }
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

    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        let mut bytes = vec![0; usize::try_from(range.len()).expect("it is in memory")];
        let mut filled = 0;
        while filled < bytes.len() {
            filled += (&*self.buffer).read_at(&mut bytes[filled..], range.start + filled as u64)?;
        }
        Ok(Some(bytes))
    }

    fn read_back(&self, range: OffsetRange, bytes: Vec<u8>) -> Result<(), BoxError> {
        if bytes.len() as u64 != range.len() {
            let (len, wanted) = (bytes.len(), range.len());
            return Err(
                format!("the log holds {len} bytes of {}, where it says {wanted}", self.buffer.name).into()
            );
        }
        self.all_logged().push(Arc::new(Logged { start: range.start, bytes }));
        Ok(())
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        positions.get(&0).map_or(Ok(()), |position| self.buffer.seek(*position))
    }

    fn release(&self, positions: &Positions) {
        if let Some(position) = positions.get(&0) {
            self.all_logged().retain(|logged| logged.end() > *position);
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
