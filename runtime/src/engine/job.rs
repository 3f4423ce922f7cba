//! A pipeline that runs in the background.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use super::control::Control;
use crate::progress::Progress;
use crate::sync::Mutex;
use crate::{Error, Result};

/// A running pipeline, made by [`Engine::start`](super::Engine::start).
///
/// All methods take `&self`: a job may be shared, watched in one place and stopped in another. Dropping it asks
/// the pipeline to stop, and doesn't wait for it.
pub struct Job {
    pub(super) control: Arc<Control>,
    /// Becomes true, or loses its sender, when the result is there.
    pub(super) done: watch::Receiver<bool>,
    pub(super) outcome: Mutex<Outcome>,
}

pub(super) enum Outcome {
    Running(JoinHandle<Result<()>>),
    /// Well, or its error was handed out.
    Ended {
        well: bool,
    },
}

impl Job {
    /// Asks the pipeline to stop gracefully: the ticks in flight are finished, then it ends. Returns at once.
    ///
    /// Nothing is lost that a source has taken from outside and can't have again: a socket is hung up on, and the whole lines
    /// that have come are read in ticks that don't wait for their boundaries. What a source can give again (the rest of a
    /// file) is left for the next start. To end without that, drop the process. With a
    /// [checkpoint](super::Engine::checkpoint), the last one is written behind the last tick, so that the next start runs nothing
    /// again.
    ///
    /// Spark's `stop(stopGracefully = true)`.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Waits until the pipeline has ended: its sources have, or it was stopped, or it failed.
    ///
    /// May be dropped and called again. The first call that ends gets the error, if there is one.
    pub async fn join(&self) -> Result<()> {
        // Without a sender the thread has ended too.
        let _ = self.done.clone().wait_for(|done| *done).await;
        self.wait()
    }

    /// As [`Job::join`], but blocks the thread: for programs without an async runtime.
    pub fn wait(&self) -> Result<()> {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *outcome, Outcome::Ended { well: false }) {
            Outcome::Running(thread) => {
                let result = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                *outcome = Outcome::Ended { well: result.is_ok() };
                result
            }
            Outcome::Ended { well: true } => {
                *outcome = Outcome::Ended { well: true };
                Ok(())
            }
            Outcome::Ended { well: false } => Err(Error::Config(
                "the pipeline failed; its error went to an earlier `join` or `wait`".into(),
            )),
        }
    }

    /// How far the pipeline is: its latest committed tick.
    pub fn progress(&self) -> Progress {
        self.control.progress()
    }

    /// Whether the pipeline has not ended yet.
    pub fn is_running(&self) -> bool {
        !*self.done.borrow() && self.done.has_changed().is_ok()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.control.stop();
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("running", &self.is_running())
            .field("progress", &self.progress())
            .finish()
    }
}
