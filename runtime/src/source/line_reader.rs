//! From byte ranges to batches of whole lines: what all text sources share.

use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::text::{Block, InvalidUtf8, TextBatch};
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::OffsetRange;

/// How far a reader looks beyond its range at first, for the end of its last line.
const LOOK_AHEAD: usize = 4096;

/// Bytes at offsets: a file, or what a socket has sent.
pub(crate) trait ReadAt {
    /// The offsets that can be read. The first one begins a line; the end ends one, with or without newline.
    fn span(&self) -> Range<u64>;

    /// Fills `into` from the offset `at` on, at least a byte of it; `at + into.len()` is within the span.
    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError>;
}

/// Settings of a text source.
#[derive(Clone, Debug)]
pub(crate) struct LineOptions {
    pub block_bytes: usize,
    pub max_line_bytes: usize,
    pub invalid_utf8: InvalidUtf8,
}

impl Default for LineOptions {
    fn default() -> Self {
        LineOptions { block_bytes: 1 << 20, max_line_bytes: 1 << 20, invalid_utf8: InvalidUtf8::Error }
    }
}

/// Reads ranges as batches.
///
/// # Contract
/// - A line belongs to the range in which its first byte lies. So ranges may be cut at any byte.
/// - What a range holds depends on nothing but the bytes; block size decides only how lines are batched.
pub(crate) struct LineReader<B> {
    options: LineOptions,
    /// Buffers that wait for the next read; all of `block_bytes`, so that none is zeroed twice.
    pool: Mutex<Vec<Vec<u8>>>,
    batch: PhantomData<fn() -> B>,
}

impl<B> LineReader<B> {
    pub(crate) fn new(options: LineOptions) -> Self {
        LineReader { options, pool: Mutex::default(), batch: PhantomData }
    }

    pub(crate) fn options_mut(&mut self) -> &mut LineOptions {
        &mut self.options
    }
}

impl<B: TextBatch> LineReader<B> {
    pub(crate) fn max_line_bytes(&self) -> usize {
        self.options.max_line_bytes
    }

    /// Hands the lines of `range` to `visit`. `name` says in errors what `input` is.
    pub(crate) fn read(
        &self,
        input: &impl ReadAt,
        name: &Arc<str>,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        if range.is_empty() {
            return Ok(());
        }
        let span = input.span();
        if range.start < span.start || range.end > span.end {
            return Err(format!(
                "{name} was to be read from byte {} to {}, but there are only bytes {} to {} of it",
                range.start, range.end, span.start, span.end,
            )
            .into());
        }
        let mut cursor = Cursor {
            // A line begins behind a newline: so the byte before the range decides whether one begins with it.
            base: if range.start == span.start { range.start } else { range.start - 1 },
            skipping: range.start != span.start,
            buffer: self.take_buffer(),
            filled: 0,
            carry: Vec::new(),
        };
        let mut done = false;
        while !done {
            let fresh = cursor.fill(input, range.end, span.end)?;
            let Some(from) = cursor.first_line(fresh, range.end) else {
                if cursor.end() >= range.end {
                    break;
                }
                continue;
            };
            let till;
            (till, done) = cursor.last_line(from.max(fresh), range.end, span.end);
            let till = till.unwrap_or(from);
            let own = from..if done { till } else { cursor.filled };
            self.check_lengths(&cursor.buffer[own], name, cursor.base + from as u64)?;
            self.hand_on(&mut cursor, from..till, name, visit)?;
        }
        self.give_back(cursor.buffer);
        Ok(())
    }

    /// Visits `lines` of the buffer and moves what follows them to the buffer's start.
    fn hand_on(
        &self,
        cursor: &mut Cursor,
        lines: Range<usize>,
        name: &Arc<str>,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        if lines.end == 0 {
            return Ok(()); // only a part of a line so far
        }
        cursor.carry.clear();
        cursor.carry.extend_from_slice(&cursor.buffer[lines.end..cursor.filled]);
        if !lines.is_empty() {
            let block = Block {
                bytes: std::mem::take(&mut cursor.buffer),
                lines: lines.clone(),
                name: Some(Arc::clone(name)),
                offset: cursor.base + lines.start as u64,
            };
            let mut batch = B::of_block(block, self.options.invalid_utf8);
            visit(&mut batch)?;
            // Whoever kept the batch has put a smaller one in its place.
            cursor.buffer = batch.take_block().bytes;
            if cursor.buffer.len() < self.options.block_bytes.max(cursor.carry.len()) {
                cursor.buffer.resize(self.options.block_bytes.max(cursor.carry.len()), 0);
            }
        }
        cursor.base += lines.end as u64;
        cursor.filled = cursor.carry.len();
        cursor.buffer[..cursor.filled].copy_from_slice(&cursor.carry);
        Ok(())
    }

    fn check_lengths(&self, lines: &[u8], name: &str, offset: u64) -> Result<(), BoxError> {
        match first_overlong(lines, self.options.max_line_bytes) {
            Some(at) => Err(too_long(name, offset + at as u64, self.options.max_line_bytes)),
            None => Ok(()),
        }
    }

    fn take_buffer(&self) -> Vec<u8> {
        let pooled = self.pool.lock().expect("nothing panics while the pool is locked").pop();
        pooled.unwrap_or_else(|| vec![0; self.options.block_bytes])
    }

    fn give_back(&self, buffer: Vec<u8>) {
        if buffer.len() == self.options.block_bytes {
            self.pool.lock().expect("nothing panics while the pool is locked").push(buffer);
        }
    }
}

/// One pass over a range.
struct Cursor {
    buffer: Vec<u8>,
    /// How much of the buffer holds bytes.
    filled: usize,
    /// The offset of the buffer's first byte.
    base: u64,
    /// No line of the range has begun yet.
    skipping: bool,
    /// The beginning of a line whose end is yet to be read.
    carry: Vec<u8>,
}

impl Cursor {
    fn end(&self) -> u64 {
        self.base + self.filled as u64
    }

    /// Reads on. Returns where in the buffer the new bytes begin.
    fn fill(&mut self, input: &impl ReadAt, range_end: u64, span_end: u64) -> Result<usize, BoxError> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let fresh = self.filled;
        let at = self.end();
        let ahead = LOOK_AHEAD.max(self.filled) as u64;
        let wanted = (range_end.saturating_sub(at) + ahead).min(span_end - at);
        let till = self.buffer.len().min(fresh.saturating_add(usize::try_from(wanted).unwrap_or(usize::MAX)));
        if till > fresh {
            self.filled += input.read_at(&mut self.buffer[fresh..till], at)?;
        }
        Ok(fresh)
    }

    /// Where the first line of the range that is not yet handed on begins. `None`: not in what has been read so
    /// far, which is then dropped; if that reaches the end of the range, there is none.
    fn first_line(&mut self, fresh: usize, range_end: u64) -> Option<usize> {
        if !self.skipping {
            return Some(0);
        }
        let found = memchr(b'\n', &self.buffer[fresh..self.filled]).map(|at| fresh + at + 1);
        match found {
            Some(from) if self.base + (from as u64) < range_end => {
                self.skipping = false;
                Some(from)
            }
            // A line begins, but not in this range.
            Some(_) => None,
            None => {
                self.base = self.end();
                self.filled = 0;
                None
            }
        }
    }

    /// Where the last whole line in the buffer that belongs to the range ends (`None`: no line does), and whether
    /// it is the last one of the range. There is no newline before `from` but those that have been dealt with.
    fn last_line(&self, from: usize, range_end: u64, span_end: u64) -> (Option<usize>, bool) {
        let bytes = &self.buffer[..self.filled];
        // The last line ends with the first newline at or behind the range's last byte.
        let last_byte = usize::try_from((range_end - 1).saturating_sub(self.base)).unwrap_or(usize::MAX);
        if last_byte < self.filled {
            let look = last_byte.max(from);
            if let Some(at) = memchr(b'\n', &bytes[look..]) {
                return (Some(look + at + 1), true);
            }
            if self.end() == span_end {
                return (Some(self.filled), true);
            }
        }
        let before = last_byte.clamp(from, self.filled);
        (memrchr(b'\n', &bytes[from..before]).map(|at| from + at + 1), false)
    }
}

/// Where the first line with more than `max` bytes (its newline not counted) begins. The last line may be
/// incomplete.
pub(crate) fn first_overlong(bytes: &[u8], max: usize) -> Option<usize> {
    let mut start = 0;
    // Jumps from the last line start within reach to the next: all lines between are short enough.
    while bytes.len() - start > max {
        match memrchr(b'\n', &bytes[start..=start + max]) {
            Some(at) => start += at + 1,
            None => return Some(start),
        }
    }
    None
}

pub(crate) fn too_long(name: &str, offset: u64, max: usize) -> BoxError {
    format!(
        "the line at offset {offset} of {name} is longer than {max} bytes; if such lines are right, allow them with \
         `.max_line_bytes(n)`; if not, is this text with line ends (`\\n`)?",
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_overlong_line_is_found_wherever_it_lies() {
        assert_eq!(first_overlong(b"", 0), None);
        assert_eq!(first_overlong(b"abc\nabc\nabc", 3), None);
        assert_eq!(first_overlong(b"abc\nabcd\n", 3), Some(4));
        assert_eq!(first_overlong(b"abc\n\nabcd", 3), Some(5));
        assert_eq!(first_overlong(b"\n\n\n", 0), None);
        assert_eq!(first_overlong(b"\n\na", 0), Some(2));
    }
}
