//! A bounded buffer between a peer that sends when it likes and a driver that reads ranges: what `text_socket`
//! and `stdin` share.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, MutexGuard};

use memchr::{memchr, memrchr};
use tokio::sync::Notify;

use super::line_reader::{LineOptions, LineReader, ReadAt, first_overlong, too_long};
use super::text::TextBatch;
use super::text_files::MAX_BYTES_PER_TICK;
use super::{Offer, Reader, Waker};
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// How much is read from the peer at a time.
pub(crate) const CHUNK: usize = 64 << 10;

/// Settings of a source that buffers.
#[derive(Clone, Debug)]
pub(crate) struct BufferOptions {
    pub lines: LineOptions,
    pub buffer_bytes: usize,
    pub max_bytes_per_tick: u64,
    /// What `freeze` means.
    pub now: Now,
}

/// What "the input that exists now" is of a peer whose input has no length before it has been read.
#[derive(Clone, Debug)]
pub(crate) enum Now {
    /// All up to its end.
    UntilEnd,
    /// Nothing that can be known: the error that says so.
    Unknown(String),
}

impl Default for BufferOptions {
    fn default() -> Self {
        BufferOptions {
            lines: LineOptions::default(),
            buffer_bytes: 16 << 20,
            max_bytes_per_tick: MAX_BYTES_PER_TICK,
            now: Now::UntilEnd,
        }
    }
}

/// The bytes that have come and are not released.
///
/// # Contract
/// - The peer's side asks for [`room`](ByteBuffer::room), and pushes no more than that.
/// - Only whole lines are offered; at the end also a last one without newline.
/// - An error is reported when all that came before it has been offered.
pub(crate) struct ByteBuffer {
    /// What it holds, for errors: `what 127.0.0.1:7777 sent`.
    name: Arc<str>,
    capacity: usize,
    max_line_bytes: usize,
    now: Now,
    waker: Waker,
    state: Mutex<State>,
    /// Told when there is room again, or the buffer is closed: a task, and a thread.
    room: Notify,
    room_for_thread: Condvar,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// The offset of the first of `bytes`: one less than `released`, to tell whether a line begins there.
    base: u64,
    /// The offset of the first byte that ever came.
    origin: u64,
    released: u64,
    offered: u64,
    /// Where the last whole line ends.
    whole: u64,
    /// The run is to read the input that exists now.
    frozen: bool,
    ended: bool,
    closed: bool,
    failed: Option<String>,
}

impl State {
    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }
}

impl ByteBuffer {
    pub(crate) fn new(name: Arc<str>, options: &BufferOptions, waker: Waker) -> Self {
        ByteBuffer {
            name,
            capacity: options.buffer_bytes.max(2),
            max_line_bytes: options.lines.max_line_bytes,
            now: options.now.clone(),
            waker,
            state: Mutex::default(),
            room: Notify::new(),
            room_for_thread: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while the buffer is locked")
    }

    fn room_in(&self, state: &State) -> Option<usize> {
        if state.closed || state.failed.is_some() {
            return None;
        }
        let used = usize::try_from(state.end() - state.released).expect("it is in memory");
        Some(self.capacity.saturating_sub(used))
    }

    /// Waits until there is room, and says how much. `None`: no more is wanted.
    pub(crate) async fn room(&self) -> Option<usize> {
        loop {
            match self.room_in(&self.state()) {
                Some(0) => {}
                room => return room,
            }
            // Keeps a permit, so what was released since the check is not missed.
            self.room.notified().await;
        }
    }

    /// [`room`](Self::room), for a thread.
    pub(crate) fn room_blocking(&self) -> Option<usize> {
        let state = self
            .room_for_thread
            .wait_while(self.state(), |state| self.room_in(state) == Some(0))
            .expect("nothing panics while the buffer is locked");
        self.room_in(&state)
    }

    /// Appends what came.
    pub(crate) fn push(&self, chunk: &[u8]) {
        let mut state = self.state();
        debug_assert!(
            self.room_in(&state).is_none_or(|room| chunk.len() <= room),
            "pushed more than there was room"
        );
        if state.closed || state.failed.is_some() {
            return;
        }
        let begun = usize::try_from(state.end() - state.whole).expect("it is in memory");
        let end = state.end();
        let mut chunk = chunk;
        if let Some((good, error)) = self.overlong(chunk, begun, end) {
            chunk = &chunk[..good];
            state.failed = Some(error);
        }
        state.bytes.extend(chunk);
        if let Some(at) = memrchr(b'\n', chunk) {
            state.whole = end + at as u64 + 1;
        }
        let wake = state.offered < state.whole || state.failed.is_some();
        drop(state);
        if wake {
            self.waker.wake();
        }
    }

    /// Whether a line is too long that ends in `chunk` or goes beyond it: how much of `chunk` is before that, and
    /// the error. `begun` bytes of the first line came before `chunk`, which is at offset `end`.
    fn overlong(&self, chunk: &[u8], begun: usize, end: u64) -> Option<(usize, String)> {
        let first = memchr(b'\n', chunk);
        let length = begun + first.unwrap_or(chunk.len());
        let line = end - begun as u64;
        if length > self.max_line_bytes {
            return Some((0, too_long(&self.name, line, self.max_line_bytes).to_string()));
        }
        if length >= self.capacity {
            let error = format!(
                "the line at offset {line} of {} does not fit into the buffer of {} bytes: raise `.buffer_bytes(n)`",
                self.name, self.capacity
            );
            return Some((0, error));
        }
        let behind = first? + 1;
        let at = behind + first_overlong(&chunk[behind..], self.max_line_bytes)?;
        Some((at, too_long(&self.name, end + at as u64, self.max_line_bytes).to_string()))
    }

    /// Nothing more will come.
    pub(crate) fn finish(&self) {
        let mut state = self.state();
        state.whole = state.end();
        state.ended = true;
        drop(state);
        self.waker.wake();
    }

    /// Nothing more can be read, because of `error`.
    pub(crate) fn fail(&self, error: String) {
        self.state().failed.get_or_insert(error);
        self.waker.wake();
    }

    fn available(&self, max_bytes: u64) -> Result<Offer, BoxError> {
        let mut state = self.state();
        if let Now::Unknown(error) = &self.now
            && state.frozen
        {
            return Err(error.as_str().into());
        }
        let range = OffsetRange {
            partition: 0,
            start: state.offered,
            end: state.whole.min(state.offered.saturating_add(max_bytes)),
        };
        if let Some(error) = state.failed.as_ref().filter(|_| range.is_empty()) {
            return Err(error.as_str().into());
        }
        state.offered = range.end;
        let all = range.end == state.whole;
        let ended = state.ended && all;
        Ok(Offer {
            ranges: if range.is_empty() { Vec::new() } else { vec![range] },
            caught_up: all && state.failed.is_none(),
            ended,
            waiting: state.frozen && !ended && !state.closed,
        })
    }

    fn seek(&self, position: u64) -> Result<(), BoxError> {
        let mut state = self.state();
        if state.offered != state.origin {
            return Err(format!("a source can't be moved once it is read ({})", self.name).into());
        }
        // What was read before the restart is gone; the offsets go on, so that they never run backwards.
        let by = |offset: u64| offset - state.origin + position;
        let (base, whole) = (by(state.base), by(state.whole));
        *state = State {
            base,
            origin: position,
            released: position,
            offered: position,
            whole,
            ..std::mem::take(&mut *state)
        };
        Ok(())
    }

    fn release(&self, position: u64) {
        let mut state = self.state();
        state.released = position.clamp(state.released, state.offered);
        let keep_from = state.released.saturating_sub(1).max(state.base);
        let gone = usize::try_from(keep_from - state.base).expect("it is in memory");
        state.bytes.drain(..gone);
        state.base = keep_from;
        if state.bytes.capacity() > CHUNK.max(4 * state.bytes.len()) {
            let target = CHUNK.max(2 * state.bytes.len());
            state.bytes.shrink_to(target);
        }
        drop(state);
        self.room.notify_one();
        self.room_for_thread.notify_all();
    }

    /// Takes nothing more; what has come can still be read. A line that has come in part is none.
    fn close(&self) {
        self.state().closed = true;
        self.room.notify_one();
        self.room_for_thread.notify_all();
    }

    #[cfg(test)]
    pub(crate) fn buffered(&self) -> usize {
        let state = self.state();
        usize::try_from(state.end() - state.released).expect("it is in memory")
    }
}

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
    /// The task that fills the buffer, if it is a task.
    task: Option<tokio::task::AbortHandle>,
}

impl<B: TextBatch> BufferedReader<B> {
    pub(crate) fn new(
        buffer: Arc<ByteBuffer>,
        options: BufferOptions,
        task: Option<tokio::task::AbortHandle>,
    ) -> Self {
        let BufferOptions { lines, max_bytes_per_tick, .. } = options;
        BufferedReader { buffer, lines: LineReader::new(lines), max_bytes_per_tick, task }
    }
}

impl<B: TextBatch> Reader for BufferedReader<B> {
    type Batch = B;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.buffer.available(self.max_bytes_per_tick.min(limit).max(1))
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

#[cfg(test)]
mod tests;
