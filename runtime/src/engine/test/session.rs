//! One run of the test engine: a driver, and the order in which its tasks run.

use std::sync::Arc;

use tokio::runtime::Runtime;
use tracing::Span;

use super::{Crashed, TestEngine};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::engine::control::Control;
use crate::engine::local::driver::Driver;
use crate::engine::local::lane::Lanes;
use crate::engine::local::log::TickLog;
use crate::engine::local::planner::WhenEmpty;
use crate::engine::local::recovery::{self, Found};
use crate::engine::local::schedule::Task;
use crate::engine::savepoint::SavepointRequest;
use crate::engine::{Settings, run, spans};
use crate::pipeline::Pipeline;
use crate::{Error, Result};

/// A driver, and the order in which its tasks run.
pub(super) struct Session<'env> {
    /// `None` once it has ended.
    driver: Option<Driver<'env>>,
    ready: Vec<Task>,
    random: fastrand::Rng,
    pub(super) clock: Arc<ManualClock>,
    pub(super) control: Arc<Control>,
    span: Span,
    runtime: Option<Runtime>,
    /// What the driver left.
    pub(super) log: TickLog,
    /// What the clock showed before it jumped to the newest boundary.
    before: Timestamp,
    /// What it shows to the next start.
    pub(super) left_at: Option<Timestamp>,
}

impl<'env> Session<'env> {
    pub(super) fn open(
        engine: &TestEngine,
        pipeline: Pipeline<'env>,
        crashed: Option<Crashed>,
    ) -> Result<Self> {
        engine.settings.check()?;
        let clock = Arc::new(ManualClock::default());
        let mut log = TickLog::default();
        if let Some(crashed) = crashed {
            clock.set(crashed.now);
            log = crashed.log.next_epoch();
        }
        let settings = Settings { clock: clock.clone(), ..engine.settings.clone() };
        let runtime = if settings.needs_runtime(&pipeline) { Some(run::io_runtime()?) } else { None };
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
        let mut found = match handle {
            None => Found::default(),
            Some(handle) => recovery::start(&pipeline, &settings, &Lanes::Inline(handle.clone()))?,
        };
        if let Some(stored) = found.log {
            session.clock.set(stored.newest().map_or(Timestamp::default(), |newest| newest.time));
            log = TickLog { met: log.met, ..stored };
        }
        found.log = Some(log);
        found.kept = true;
        session.driver = Some(Driver::open(pipeline, &settings, &session.control, handle, found)?);
        Ok(session)
    }

    fn driver(&mut self) -> Result<&mut Driver<'env>> {
        self.driver.as_mut().ok_or_else(|| Error::Config("the job has ended".into()))
    }

    pub(super) fn boundary(&mut self) -> Result<Timestamp> {
        let boundary = self.driver()?.planner.boundary();
        Ok(boundary.expect("the test engine ticks at intervals"))
    }

    /// Runs all ticks that are due by `target`.
    pub(super) fn run_until(&mut self, target: Timestamp) -> Result<()> {
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

    /// Runs what is in flight to its end, and then what is asked for.
    pub(super) fn request(&mut self, request: SavepointRequest) -> Result<()> {
        self.driver()?;
        self.control.request(request);
        let _entered = self.span.clone().entered();
        while self.control.is_asked() || self.live().turns() > 0 {
            self.live().answer();
            if !self.turn() && self.live().has_failed() {
                return self.drain();
            }
        }
        Ok(())
    }

    /// Runs until all sources have ended, and ends the job.
    pub(super) fn run_to_end(&mut self) -> Result<()> {
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
            if let Some(time) = self.live().trail() {
                self.before = self.clock.now();
                self.clock.set(time);
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
    pub(super) fn drain(&mut self) -> Result<()> {
        while self.driver.is_some() {
            let driver = self.live();
            if driver.is_stopping() && !driver.has_failed() {
                driver.drain();
            }
            if self.turn() {
                continue;
            }
            let driver = self.live();
            if driver.has_failed() || driver.is_finished() && driver.settle() {
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

    /// Does one of the things that can be done: runs a task, begins a tick, stores, or delivers. Says whether there was
    /// one.
    fn turn(&mut self) -> bool {
        self.live().look();
        let (tasks, begins, stores) = (self.ready.len(), self.live().can_begin(), self.live().turns());
        let choice = self.random.usize(..tasks + usize::from(begins) + stores + 1);
        if choice < tasks {
            let task = self.ready.swap_remove(choice);
            let (ready, _) = self.live().core.execute(task);
            self.ready.extend(ready);
            true
        } else if begins && choice == tasks {
            let ready = self.live().begin();
            self.ready.extend(ready);
            true
        } else if choice < tasks + usize::from(begins) + stores {
            self.live().store(choice - tasks - usize::from(begins));
            true
        } else {
            // Whatever else could be done will be drawn in a later turn.
            self.live().deliver() || tasks > 0 || begins || stores > 0
        }
    }

    #[cfg(test)]
    pub(super) fn hold_checkpoints(&mut self, hold: bool) {
        self.live().hold_checkpoints(hold);
    }

    /// Ends the job with its error, if it has one.
    fn end(&mut self) -> Result<()> {
        self.ready.clear();
        let Some(driver) = self.driver.take() else { return Ok(()) };
        self.control.close();
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

    pub(super) fn crash(&mut self) {
        self.ready.clear();
        if let Some(driver) = self.driver.take() {
            self.control.close();
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
