//! SIGINT and SIGTERM: the first one stops the pipeline gracefully, a second one ends the process at once. While no
//! pipeline listens, they do what they do by default.
//!
//! Tokio's handler stays for the life of the process once it has been asked for. So beside it stands another that ends
//! the process, unless some run listens.

#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use tokio::runtime::Handle;

use super::control::Control;
use crate::sync::Mutex;
use crate::{Error, Result};

/// The exit code of a second signal: what shells give a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// A run that listens. When the last one is dropped, signals end the process again.
#[must_use]
pub(super) struct Listening(());

/// How many runs listen.
static LISTENING: Mutex<usize> = Mutex::new(0);

impl Listening {
    fn begin() -> std::io::Result<Listening> {
        let mut runs = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        default_when_idle(false)?;
        *runs += 1;
        Ok(Listening(()))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut runs = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
        *runs -= 1;
        if *runs == 0 {
            // It was installed by `begin`, so there is nothing that could fail.
            let _ = default_when_idle(true);
        }
    }
}

/// Installs, once, what ends the process while nobody listens; says whether that is so now.
#[cfg(unix)]
fn default_when_idle(idle: bool) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::register_conditional_default;

    static IDLE: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
    let mut installed = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(flag) = &*installed {
        flag.store(idle, Ordering::SeqCst);
        return Ok(());
    }
    let flag = Arc::new(AtomicBool::new(idle));
    register_conditional_default(SIGINT, Arc::clone(&flag))?;
    register_conditional_default(SIGTERM, Arc::clone(&flag))?;
    *installed = Some(flag);
    Ok(())
}

/// Elsewhere tokio's handler lets a signal pass that nobody waits for.
#[cfg(not(unix))]
fn default_when_idle(_: bool) -> std::io::Result<()> {
    Ok(())
}

/// Listens until the runtime ends; what is returned is dropped before that.
pub(super) fn listen(runtime: &Handle, control: &Arc<Control>) -> Result<Listening> {
    let no_handler = |source| Error::System { what: "a handler for signals", source };
    let listening = Listening::begin().map_err(no_handler)?;
    let mut signals = {
        let _entered = runtime.enter();
        Signals::new().map_err(no_handler)?
    };
    let control = Arc::clone(control);
    runtime.spawn(async move {
        signals.next().await;
        tracing::info!(target: "millstream::engine", "stopping after the ticks in flight; a second signal ends at once");
        control.stop();
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(listening)
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
