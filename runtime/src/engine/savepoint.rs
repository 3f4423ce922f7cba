//! Checkpoints that are asked for.

use std::fmt;

use tokio::sync::oneshot;

use super::{Engine, Job, TestEngine, TestJob};
use crate::engine::checkpointing::CheckpointPlace;
use crate::pipeline::Pipeline;
use crate::wait::block_on;
use crate::{Error, Result};

/// A savepoint that is being made: what [`Job::savepoint`] gives.
#[must_use = "whether it was written is for `join` or `wait` to say"]
pub struct Savepoint {
    written: oneshot::Receiver<Result<()>>,
}

/// What the driver is asked for.
#[derive(Debug)]
pub(crate) struct SavepointRequest {
    pub location: String,
    /// Behind the last tick, of a pipeline that stops.
    pub at_end: bool,
    pub reply: oneshot::Sender<Result<()>>,
}

impl Savepoint {
    fn request(location: String, at_end: bool) -> (SavepointRequest, Savepoint) {
        let (reply, written) = oneshot::channel();
        (SavepointRequest { location, at_end, reply }, Savepoint { written })
    }

    /// Waits until it is written.
    ///
    /// # Errors
    /// Why it is not. The pipeline goes on all the same.
    pub async fn join(self) -> Result<()> {
        self.written.await.unwrap_or_else(|_| {
            Err(Error::Config("the pipeline has ended before its savepoint was written".into()))
        })
    }

    /// As [`Savepoint::join`], but blocks the thread.
    pub fn wait(self) -> Result<()> {
        block_on(self.join())
    }
}

impl fmt::Debug for Savepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Savepoint")
    }
}

impl Job {
    /// Writes all that the pipeline keeps, as of the end of a tick, to `location` (a folder's path or a URL): a checkpoint that
    /// nobody prunes, for [`Engine::run_from`]. The pipeline goes on; it needs a name, but no checkpoint of its own.
    ///
    /// The tick after waits until the state is copied in memory; it is written beside the ticks that follow.
    ///
    /// Flink's savepoint.
    pub fn savepoint(&self, location: impl Into<String>) -> Savepoint {
        let (request, savepoint) = Savepoint::request(location.into(), false);
        self.control.request(request);
        savepoint
    }

    /// [Stops](Job::stop) the pipeline, and writes a savepoint behind its last tick: for a version of the program that takes over
    /// with [`Engine::run_from`].
    pub fn stop_with_savepoint(&self, location: impl Into<String>) -> Savepoint {
        let (request, savepoint) = Savepoint::request(location.into(), true);
        self.control.request(request);
        self.stop();
        savepoint
    }
}

impl TestJob {
    /// As [`Job::savepoint`]; runs what is in flight to its end.
    ///
    /// # Errors
    /// Why it could not be written, or what went wrong in a tick.
    pub fn savepoint(&mut self, location: impl Into<String>) -> Result<()> {
        let (request, savepoint) = Savepoint::request(location.into(), false);
        self.request(request)?;
        savepoint.wait()
    }
}

impl Engine {
    /// As [`Engine::run`], but goes on from the savepoint or checkpoint of this pipeline at `location`, whoever wrote it.
    ///
    /// What is there stays as it is, and may be gone on from again. Of a checkpoint, that is its newest state, without the log
    /// behind it. What the engine keeps itself, in its own [`checkpoint`](Engine::checkpoint) if it has one, begins there; it has
    /// to be another one, and new.
    ///
    /// # Errors
    /// As [`Engine::run`]; and if there is no checkpoint of a pipeline with this name at `location`, or the engine's own is not
    /// new.
    pub fn run_from(&self, location: impl Into<String>, pipeline: Pipeline<'_>) -> Result<()> {
        self.from(location.into()).run(pipeline)
    }

    /// As [`Engine::start`], from where [`Engine::run_from`] goes on.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn start_from(&self, location: impl Into<String>, pipeline: Pipeline<'static>) -> Result<Job> {
        self.from(location.into()).start(pipeline)
    }

    fn from(&self, location: String) -> Engine {
        let mut engine = self.clone();
        engine.settings.checkpointing.from = Some(CheckpointPlace::Location(location));
        engine
    }
}

impl TestEngine {
    /// As [`TestEngine::start`], from where [`Engine::run_from`] goes on.
    ///
    /// # Errors
    /// As [`TestEngine::start`].
    pub fn start_from(&self, location: impl Into<String>, pipeline: Pipeline<'static>) -> Result<TestJob> {
        let mut engine = self.clone();
        engine.settings.checkpointing.from = Some(CheckpointPlace::Location(location.into()));
        engine.start(pipeline)
    }
}
