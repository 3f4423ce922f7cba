//! The driver: one pipeline's ticks, from plan to commit, one step at a time. It owns no thread: the local engine
//! steps it in a loop on a thread of its own, the test engine on the caller's.

mod ending;
mod report;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::budget::{self, Budget, Weighed};
use super::core::Core;
use super::delivery::Delivery;
use super::estimate::Estimate;
use super::failure::{Failure, Places};
use super::intake::Intake;
use super::log::TickLog;
use super::planner::{Planner, WhenEmpty};
use super::schedule::{Cost, MAX_IN_FLIGHT, Scheduler, Task, TaskId};
use super::throttle::Throttle;
use super::topology::Topology;
use super::work::Work;
use crate::clock::Timestamp;
use crate::engine::bar::Bar;
use crate::engine::control::Control;
use crate::engine::test::FaultPoint;
use crate::engine::{Settings, Trigger, guarantee};
use crate::pipeline::Pipeline;
use crate::progress::{CounterProgress, SourceProgress};
use crate::source::{SourceContext, Waker};
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
    estimate: Estimate,
    in_flight: VecDeque<InFlight>,
    counters: Vec<Counter>,
    /// Kept where somebody may restart the pipeline.
    log: Option<TickLog>,
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
}

impl<'env> Driver<'env> {
    /// Opens outlets, then sources: nothing arrives before there is a place for it. With a log, goes on where it ends, and
    /// keeps it up.
    pub fn open(
        pipeline: Pipeline<'env>,
        settings: &Settings,
        control: &Arc<Control>,
        runtime: Option<&tokio::runtime::Handle>,
        log: Option<TickLog>,
    ) -> Result<Driver<'env>> {
        pipeline.check_operands()?;
        let topology = Arc::new(Topology::of(&pipeline));
        let places = Places::of(&pipeline.plan);
        tracing::info!(
            target: "millstream::engine",
            pipeline = places.pipeline().unwrap_or(""),
            guarantee = %guarantee::of(&pipeline),
            partitions = settings.partitions,
            trigger = %settings.trigger,
            "the pipeline starts"
        );
        let throttle = Throttle::of(settings, topology.sources)?;
        let counters = pipeline.counters;
        let epoch = log.as_ref().map_or(0, |log| log.epoch);
        let last_tick = log.as_ref().and_then(|log| log.last).map(|tick| tick.number);
        let weigh: Vec<_> = pipeline.outlets.iter().map(|outlet| outlet.weigh).collect();
        let delivery = Delivery::open(pipeline.outlets, &topology, &places, epoch, last_tick)?;
        let waker = {
            let control = Arc::clone(control);
            Waker::new(move || control.bell.ring())
        };
        settings.clock.watch(&waker);
        let cx = runtime.map(|runtime| SourceContext {
            runtime: runtime.clone(),
            waker,
            clock: Arc::clone(&settings.clock),
        });
        let mut intake =
            Intake::open(pipeline.sources, cx.as_ref(), &topology, &places, settings.partitions)?;
        let resume = log.as_ref().filter(|log| log.newest().is_some());
        let mut ready = resume.map_or(Ok(()), |log| intake.seek(log));
        if matches!(settings.trigger, Trigger::AvailableNow) {
            ready = ready.and_then(|()| intake.freeze());
        }
        if let Err(error) = ready {
            intake.close();
            return Err(error);
        }
        let work = Work::new(pipeline.stages, &weigh, intake.readers(), places.clone(), runtime.cloned());
        let scheduler = Scheduler::new(Arc::clone(&topology), settings.partitions);
        let core = Core::new(work, scheduler, Arc::clone(&control.bell), settings.trace.clone());
        let budget = Budget::new(settings.memory_budget, intake.grains());
        let streams: Vec<_> = intake.streams().collect();
        let mut planner =
            Planner::new(intake, budget, throttle, settings.trigger, settings.overrun, settings.clock.now());
        if let Some(log) = &log {
            planner.resume(log);
        }
        control.update(|progress| {
            progress.sources = streams.iter().map(|&stream| SourceProgress { stream, input: 0 }).collect();
            progress.stages = vec![Duration::ZERO; topology.stages.len()];
            progress.counters =
                counters.iter().map(|c| CounterProgress { name: c.shared_name(), value: c.get() }).collect();
        });
        Ok(Driver {
            core: Arc::new(core),
            planner,
            control: Arc::clone(control),
            settings: settings.clone(),
            estimate: Estimate::new(topology.sources),
            topology,
            places,
            delivery,
            in_flight: VecDeque::new(),
            counters,
            log,
            bar: None,
            crashed: None,
        })
    }

    /// Plans, begins and delivers what it can without waiting. What fails is left in the core.
    pub fn step(&mut self, executor: &mut dyn Executor) -> Step {
        let mut look_again = None;
        if self.has_failed() {
            // What is before the failure goes on.
        } else if self.is_stopping() {
            self.drain();
        } else {
            match self.planner.plan(self.settings.clock.now(), self.has_room()) {
                Ok(time) => look_again = time,
                Err(failure) => self.core.fail(failure),
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

    fn is_done(&self) -> bool {
        match (self.core.failed_tick(), self.in_flight.front()) {
            (Some(failed), Some(oldest)) => oldest.plan.tick.number >= failed,
            (_, None) => self.has_failed() || self.is_finished(),
            (None, Some(_)) => false,
        }
    }

    pub fn has_failed(&self) -> bool {
        self.core.failed_tick().is_some()
    }

    pub fn has_room(&self) -> bool {
        self.in_flight.len() < MAX_IN_FLIGHT
    }

    /// There is room for the tick that is planned next, and it comes before what has failed, if something has. What
    /// its sources gave for it is not lost because a later tick could not be planned, nor because of a stop.
    pub fn can_begin(&self) -> bool {
        let Some(next) = self.planner.next_planned() else { return false };
        self.has_room() && self.core.failed_tick().is_none_or(|failed| next < failed)
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
        let plan = self.planner.pop().expect("whoever begins a tick has asked whether it can");
        if let Err(failure) =
            self.record(&plan).and_then(|()| self.fault(FaultPoint::BeforeStages, plan.tick.number))
        {
            self.core.fail(failure);
            return ready;
        }
        self.core.spans.begin(&plan.tick);
        self.core.with_scheduler(|scheduler| scheduler.begin_tick(&plan, &mut ready));
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
        });
        ready
    }

    /// Every plan passes here before anything of its tick runs: the place for a durable tick log.
    fn record(&mut self, plan: &TickPlan) -> Result<(), Failure> {
        if let Some(log) = &mut self.log
            && log.open.back().is_none_or(|newest| newest.tick.number < plan.tick.number)
        {
            let journals = self.planner.intake.journals();
            match journals {
                Ok(journals) => log.note(journals),
                Err(error) => return Err(self.failure(plan.tick.number, error)),
            }
            log.open.push_back(plan.clone());
        }
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

    /// Hands the oldest tick's outputs to their outlets, and commits it, if it is complete. Says whether there was
    /// anything to do. A tick that has failed is left alone.
    pub fn deliver(&mut self) -> bool {
        let Some(oldest) = self.in_flight.front() else { return false };
        let tick = oldest.plan.tick;
        if self.core.is_broken() || self.core.failed_tick().is_some_and(|failed| failed <= tick.number) {
            return false;
        }
        self.try_deliver(&tick).unwrap_or_else(|failure| {
            self.core.fail(failure);
            true
        })
    }

    fn try_deliver(&mut self, tick: &Tick) -> Result<bool, Failure> {
        if !self.core.with_scheduler(|s| s.is_complete(tick.number)) {
            return Ok(false);
        }
        let _entered = self.core.spans.tick(tick.number).entered();
        if let Some(bar) = &mut self.bar {
            bar.make_way();
        }
        for outlet in 0..self.delivery.len() {
            // One by one, so that no outlet's buckets are kept while the next one's are written.
            let partitions = self.core.with_scheduler(|s| s.take_outlet(tick.number, outlet));
            self.delivery.write(outlet, tick, partitions)?;
        }
        self.fault(FaultPoint::BeforeCommit, tick.number)?;
        self.delivery.commit(tick)?;
        if self.delivery.is_unread() && !self.is_stopping() {
            tracing::info!(target: "millstream::engine", "nobody reads the printed output any more: stopping");
            self.control.stop();
        }
        self.fault(FaultPoint::AfterCommit, tick.number)?;
        self.committed()?;
        Ok(true)
    }

    /// The oldest tick is committed: forgets it and reports.
    fn committed(&mut self) -> Result<(), Failure> {
        let done = self.in_flight.pop_front().expect("only a tick in flight is committed");
        let tick = done.plan.tick;
        let costs = self.core.with_scheduler(|scheduler| scheduler.retire(tick.number));
        self.core.spans.end(tick.number);
        self.planner.intake.release(&done.plan).map_err(|error| self.failure(tick.number, error))?;
        if let Some(log) = &mut self.log {
            log.open.pop_front();
            log.last = Some(tick);
            log.committed = self.planner.intake.committed();
        }
        let of_sources = (0..self.topology.sources).map(|source| {
            self.topology.stage_of_source(source).map_or(Cost::default(), |stage| costs[stage])
        });
        let of_sources: Vec<Cost> = of_sources.collect();
        let nanos = of_sources.iter().map(|cost| cost.nanos);
        self.estimate.learn(&done.units, nanos, costs.iter().map(|cost| cost.nanos).sum());
        let held = costs.iter().map(|cost| cost.bytes).sum();
        let shares = budget::share(&of_sources.iter().map(|cost| cost.bytes).collect::<Vec<_>>(), held);
        let sources = done.units.iter().copied().zip(shares).collect();
        self.planner.budget.committed(Weighed { tick: tick.number, sources });
        if let Some(throttle) = &mut self.planner.throttle {
            let now = self.settings.clock.now();
            throttle.committed(now, &done.units, now.since(done.begun_at), done.delay);
        }
        self.report(&done, &costs, held)
    }
}
