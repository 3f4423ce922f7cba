//! The engine for tests: the same driver and scheduler on the caller's thread, with a clock that is set by hand
//! and a schedule that follows from a seed.

mod session;

use std::time::Duration;

use self::session::Session;
use super::local::log::TickLog;
use super::savepoint::SavepointRequest;
use super::{Settings, Trigger};
use crate::Result;
use crate::clock::{Clock, Timestamp};
use crate::pipeline::Pipeline;
use crate::progress::Progress;
use crate::state::StateBackend;

/// Where [`TestEngine::fail_at`] lets a job crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultPoint {
    /// The tick is planned; nothing of it has run.
    BeforeStages,
    /// All its stages have run and all outputs are written; none is committed.
    BeforeCommit,
    /// All outputs are committed; nobody has been told.
    AfterCommit,
}

/// Runs pipelines in tests: see [`Engine::test`](super::Engine::test).
///
/// Time stands still while a tick runs and jumps to the next boundary when one is wanted, so a run takes no time
/// and gives the same result each time. Up to two ticks are in flight, and tasks run in an order that follows from
/// the seed: what no seed can change does not depend on the schedule.
#[derive(Clone, Debug)]
#[must_use = "an engine does nothing until it is given a pipeline to `run` or `start`"]
pub struct TestEngine {
    pub(super) settings: Settings,
    seed: u64,
}

impl Default for TestEngine {
    fn default() -> Self {
        // The same on every machine.
        let state_backend = StateBackend::of_tests();
        TestEngine {
            settings: Settings { partitions: 3, threads: 1, state_backend, ..Settings::default() },
            seed: 0,
        }
    }
}

impl TestEngine {
    /// Another order of tasks.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// As [`Engine::partitions`](super::Engine::partitions); by default 3.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.settings.partitions = partitions;
        self
    }

    /// The time between two boundaries; by default 1 s. The clock starts at 0, so the first tick's time is this.
    pub fn batch_interval(mut self, interval: Duration) -> Self {
        self.settings.trigger = Trigger::Interval(interval);
        self
    }

    /// As [`Engine::flush_at_end`](super::Engine::flush_at_end).
    pub fn flush_at_end(mut self, flush: bool) -> Self {
        self.settings.flush_at_end = flush;
        self
    }

    /// As [`Engine::memory_budget`](super::Engine::memory_budget).
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.settings.memory_budget = bytes;
        self
    }

    /// As [`Engine::state_backend`](super::Engine::state_backend). By default in memory, or where the variable
    /// `MILLSTREAM_TEST_STATE` says: `memory`, or `fjall` where millstream has that feature. So the same tests run against both.
    pub fn state_backend(mut self, backend: StateBackend) -> Self {
        self.settings.state_backend = backend;
        self
    }

    /// Lets the job crash at a point of a tick: ticks before it are finished, the call that meets it returns an
    /// error, and sinks are left as they are, as if the process had been killed there.
    pub fn fail_at(mut self, point: FaultPoint, tick: u64) -> Self {
        self.settings.faults.push((point, tick));
        self
    }

    /// Runs the pipeline until its sources have ended. A source that waits for the outside (a socket) is waited
    /// for, in real time; ticks without data that would pass meanwhile are left out. (Unless a source waits by the clock, as
    /// [`rate`](crate::source::rate()) does, and one that watches folders: then each boundary is a tick.)
    pub fn run(&self, pipeline: Pipeline<'_>) -> Result<()> {
        Session::open(self, pipeline, None)?.run_to_end()
    }

    /// Opens the pipeline and leaves it to the test to make ticks happen.
    pub fn start(&self, pipeline: Pipeline<'static>) -> Result<TestJob> {
        Session::open(self, pipeline, None).map(|session| TestJob { session })
    }

    /// Starts the pipeline once more after a crash, as its process would be started again.
    ///
    /// Its sources are opened anew and moved to where the crashed job stood; the clock goes on from the crash. The first
    /// step runs, before its own, the ticks that had begun and are not known to be committed, exactly as they were
    /// planned. Sinks are opened with a newer epoch. A fault point that was met is not met again.
    ///
    /// ```
    /// use millstream::engine::FaultPoint;
    /// use millstream::prelude::*;
    ///
    /// let out = MemorySink::new();
    /// let sink = out.clone();
    /// let pipeline = move || stream! {
    ///     let lines = source(queue([vec!["a b a"], vec!["b"], vec!["c"]]));
    ///     lines.flat_map(|l| l.split(' ')).count_by_value().sink(sink.clone());
    /// };
    /// let engine = Engine::test().fail_at(FaultPoint::AfterCommit, 1);
    /// let mut job = engine.start(pipeline())?;
    /// job.run_to_end().expect_err("it crashes: the sink has tick 1, and nobody knows");
    /// engine.restart(job.crash(), pipeline())?.run_to_end()?;
    /// out.assert_batches_sorted([vec![("a", 2), ("b", 1)], vec![("b", 1)], vec![("c", 1)]]);
    /// # millstream::Result::<()>::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`TestEngine::start`]; and a source may refuse to be moved. (One that can't be replayed has lost the ticks that are
    /// to run again: the first step says so.)
    pub fn restart(&self, crashed: Crashed, pipeline: Pipeline<'static>) -> Result<TestJob> {
        Session::open(self, pipeline, Some(crashed)).map(|session| TestJob { session })
    }
}

/// A pipeline that moves step by step, made by [`TestEngine::start`]. Dropped, it crashes.
#[derive(Debug)]
pub struct TestJob {
    session: Session<'static>,
}

impl TestJob {
    /// Moves the clock to the next boundary and runs its tick, with data or without.
    ///
    /// # Errors
    /// What went wrong in the tick; the job has ended then. [`Error::Config`](crate::Error::Config) if it had ended before.
    pub fn tick(&mut self) -> Result<()> {
        let next = self.session.boundary()?;
        self.session.run_until(next)
    }

    /// Moves the clock and runs all ticks that are due by then. Errors as [`TestJob::tick`].
    pub fn advance(&mut self, by: Duration) -> Result<()> {
        let target = self.now().plus(by);
        self.session.run_until(target)
    }

    /// Runs until all sources have ended, as [`TestEngine::run`] does, and ends the job.
    pub fn run_to_end(&mut self) -> Result<()> {
        self.session.run_to_end()
    }

    pub(super) fn request(&mut self, request: SavepointRequest) -> Result<()> {
        self.session.request(request)
    }

    /// Checkpoints wait to be written, as if the store stalled.
    #[cfg(test)]
    pub(crate) fn hold_checkpoints(&mut self, hold: bool) {
        self.session.hold_checkpoints(hold);
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.session.clock.now()
    }

    /// The latest committed tick.
    pub fn progress(&self) -> Progress {
        self.session.control.progress()
    }

    /// Ends the job gracefully, as [`Job::stop`](super::Job::stop): what sources have taken and can't have again is read.
    pub fn stop(mut self) -> Result<()> {
        self.session.control.stop();
        self.session.drain()
    }

    /// Ends the job as if the process had been killed: what sinks were given and did not commit is not taken back. After
    /// an error it has ended already; what is left of it can be restarted all the same.
    pub fn crash(mut self) -> Crashed {
        self.session.crash();
        Crashed { log: std::mem::take(&mut self.session.log), now: self.session.left_at.unwrap_or_default() }
    }
}

/// What is left of a job after [`TestJob::crash`], for [`TestEngine::restart`]: the log of its ticks, and the time.
#[derive(Clone, Debug)]
pub struct Crashed {
    log: TickLog,
    now: Timestamp,
}
