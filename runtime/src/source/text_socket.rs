//! `text_socket`: the lines that a TCP peer sends.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::buffered::{BufferOptions, BufferedReader, ByteBuffer, CHUNK, Now};
use super::text::{ByteLines, InvalidUtf8, Lines, TextBatch};
use super::{Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;

/// How long the peer may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The lines that a TCP server sends, as `&str`. `addr` is `host:port`.
///
/// Connects when the pipeline starts; ends when the peer closes the connection. Lines are offered once they are
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
/// connection, an overlong line, invalid text.
///
/// # `Trigger::AvailableNow`
/// Refused: when the pipeline starts, how much a peer's first bytes have got through is chance, mostly nothing. With
/// `Trigger::Eager` (or an interval) the pipeline reads all that the peer sends and ends when it closes.
///
/// # Replay
/// None: what has been read is gone after a crash.
///
/// ```
/// use millstream::source::{Source, text_socket};
///
/// let source = text_socket("127.0.0.1:7777").buffer_bytes(1 << 20);
/// assert!(!source.info().replayable);
/// ```
///
/// Spark's `socketTextStream`.
pub fn text_socket(addr: impl Into<String>) -> TextSocket {
    let now = Now::Unknown(
        "what a peer has sent by now is chance, so a `text_socket` can't be read with `Trigger::AvailableNow`: take \
         `Trigger::Eager`, which ends when the peer closes the connection"
            .to_string(),
    );
    let options = BufferOptions { now, ..BufferOptions::default() };
    TextSocket { addr: addr.into(), options, batch: PhantomData }
}

/// Made by [`text_socket`].
pub struct TextSocket<B = Lines> {
    addr: String,
    options: BufferOptions,
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
        TextSocket { addr: self.addr, options: self.options, batch: PhantomData }
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
        let task = cx.runtime.spawn(receive(stream, self.addr, Arc::clone(&buffer)));
        Ok(BufferedReader::new(buffer, self.options, Some(task.abort_handle())))
    }
}

impl<B: TextBatch> Source for TextSocket<B> {
    type Batch = B;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "text_socket", detail: self.addr.clone(), replayable: false }
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = B>>, BoxError> {
        Ok(Arc::new(self.start(cx)?))
    }
}

/// Connects to the first address of the host that answers.
fn connect(addr: &str) -> Result<TcpStream, BoxError> {
    let resolved = addr.to_socket_addrs().map_err(|e| match e.kind() {
        io::ErrorKind::InvalidInput => {
            format!("`{addr}` is no address: write host and port, such as `127.0.0.1:7777` ({e})")
        }
        _ => format!("the host of `{addr}` is not known: check its name, and the network ({e})"),
    })?;
    let mut last = None;
    for one in resolved {
        match TcpStream::connect_timeout(&one, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(e) => last = Some(e),
        }
    }
    Err(match last {
        Some(e) if e.kind() == io::ErrorKind::ConnectionRefused => {
            let port = addr.rsplit(':').next().unwrap_or("7777");
            format!("nobody listens on {addr}: start the server first (for a try: `nc -lk {port}`)")
        }
        Some(e) if e.kind() == io::ErrorKind::TimedOut => {
            format!(
                "no answer from {addr} within {} s: check the address, and firewalls",
                CONNECT_TIMEOUT.as_secs()
            )
        }
        Some(e) => format!("no connection to {addr}: {e}"),
        None => format!("the host of `{addr}` has no address"),
    }
    .into())
}

/// Moves what comes into the buffer, as far as there is room.
async fn receive(mut stream: tokio::net::TcpStream, addr: String, buffer: Arc<ByteBuffer>) {
    let mut chunk = vec![0; CHUNK];
    while let Some(room) = buffer.room().await {
        let wanted = room.min(chunk.len());
        match stream.read(&mut chunk[..wanted]).await {
            Ok(0) => return buffer.finish(),
            Ok(n) => buffer.push(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return buffer.fail(format!("the connection to {addr} broke: {e}")),
        }
    }
}

#[cfg(test)]
mod tests;
