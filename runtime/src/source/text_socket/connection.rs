//! The connection of a socket: made, read, and made again.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use crate::BoxError;
use crate::clock::Clock;
use crate::source::backoff::Backoff;
use crate::source::buffered::{ByteBuffer, CHUNK};
use crate::source::{SourceContext, Waker};

/// How long the peer may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the first address of the host that answers.
pub(super) fn connect(addr: &str) -> Result<TcpStream, BoxError> {
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
    let error = last.map_or_else(|| format!("the host of `{addr}` has no address"), |e| failed(addr, &e));
    Err(error.into())
}

fn failed(addr: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            let port = addr.rsplit(':').next().unwrap_or("7777");
            format!("nobody listens on {addr}: start the server first (for a try: `nc -lk {port}`)")
        }
        io::ErrorKind::TimedOut => {
            format!(
                "no answer from {addr} within {} s: check the address, and firewalls",
                CONNECT_TIMEOUT.as_secs()
            )
        }
        _ => format!("no connection to {addr}: {error}"),
    }
}

/// What the task needs that keeps the buffer filled.
pub(super) struct Link {
    addr: String,
    backoff: Option<Backoff>,
    clock: Arc<dyn Clock>,
    /// Told when a clock that is set by hand is.
    moved: Arc<Notify>,
    buffer: Arc<ByteBuffer>,
}

/// Why no more comes of a connection.
enum End {
    /// The peer has closed it.
    Closed,
    Broken(io::Error),
    /// The buffer wants no more.
    Unwanted,
}

impl Link {
    pub(super) fn new(
        addr: String,
        backoff: Option<Backoff>,
        buffer: Arc<ByteBuffer>,
        cx: &SourceContext,
    ) -> Self {
        let moved = Arc::new(Notify::new());
        if backoff.is_some() {
            let moved = Arc::clone(&moved);
            cx.clock.watch(&Waker::new(move || moved.notify_one()));
        }
        Link { addr, backoff, clock: Arc::clone(&cx.clock), moved, buffer }
    }

    /// Moves what comes into the buffer, over as many connections as there may be.
    pub(super) async fn receive(self, mut stream: tokio::net::TcpStream) {
        let addr = &self.addr;
        // How often it was tried since something came.
        let mut attempts = 0;
        loop {
            let (end, came) = self.pump(&mut stream).await;
            if came {
                attempts = 0;
            }
            let why = match (end, &self.backoff) {
                (End::Unwanted, _) => return,
                (End::Closed, None) => return self.buffer.finish(),
                (End::Closed, Some(_)) => format!("{addr} closed the connection"),
                (End::Broken(e), _) => format!("the connection to {addr} broke: {e}"),
            };
            let Some(backoff) = self.backoff else { return self.buffer.fail(why) };
            let dropped = self.buffer.drop_begun_line();
            tracing::warn!(
                target: "millstream::source",
                addr,
                dropped_bytes = dropped,
                "{why}: it is made again; a line that was cut is dropped"
            );
            match self.connect_again(backoff, &mut attempts).await {
                Ok(again) => stream = again,
                Err(last) => {
                    return self.buffer.fail(format!(
                        "{why}, and {attempts} attempts to connect again failed, the last one with: {last}"
                    ));
                }
            }
        }
    }

    /// Reads a connection to its end. Says also whether anything came.
    async fn pump(&self, stream: &mut tokio::net::TcpStream) -> (End, bool) {
        let mut chunk = vec![0; CHUNK];
        let mut came = false;
        while let Some(room) = self.buffer.room().await {
            let wanted = room.min(chunk.len());
            match stream.read(&mut chunk[..wanted]).await {
                Ok(0) => return (End::Closed, came),
                Ok(n) => {
                    came = true;
                    self.buffer.push(&chunk[..n]);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return (End::Broken(e), came),
            }
        }
        (End::Unwanted, came)
    }

    /// Tries until it succeeds or the back-off says that it is enough; then gives the last error.
    async fn connect_again(
        &self,
        backoff: Backoff,
        attempts: &mut u32,
    ) -> Result<tokio::net::TcpStream, String> {
        let mut last = "the peer closes the connection before it sends anything".to_string();
        loop {
            let Some(pause) = backoff.pause(*attempts) else { return Err(last) };
            self.wait(pause).await;
            *attempts += 1;
            let connecting = tokio::net::TcpStream::connect(&self.addr);
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(e)) => last = failed(&self.addr, &e),
                Err(_) => last = failed(&self.addr, &io::ErrorKind::TimedOut.into()),
            }
            tracing::debug!(target: "millstream::source", addr = self.addr, attempts, "{last}");
        }
    }

    /// Waits by the engine's clock.
    async fn wait(&self, pause: Duration) {
        let until = self.clock.now().plus(pause);
        self.buffer.set_due(Some(until));
        loop {
            match self.clock.until(until) {
                Some(Duration::ZERO) => break,
                Some(left) => tokio::time::sleep(left).await,
                // Keeps a permit, so no move is missed.
                None => self.moved.notified().await,
            }
        }
        self.buffer.set_due(None);
    }
}
