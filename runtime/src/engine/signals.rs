//! SIGINT and SIGTERM: the first one stops the pipeline gracefully, a second one ends the process at once.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::control::Control;
use crate::{Error, Result};

/// The exit code of a second signal: what shells give a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Listens until the runtime ends.
pub(super) fn listen(runtime: &Handle, control: &Arc<Control>) -> Result<()> {
    let mut signals = {
        let _entered = runtime.enter();
        Signals::new().map_err(|source| Error::System { what: "a handler for signals", source })?
    };
    let control = Arc::clone(control);
    runtime.spawn(async move {
        signals.next().await;
        tracing::info!(target: "millstream::engine", "stopping after the ticks in flight; a second signal ends at once");
        control.stop();
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        std::future::poll_fn(|cx| match (self.interrupt.poll_recv(cx), self.terminate.poll_recv(cx)) {
            (std::task::Poll::Pending, std::task::Poll::Pending) => std::task::Poll::Pending,
            _ => std::task::Poll::Ready(()),
        })
        .await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
