//! The driver: one pipeline's ticks, from plan to commit, one step at a time. It owns no thread: the local engine
//! steps it in a loop on a thread of its own, the test engine on the caller's.

mod checkpoints;
mod deliver;
mod ending;
mod event_time;
mod open;
mod report;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::core::Core;
use super::delivery::Delivery;
use super::durable::Durable;
use super::estimate::Estimate;
use super::failure::{Failure, Places};
use super::lane::Lanes;
use super::log::TickLog;
use super::planner::{Planner, WhenEmpty};
use super::savepoints::Savepoints;
use super::schedule::{MAX_IN_FLIGHT, Task, TaskId};
use super::states::StateName;
use super::tables::Tables;
use super::topology::Topology;
use super::watermarks::ClockState;
use crate::checkpoint::LoggedTick;
use crate::clock::Timestamp;
use crate::engine::Settings;
use crate::engine::bar::Bar;
use crate::engine::control::Control;
use crate::engine::test::FaultPoint;
use crate::tick::{OffsetRange, Tick, TickPlan};
use crate::{Counter, Result};

/// Where tasks go that don't run on the driver's own thread.
pub(crate) trait Executor {
    fn submit(&mut self, tasks: Vec<Task>);
}

/// What a step found to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Something: step again.
    Again,
    /// Nothing, until the bell rings or the time comes.
    Wait(Option<Timestamp>),
    /// All is done, or a task has failed.
    Done,
}

pub(crate) struct Driver<'env> {
    pub core: Arc<Core<'env>>,
    pub planner: Planner,
    control: Arc<Control>,
    settings: Settings,
    topology: Arc<Topology>,
    places: Places,
    delivery: Delivery<'env>,
    tables: Tables,
    /// By stage, the state that its operator keeps.
    states: Vec<Option<StateName>>,
    /// By source, the name by which a checkpoint knows it.
    sources: Vec<String>,
    estimate: Estimate,
    in_flight: VecDeque<InFlight>,
    counters: Vec<Counter>,
    /// Kept where somebody may restart the pipeline.
    log: Option<TickLog>,
    /// Where it has a checkpoint.
    durable: Option<Durable>,
    savepoints: Savepoints,
    /// Where things are written beside the ticks, if anything waits for the outside.
    lanes: Option<Lanes>,
    /// The last that is committed.
    last: Option<Tick>,
    /// Shows how far the run is, where somebody looks.
    pub bar: Option<Bar>,
    /// The fault point that was met, which ends the pipeline as a crash does.
    crashed: Option<TaskId>,
}

struct InFlight {
    plan: TickPlan,
    /// By source, how much it reads.
    units: Vec<u64>,
    begun: Instant,
    /// By the clock of the engine.
    begun_at: Timestamp,
    delay: Duration,
    /// How the clocks stood behind it, once its tasks have shown it and somebody may go on from there.
    clocks: Vec<ClockState>,
    /// They have.
    is_timed: bool,
}

impl<'env> Driver<'env> {
    /// Plans, begins and delivers what it can without waiting. What fails is left in the core.
    pub fn step(&mut self, executor: &mut dyn Executor) -> Step {
        let mut look_again = None;
        self.look();
        self.answer();
        if self.has_failed() {
            // What is before the failure goes on.
        } else if self.is_stopping() {
            self.drain();
        } else {
            let room = self.has_room();
            match self.planner.plan(self.settings.clock.now(), room) {
                Ok(time) => look_again = time,
                Err(failure) => self.core.fail(failure),
            }
            if self.planner.trails() {
                self.trail();
            }
        }
        let begins = self.can_begin();
        if begins {
            let tasks = self.begin();
            if self.runs_inline() {
                self.run_here(tasks);
            } else {
                executor.submit(tasks);
            }
        }
        if self.deliver() || begins {
            Step::Again
        } else if self.core.is_broken() || self.is_done() {
            Step::Done
        } else {
            Step::Wait(look_again)
        }
    }

    /// Steps until all is done.
    pub fn run(&mut self, executor: &mut dyn Executor) {
        loop {
            match self.step(executor) {
                Step::Again => {}
                Step::Wait(None) => {
                    self.control.bell.wait(None);
                }
                Step::Wait(Some(time)) => {
                    self.control.bell.wait(self.settings.clock.until(time));
                }
                Step::Done => return,
            }
        }
    }

    fn is_done(&mut self) -> bool {
        match (self.core.failed_tick(), self.in_flight.front()) {
            (Some(failed), Some(oldest)) => oldest.plan.tick.number >= failed,
            (_, None) => self.has_failed() || (self.is_finished() && self.settle()),
            (None, Some(_)) => false,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.core.failed_tick().is_some()
    }

    /// There is room for another tick, and what it is to be judged by is known.
    pub fn has_room(&mut self) -> bool {
        self.in_flight.len() < MAX_IN_FLIGHT && self.clocks_are_read()
    }

    /// There is room for the tick that is planned next, and it comes before what has failed, if something has. What
    /// its sources gave for it is not lost because a later tick could not be planned, nor because of a stop.
    pub fn can_begin(&self) -> bool {
        let Some(next) = self.planner.next_planned() else { return false };
        self.in_flight.len() < MAX_IN_FLIGHT
            && !self.control.is_asked()
            && self.core.failed_tick().is_none_or(|failed| next < failed)
    }

    /// A tick is planned that the log does not know.
    pub fn has_planned_anew(&self) -> bool {
        let newest = self.log.as_ref().and_then(TickLog::newest).map(|tick| tick.number);
        self.planner.next_planned().is_some_and(|planned| newest.is_none_or(|newest| planned > newest))
    }

    /// Plans what is left to read after a stop.
    pub fn drain(&mut self) {
        let room = self.has_room();
        if let Err(failure) = self.planner.drain(self.settings.clock.now(), room) {
            self.core.fail(failure);
        }
    }

    /// No tick is to be planned any more, but for what sources have taken already.
    pub fn is_stopping(&self) -> bool {
        self.control.is_stopping()
    }

    /// No tick is in flight.
    pub fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// A source goes on only when the clock does.
    pub fn waits_by_the_clock(&self) -> bool {
        self.planner.intake.due().is_some()
    }

    /// No tick will follow those in flight.
    pub fn is_finished(&self) -> bool {
        self.planner.finished() && self.planner.next_planned().is_none()
    }

    /// Plans the tick of the next boundary, due or not. Says whether there is one.
    pub fn plan_boundary(&mut self, when_empty: WhenEmpty) -> bool {
        self.planner.plan_boundary(when_empty).unwrap_or_else(|failure| {
            self.core.fail(failure);
            false
        })
    }

    /// Begins the tick that is planned next, and returns its first tasks.
    pub fn begin(&mut self) -> Vec<Task> {
        let mut ready = Vec::new();
        let mut plan = self.planner.pop().expect("whoever begins a tick has asked whether it can");
        let begun = self.begin_tables(&mut plan);
        if let Err(failure) = begun
            .and_then(|()| self.record(&plan))
            .and_then(|()| self.fault(FaultPoint::BeforeStages, plan.tick.number))
        {
            self.core.fail(failure);
            return ready;
        }
        let freeze = self.freezes(&plan.tick);
        self.core.spans.begin(&plan.tick);
        self.core.with_scheduler(|scheduler| scheduler.begin_tick(&plan, freeze, &mut ready));
        let units = plan
            .sources
            .iter()
            .map(|s| s.tasks.iter().flatten().map(OffsetRange::len).fold(0, u64::saturating_add));
        let begun_at = self.settings.clock.now();
        self.in_flight.push_back(InFlight {
            units: units.collect(),
            begun: Instant::now(),
            begun_at,
            delay: begun_at.since(plan.tick.time),
            plan,
            clocks: Vec::new(),
            is_timed: false,
        });
        ready
    }

    /// Decides which tables the tick has, where that is not known yet, and has them ready.
    fn begin_tables(&mut self, plan: &mut TickPlan) -> Result<(), Failure> {
        if let Some(tables) = self.tables.of_tick(plan, &self.places)? {
            self.core.begin_tables(plan.tick.number, tables);
        }
        Ok(())
    }

    /// Every plan passes here before anything of its tick runs.
    fn record(&mut self, plan: &TickPlan) -> Result<(), Failure> {
        let number = plan.tick.number;
        let Some(log) = &self.log else { return Ok(()) };
        if log.newest().is_some_and(|newest| newest.number >= number) {
            // It runs again.
            return Ok(());
        }
        let notes = self.planner.intake.journals().map_err(|error| self.failure(number, error))?;
        let read = match &self.durable {
            None => Vec::new(),
            Some(_) => self.planner.intake.write_ahead(plan).map_err(|error| self.failure(number, error))?,
        };
        let Some(log) = &mut self.log else { return Ok(()) };
        match &self.durable {
            None => log.note(notes),
            Some(durable) => {
                let sources = self.sources.clone();
                durable.log(LoggedTick { record: plan.clone().into(), sources, notes, read });
            }
        }
        log.open.push_back(plan.clone());
        Ok(())
    }

    /// Whether the newest tick runs on this thread: alone, and small.
    fn runs_inline(&self) -> bool {
        self.in_flight.len() == 1 && self.in_flight.back().is_some_and(|t| self.estimate.is_small(&t.units))
    }

    /// Runs tasks, and those that they make ready, on this thread.
    fn run_here(&mut self, mut tasks: Vec<Task>) {
        while let Some(task) = tasks.pop() {
            tasks.extend(self.core.execute(task).0);
        }
    }
}
