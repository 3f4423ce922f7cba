//! `text_socket`: the lines that a TCP peer sends.

mod connection;

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

use self::connection::{Link, connect};
use super::backoff::Backoff;
use super::buffered::{BufferOptions, BufferedReader, ByteBuffer, Now};
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use super::{Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;

/// The lines that a TCP server sends, as `&str`. `addr` is `host:port`.
///
/// Connects when the pipeline starts; ends when the peer closes the connection, unless it is to
/// [`reconnect`](TextSocket::reconnect). Lines are offered once they are
/// whole; a last one without newline when the peer closes. One partition; offsets are bytes since the connection
/// was made (or since the position that a checkpoint knows: what was sent before the restart is not sent again).
///
/// # Defaults
/// A buffer of 16 MiB ([`buffer_bytes`](TextSocket::buffer_bytes)), 8 MiB a tick
/// ([`max_bytes_per_tick`](TextSocket::max_bytes_per_tick)), lines of at most 1 MiB
/// ([`max_line_bytes`](TextSocket::max_line_bytes)), text that is no UTF-8 is an error
/// ([`invalid_utf8`](TextSocket::invalid_utf8), [`bytes`](TextSocket::bytes)).
///
/// # Back-pressure
/// While the buffer is full nothing is read from the socket, so that the peer has to wait.
///
/// # Errors
/// At the start: an unknown host, nobody who listens, no answer within 10 seconds. While it runs: a broken
/// connection (after the last attempt, if it is to reconnect), an overlong line, invalid text.
///
/// # `Trigger::AvailableNow`
/// Refused: when the pipeline starts, how much a peer's first bytes have got through is chance, mostly nothing. With
/// `Trigger::Eager` (or an interval) the pipeline reads all that the peer sends and ends when it closes.
///
/// # Replay
/// None, without a checkpoint: what has been read is gone after a crash. With one, the bytes that a tick reads are stored in its
/// log before the tick shows anything, so that it can run again: exactly once from there on. What had come and was in no tick
/// yet is gone.
///
/// ```
/// use millstream::source::{Source, text_socket};
///
/// let source = text_socket("127.0.0.1:7777").buffer_bytes(1 << 20);
/// assert!(!source.info().replayable);
/// ```
///
/// Spark's `socketTextStream`, which connects again every 2 s, for ever.
pub fn text_socket(addr: impl Into<String>) -> TextSocket {
    let now = Now::Unknown(
        "what a peer has sent by now is chance, so a `text_socket` can't be read with `Trigger::AvailableNow`: take \
         `Trigger::Eager`, which ends when the peer closes the connection"
            .to_string(),
    );
    let options = BufferOptions { now, ..BufferOptions::default() };
    TextSocket { addr: addr.into(), options, backoff: None, batch: PhantomData }
}

/// Made by [`text_socket`].
pub struct TextSocket<B = Lines> {
    addr: String,
    options: BufferOptions,
    backoff: Option<Backoff>,
    batch: PhantomData<fn() -> B>,
}

impl<B> TextSocket<B> {
    /// How many bytes may wait in memory. Default: 16 MiB. Has to hold the longest line.
    #[must_use]
    pub fn buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.buffer_bytes = bytes;
        self
    }

    /// How many bytes a tick reads at most (0 counts as 1). Default: 8 MiB.
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.options.max_bytes_per_tick = bytes.max(1);
        self
    }

    /// How many lines a tick reads at most (0 counts as 1), beside the limit on bytes. Default: as many as it has bytes for.
    ///
    /// Cost: when a tick is planned, its bytes are searched for line ends on the driver's thread.
    #[must_use]
    pub fn max_records_per_tick(mut self, lines: u64) -> Self {
        self.options.max_records_per_tick = Some(lines.max(1));
        self
    }

    /// Connects again when the peer closes the connection or it breaks: after the pauses, and as often, as `backoff` says,
    /// by the engine's clock. Default: never; a closed connection is the source's end, a broken one an error.
    ///
    /// Offsets go on. What the peer sent meanwhile to nobody is lost, as with any socket. A line that the end of a
    /// connection cuts is dropped, with a warning in the log that says how many bytes (half a record would be a wrong one;
    /// and so is a last line whose `\n` the peer left out). Attempts are counted from 0 again once something comes; a
    /// connection that closes before is a failed attempt. After the last attempt the pipeline stops, with an error
    /// that says how many there were; so the source has no end of its own. The first connection is made once, at the start:
    /// if nobody listens then, that is an error at once.
    #[must_use]
    pub fn reconnect(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// The longest line that is taken for one, in bytes, its `\n` not counted. Default: 1 MiB. A longer one stops
    /// the pipeline.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: usize) -> Self {
        self.options.lines.max_line_bytes = bytes;
        self
    }
}

impl TextSocket<Lines> {
    /// What happens to text that is no UTF-8. Default: [`InvalidUtf8::Error`].
    #[must_use]
    pub fn invalid_utf8(mut self, policy: InvalidUtf8) -> Self {
        self.options.lines.invalid_utf8 = policy;
        self
    }

    /// Lines as `&[u8]` ([`ByteLines`]), not checked to be UTF-8.
    #[must_use]
    pub fn bytes(self) -> TextSocket<ByteLines> {
        TextSocket { addr: self.addr, options: self.options, backoff: self.backoff, batch: PhantomData }
    }
}

impl<B> fmt::Debug for TextSocket<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text_socket({})", self.addr)
    }
}

impl<B: TextBatch> TextSocket<B> {
    fn start(self, cx: &SourceContext) -> Result<BufferedReader<B>, BoxError> {
        let stream = connect(&self.addr)?;
        let failed = |e: io::Error| format!("the connection to {} can't be used: {e}", self.addr);
        stream.set_nonblocking(true).map_err(failed)?;
        let _tokio = cx.runtime.enter();
        let stream = tokio::net::TcpStream::from_std(stream).map_err(failed)?;
        let name = Arc::from(format!("what {} sent", self.addr));
        let buffer = Arc::new(ByteBuffer::new(name, &self.options, cx.waker.clone()));
        let link = Link::new(self.addr, self.backoff, Arc::clone(&buffer), cx);
        let task = cx.runtime.spawn(link.receive(stream));
        Ok(BufferedReader::new(buffer, self.options, Some(task.abort_handle())))
    }
}

impl<B: TextBatch> Source for TextSocket<B> {
    type Batch = B;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "text_socket", detail: self.addr.clone(), replayable: false }
    }

    fn can_be_logged(&self) -> bool {
        true
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = B>>, BoxError> {
        Ok(Arc::new(self.start(cx)?))
    }
}

#[cfg(test)]
mod tests;
