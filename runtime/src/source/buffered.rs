//! A bounded buffer between a peer that sends when it likes and a driver that reads ranges: what `text_socket`
//! and `stdin` share.

mod reader;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, MutexGuard};

use memchr::{memchr, memrchr};
use tokio::sync::Notify;

pub(crate) use self::reader::BufferedReader;
use super::line_count::LineCount;
use super::line_reader::{LineOptions, first_overlong, too_long};
use super::text_files::MAX_BYTES_PER_TICK;
use super::{Offer, Waker};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::sync::Mutex;
use crate::tick::OffsetRange;

/// How much is read from the peer at a time.
pub(crate) const CHUNK: usize = 64 << 10;

/// Settings of a source that buffers.
#[derive(Clone, Debug)]
pub(crate) struct BufferOptions {
    pub lines: LineOptions,
    pub buffer_bytes: usize,
    pub max_bytes_per_tick: u64,
    pub max_records_per_tick: Option<u64>,
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
            max_records_per_tick: None,
            now: Now::UntilEnd,
        }
    }
}

/// The bytes that have come and are not released.
///
/// # Contract
/// - The peer's side asks for [`room`](ByteBuffer::room), and pushes no more than that.
/// - Only whole lines are offered, and offers end with one; at the end also a last one without newline.
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
    /// Until then the peer's side waits by the clock.
    due: Option<Timestamp>,
    failed: Option<String>,
}

impl State {
    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// The end of the last line that ends by `end`; of the first behind it, if none does. So a piece can be read without what
    /// is around it, as the log of a checkpoint has it.
    fn whole_lines(&self, end: u64) -> u64 {
        if end == self.whole {
            return end;
        }
        let within = |offset: u64| usize::try_from(offset - self.base).expect("it is in memory");
        let (from, till, whole) = (within(self.offered), within(end), within(self.whole));
        let (first, second) = self.bytes.as_slices();
        let middle = first.len();
        let pieces = |from: usize, till: usize| {
            let second = &second[from.saturating_sub(middle)..till.saturating_sub(middle)];
            (&first[from.min(middle)..till.min(middle)], second)
        };
        let (one, two) = pieces(from, till);
        let before = memrchr(b'\n', two).map(|at| one.len() + at).or_else(|| memrchr(b'\n', one));
        if let Some(at) = before {
            return self.offered + at as u64 + 1;
        }
        let (one, two) = pieces(till, whole);
        let behind = memchr(b'\n', one).or_else(|| memchr(b'\n', two).map(|at| one.len() + at));
        behind.map_or(self.whole, |at| end + at as u64 + 1)
    }

    /// The end of the longest piece from `offered` up to `end` in which at most so many lines begin.
    fn cut(&self, end: u64, lines: u64) -> u64 {
        let within = |offset: u64| usize::try_from(offset - self.base).expect("it is in memory");
        let (from, till) = (within(self.offered), within(end));
        let begins = self.offered == self.origin || self.bytes.get(from - 1) == Some(&b'\n');
        let mut count = LineCount::new(lines, begins);
        let (first, second) = self.bytes.as_slices();
        let middle = first.len();
        let first = &first[from.min(middle)..till.min(middle)];
        let second = &second[from.saturating_sub(middle)..till.saturating_sub(middle)];
        let too_many = count.pass(first).or_else(|| count.pass(second).map(|at| first.len() + at));
        too_many.map_or(end, |at| self.offered + at as u64)
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

    /// Forgets what came of a line whose end will not come. Returns how many bytes.
    pub(crate) fn drop_begun_line(&self) -> usize {
        let mut state = self.state();
        let kept = usize::try_from(state.whole - state.base).expect("it is in memory");
        let dropped = state.bytes.len() - kept;
        state.bytes.truncate(kept);
        dropped
    }

    /// The peer's side waits by the clock, until then; or no more.
    pub(crate) fn set_due(&self, due: Option<Timestamp>) {
        self.state().due = due;
        self.waker.wake();
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

    fn available(&self, max_bytes: u64, max_lines: Option<u64>) -> Result<Offer, BoxError> {
        let mut state = self.state();
        if let Now::Unknown(error) = &self.now
            && state.frozen
        {
            return Err(error.as_str().into());
        }
        let mut end = state.whole_lines(state.whole.min(state.offered.saturating_add(max_bytes)));
        if let Some(lines) = max_lines {
            end = state.cut(end, lines);
        }
        let range = OffsetRange { partition: 0, start: state.offered, end };
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

#[cfg(test)]
mod tests;
