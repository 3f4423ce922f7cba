//! The engine for tests: the same driver and scheduler on the caller's thread, with a clock that is set by hand
//! and a schedule that follows from a seed.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tracing::Span;

use super::control::Control;
use super::local::driver::Driver;
use super::local::log::TickLog;
use super::local::planner::WhenEmpty;
use super::local::schedule::Task;
use super::{Settings, Trigger, run, spans};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::pipeline::Pipeline;
use crate::progress::Progress;
use crate::state::StateBackend;
use crate::{Error, Result};

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
    settings: Settings,
    seed: u64,
}

impl Default for TestEngine {
    fn default() -> Self {
        // The same on every machine.
        TestEngine { settings: Settings { partitions: 3, threads: 1, ..Settings::default() }, seed: 0 }
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

    /// As [`Engine::memory_budget`](super::Engine::memory_budget).
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.settings.memory_budget = bytes;
        self
    }

    /// As [`Engine::state_backend`](super::Engine::state_backend).
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
    /// [`rate`](crate::source::rate()) does: then each boundary is a tick.)
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
    /// What went wrong in the tick; the job has ended then. [`Error::Config`] if it had ended before.
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

/// A driver, and the order in which its tasks run.
struct Session<'env> {
    /// `None` once it has ended.
    driver: Option<Driver<'env>>,
    ready: Vec<Task>,
    random: fastrand::Rng,
    clock: Arc<ManualClock>,
    control: Arc<Control>,
    span: Span,
    runtime: Option<Runtime>,
    /// What the driver left.
    log: TickLog,
    /// What the clock showed before it jumped to the newest boundary.
    before: Timestamp,
    /// What it shows to the next start.
    left_at: Option<Timestamp>,
}

impl<'env> Session<'env> {
    fn open(engine: &TestEngine, pipeline: Pipeline<'env>, crashed: Option<Crashed>) -> Result<Self> {
        engine.settings.check()?;
        let clock = Arc::new(ManualClock::default());
        let mut log = TickLog::default();
        if let Some(crashed) = crashed {
            clock.set(crashed.now);
            log = crashed.log.next_epoch();
        }
        let settings = Settings { clock: clock.clone(), ..engine.settings.clone() };
        let runtime = if pipeline.sources.is_empty() { None } else { Some(run::io_runtime()?) };
        let control = Arc::new(Control::default());
        let span = spans::pipeline(pipeline.name());
        let _entered = span.clone().entered();
        let mut session = Session {
            driver: None,
            ready: Vec::new(),
            random: fastrand::Rng::with_seed(engine.seed),
            clock,
            control,
            span,
            runtime,
            log: TickLog::default(),
            before: Timestamp::default(),
            left_at: None,
        };
        let handle = session.runtime.as_ref().map(Runtime::handle);
        session.driver = Some(Driver::open(pipeline, &settings, &session.control, handle, Some(log))?);
        Ok(session)
    }

    fn driver(&mut self) -> Result<&mut Driver<'env>> {
        self.driver.as_mut().ok_or_else(|| Error::Config("the job has ended".into()))
    }

    fn boundary(&mut self) -> Result<Timestamp> {
        let boundary = self.driver()?.planner.boundary();
        Ok(boundary.expect("the test engine ticks at intervals"))
    }

    /// Runs all ticks that are due by `target`.
    fn run_until(&mut self, target: Timestamp) -> Result<()> {
        self.driver()?;
        let _entered = self.span.clone().entered();
        loop {
            let again = self.plan_again();
            let next = self.next_to_plan().filter(|next| *next <= target);
            let planned = again || next.is_some_and(|next| self.jump(next, WhenEmpty::Run));
            if !self.turn() && !planned {
                break;
            }
        }
        if self.live().has_failed() || self.live().is_stopping() {
            return self.drain();
        }
        self.clock.set(target);
        Ok(())
    }

    /// Runs until all sources have ended, and ends the job.
    fn run_to_end(&mut self) -> Result<()> {
        self.driver()?;
        let _entered = self.span.clone().entered();
        loop {
            let again = self.plan_again();
            let next = if self.live().is_finished() { None } else { self.next_to_plan() };
            // A source that waits by the clock can only be helped by moving it.
            let when_empty =
                if self.live().waits_by_the_clock() { WhenEmpty::RunUnlessEnded } else { WhenEmpty::Leave };
            let planned = again || next.is_some_and(|next| self.jump(next, when_empty));
            if self.turn() || planned {
                continue;
            }
            if self.live().has_failed() || self.live().is_finished() || self.live().is_stopping() {
                return self.drain();
            }
            // A source waits for the outside.
            self.control.bell.wait(None);
        }
    }

    /// Runs what is left to read after a stop, and ends the job.
    fn drain(&mut self) -> Result<()> {
        while self.driver.is_some() {
            let driver = self.live();
            if driver.is_stopping() && !driver.has_failed() {
                driver.drain();
            }
            if !self.turn() && (self.live().has_failed() || self.live().is_finished()) {
                break;
            }
        }
        self.end()
    }

    fn live(&mut self) -> &mut Driver<'env> {
        self.driver.as_mut().expect("whoever steps a session has asked whether it still lives")
    }

    /// Plans a tick of the log again, if one is left.
    fn plan_again(&mut self) -> bool {
        let driver = self.live();
        let room = driver.has_room() && !driver.has_failed() && !driver.is_stopping();
        driver.planner.plan_again(room)
    }

    /// The next boundary, if now is a moment to plan it: there is room, and the seed says so or nothing else can be
    /// done.
    fn next_to_plan(&mut self) -> Option<Timestamp> {
        let busy = !self.ready.is_empty() || !self.live().is_idle();
        let later = busy && self.random.bool();
        let driver = self.live();
        let planned = driver.planner.next_planned().is_some() || driver.planner.has_again();
        if later || planned || !driver.has_room() || driver.has_failed() || driver.is_stopping() {
            return None;
        }
        driver.planner.boundary()
    }

    /// Moves the clock to a boundary and plans its tick, if there is one.
    fn jump(&mut self, boundary: Timestamp, when_empty: WhenEmpty) -> bool {
        let planned = self.live().plan_boundary(when_empty);
        if planned {
            self.before = self.clock.now();
            self.clock.set(boundary);
        }
        planned
    }

    /// Does one of the things that can be done: runs a task, begins a tick, or delivers. Says whether there was one.
    fn turn(&mut self) -> bool {
        let (tasks, begins) = (self.ready.len(), self.live().can_begin());
        let choice = self.random.usize(..tasks + usize::from(begins) + 1);
        if choice < tasks {
            let task = self.ready.swap_remove(choice);
            let (ready, _) = self.live().core.execute(task);
            self.ready.extend(ready);
            true
        } else if begins && choice == tasks {
            let ready = self.live().begin();
            self.ready.extend(ready);
            true
        } else {
            // Whatever else could be done will be drawn in a later turn.
            self.live().deliver() || tasks > 0 || begins
        }
    }

    /// Ends the job with its error, if it has one.
    fn end(&mut self) -> Result<()> {
        self.ready.clear();
        let Some(driver) = self.driver.take() else { return Ok(()) };
        self.leave(&driver);
        let (result, log) = driver.end();
        self.log = log.unwrap_or_default();
        result
    }

    /// A tick that was planned and never begun has left no trace: the next start plans it anew, at the same time.
    fn leave(&mut self, driver: &Driver<'_>) {
        let time = if driver.has_planned_anew() { self.before } else { self.clock.now() };
        self.left_at = Some(time);
    }

    fn crash(&mut self) {
        self.ready.clear();
        if let Some(driver) = self.driver.take() {
            self.leave(&driver);
            self.log = driver.crash().unwrap_or_default();
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.crash();
        if let Some(runtime) = self.runtime.take() {
            run::shut_down(runtime);
        }
    }
}

impl std::fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("now", &self.clock.now())
            .field("ended", &self.driver.is_none())
            .finish()
    }
}
