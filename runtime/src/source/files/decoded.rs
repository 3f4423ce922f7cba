//! The text of a compressed file, decompressed as far as it is asked for.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Arc, MutexGuard};

use memchr::memchr;

use super::super::line_reader::ReadAt;
use super::decompress::Format;
use super::index::{Index, MARK};
use super::origin::Origin;
use crate::BoxError;
use crate::sync::Mutex;

/// How much is decompressed at a time. In tests little, so that texts of a few lines have many pieces.
const PIECE: usize = if cfg!(test) { 5 } else { 256 << 10 };

/// A compressed stream can't be entered in its middle. So the decoder stays open between two requests, and what it has
/// given is held until it is released: a file that is read from its start to its end is decompressed once, and the
/// tasks of a tick read their parts of what is held side by side. Who wants what is no longer held (a replay) has
/// the file decompressed from its start again.
pub(super) struct Decoded {
    name: Arc<str>,
    origin: Origin,
    bytes: u64,
    format: Format,
    /// Hears of all that is decompressed.
    index: Option<Arc<Index>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Open where `end` is. `None` before the first byte, and behind the last.
    decoder: Option<Box<dyn Read + Send>>,
    pieces: VecDeque<Arc<Vec<u8>>>,
    /// The offset of the first piece.
    base: u64,
    /// Where the last piece ends.
    end: u64,
    /// What lies before will not be asked for.
    keep_from: u64,
    length: Option<u64>,
}

impl Decoded {
    pub fn new(
        name: Arc<str>,
        origin: Origin,
        bytes: u64,
        format: Format,
        index: Option<Arc<Index>>,
    ) -> Self {
        Decoded { name, origin, bytes, format, index, state: Mutex::default() }
    }

    /// The length of the text, or `wanted` if there is as much.
    pub fn extent(&self, wanted: u64) -> Result<u64, BoxError> {
        let mut state = self.state();
        if let Some(length) = state.length {
            return Ok(length.min(wanted));
        }
        self.fill(&mut state, wanted)?;
        Ok(state.end.min(wanted))
    }

    /// All lines that begin between `start` and `end`, as far as they are not longer than `max_line_bytes`.
    pub fn lines(&self, start: u64, end: u64, max_line_bytes: usize) -> Result<View, BoxError> {
        let mut state = self.state();
        self.rewind_to(&mut state, start.saturating_sub(1));
        // The line that holds the last byte ends at or behind it. Enough to see that it is too long is enough.
        let last = end.saturating_sub(1);
        let most = end.saturating_add(max_line_bytes as u64).saturating_add(2);
        self.fill(&mut state, end)?;
        let mut searched = last;
        while !state.has_newline(searched) && state.end < most {
            searched = state.end.max(last);
            if !self.piece(&mut state)? {
                break;
            }
        }
        Ok(state.view(start.saturating_sub(1)))
    }

    /// The bytes between `start` and `end`, all of which there are.
    pub fn bytes(&self, start: u64, end: u64) -> Result<View, BoxError> {
        let mut state = self.state();
        self.rewind_to(&mut state, start);
        self.fill(&mut state, end)?;
        if state.end < end {
            return Err(format!(
                "{} ends at offset {}, before {end}: it has been replaced",
                self.name, state.end
            )
            .into());
        }
        Ok(state.view(start))
    }

    /// What lies before `position` is not asked for any more; but for the byte before it, which tells whether a line
    /// begins there.
    pub fn keep_from(&self, position: u64) {
        let mut state = self.state();
        // Records are looked for from the mark before.
        let margin = if self.index.is_some() { MARK } else { 0 };
        state.keep_from = position.saturating_sub(1 + margin);
        if state.length.is_some_and(|length| position >= length) {
            state.pieces.clear();
            state.base = state.end;
        }
        state.drop_pieces();
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.state().pieces.iter().map(|piece| piece.len()).sum()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no decoder panics: it returns errors")
    }

    /// Starts again at the beginning of the file, if what is wanted is no longer held. (A replay reads behind the position
    /// where reading is to go on, and its tasks come in any order.)
    fn rewind_to(&self, state: &mut State, start: u64) {
        if start < state.base {
            *state = State { keep_from: start, length: state.length, ..State::default() };
        }
        state.keep_from = state.keep_from.min(start);
    }

    /// Decompresses up to `to`, or to the end.
    fn fill(&self, state: &mut State, to: u64) -> Result<(), BoxError> {
        while state.end < to && self.piece(state)? {}
        Ok(())
    }

    /// Decompresses the next piece. `false`: there is none.
    fn piece(&self, state: &mut State) -> Result<bool, BoxError> {
        if state.length == Some(state.end) {
            return Ok(false);
        }
        let decoder = match &mut state.decoder {
            Some(decoder) => decoder,
            none => {
                let input = self.origin.reader(self.bytes);
                let input = input.map_err(|e| super::gone(&self.name, state.end, &e))?;
                none.insert(self.format.decode(input, self.bytes))
            }
        };
        let mut piece = Vec::with_capacity(PIECE);
        decoder
            .by_ref()
            .take(PIECE as u64)
            .read_to_end(&mut piece)
            .map_err(|e| self.damaged(state.end + piece.len() as u64, &e))?;
        if piece.len() < PIECE {
            state.decoder = None;
            state.length = Some(state.end + piece.len() as u64);
        }
        let any = !piece.is_empty();
        if let Some(index) = &self.index {
            index.pass(state.end, &piece);
        }
        state.end += piece.len() as u64;
        if any {
            state.pieces.push_back(Arc::new(piece));
            state.drop_pieces();
        }
        Ok(any)
    }

    fn damaged(&self, at: u64, error: &io::Error) -> BoxError {
        let (name, format) = (&self.name, self.format.name());
        if is_end_of_input(error) {
            return format!(
                "{name} is cut short: its {format} data ends in the middle, behind byte {at} of its text; was it still \
                 being written? Files must be whole when they appear: write them elsewhere and move them in",
            )
            .into();
        }
        format!(
            "{name} can't be decompressed behind byte {at} of its text: {error}; it is damaged or no {format} file: make \
             it anew, or say what it is with `.compression(…)`",
        )
        .into()
    }
}

/// Whether the input ended while more was expected; a decoder may say so in an error of its own.
fn is_end_of_input(error: &(dyn std::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|e| e.kind() == io::ErrorKind::UnexpectedEof)
        || io.and_then(io::Error::get_ref).is_some_and(|inner| is_end_of_input(inner))
        || error.source().is_some_and(is_end_of_input)
}

impl State {
    fn drop_pieces(&mut self) {
        while let Some(piece) = self.pieces.front() {
            let end = self.base + piece.len() as u64;
            if end > self.keep_from {
                break;
            }
            self.base = end;
            self.pieces.pop_front();
        }
    }

    /// Whether there is a newline at or behind `from` in what is held.
    fn has_newline(&self, from: u64) -> bool {
        let mut base = self.base;
        self.pieces.iter().any(|piece| {
            let skip = usize::try_from(from.saturating_sub(base)).unwrap_or(usize::MAX).min(piece.len());
            base += piece.len() as u64;
            memchr(b'\n', &piece[skip..]).is_some()
        })
    }

    /// What is held from `start` on.
    fn view(&self, start: u64) -> View {
        let mut base = self.base;
        let mut from = None;
        let mut pieces = Vec::new();
        for piece in &self.pieces {
            let end = base + piece.len() as u64;
            if end > start {
                from.get_or_insert(base);
                pieces.push(Arc::clone(piece));
            }
            base = end;
        }
        View { pieces, base: from.unwrap_or(self.end), end: self.end }
    }
}

/// A part of the text, for a task.
pub(super) struct View {
    pieces: Vec<Arc<Vec<u8>>>,
    base: u64,
    end: u64,
}

impl ReadAt for View {
    fn span(&self) -> Range<u64> {
        // From the text's start, where a line begins; whoever reads keeps to what was asked for.
        0..self.end
    }

    fn read_at(&self, into: &mut [u8], at: u64) -> Result<usize, BoxError> {
        let mut base = self.base;
        for piece in &self.pieces {
            let end = base + piece.len() as u64;
            if at < end {
                let skip = usize::try_from(at - base).expect("it is in memory");
                let n = into.len().min(piece.len() - skip);
                into[..n].copy_from_slice(&piece[skip..skip + n]);
                return Ok(n);
            }
            base = end;
        }
        Err(format!("byte {at} of a text was to be read that ends at {}", self.end).into())
    }
}
