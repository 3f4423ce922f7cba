//! Decides ticks: when, and what each is to read.

use std::collections::VecDeque;

use super::budget::Budget;
use super::failure::Failure;
use super::intake::Intake;
use super::log::TickLog;
use super::throttle::Throttle;
use super::timer::Timer;
use super::watermarks::Clocks;
use crate::clock::Timestamp;
use crate::engine::{Overrun, Trigger};
use crate::event_time::Watermarks;
use crate::tick::{SourcePlan, Tick, TickKind, TickPlan};

/// How many ticks may be late. Beyond it, the oldest boundaries are passed over, and what they would have read goes
/// to the tick after them.
pub(crate) const MAX_LATE: u64 = 100;

/// # Contract
/// - Numbers count from 0 without a gap; batch times strictly increase.
/// - A tick is planned when there is room to run it, and not before: until then its records stay where they are, in
///   the source or beyond it.
/// - Under `Trigger::Interval` each boundary makes a tick of its own, with the boundary as its time. Late ones queue as
///   times (the timer's); what such a tick reads is what is there when it is planned.
/// - When all sources have ended, no tick follows the one with their last records, but for one without data where event
///   time has something due.
pub(crate) struct Planner {
    pub intake: Intake,
    pub budget: Budget,
    pub throttle: Option<Throttle>,
    pub clocks: Clocks,
    /// Whether the end of input is the end of event time.
    flushes: bool,
    /// It has been.
    flushed: bool,
    pace: Pace,
    overrun: Overrun,
    /// Ticks that are to run before any is planned: those of the log, again, and those that were missed.
    again: VecDeque<TickPlan>,
    /// What waits to begin.
    planned: Option<TickPlan>,
    /// The next tick's.
    number: u64,
    last: Option<Timestamp>,
    epoch: u64,
    finished: bool,
    draining: bool,
    warned: bool,
}

enum Pace {
    Interval(Timer),
    Eager,
    AvailableNow,
}

/// Whether a boundary makes a tick even when there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenEmpty {
    Run,
    /// Unless all sources have ended, and so it would only trail behind.
    RunUnlessEnded,
    Leave,
}

impl Planner {
    pub fn new(
        intake: Intake,
        budget: Budget,
        throttle: Option<Throttle>,
        clocks: Clocks,
        trigger: Trigger,
        overrun: Overrun,
        now: Timestamp,
    ) -> Planner {
        let pace = match trigger {
            Trigger::Interval(interval) => Pace::Interval(Timer::new(interval, now)),
            Trigger::Eager => Pace::Eager,
            Trigger::AvailableNow => Pace::AvailableNow,
        };
        let finished = intake.ended();
        Planner {
            intake,
            budget,
            throttle,
            clocks,
            flushes: false,
            flushed: false,
            pace,
            overrun,
            again: VecDeque::new(),
            planned: None,
            number: 0,
            last: None,
            epoch: 0,
            finished,
            draining: false,
            warned: false,
        }
    }

    /// Ticks of the log have still to run again.
    pub fn has_again(&self) -> bool {
        !self.again.is_empty()
    }

    /// Goes on where the log ends, once its open ticks have run again. `every_interval`: the boundaries that passed since then
    /// run as ticks without data, the newest of them at least, because something happens by the time alone.
    pub fn resume(&mut self, log: &TickLog, every_interval: bool) {
        self.again = log.open.clone();
        self.epoch = log.epoch;
        self.number = log.newest().map_or(0, |tick| tick.number + 1);
        self.last = log.newest().map(|tick| tick.time);
        self.flushed = self.clocks.is_at_end();
        if let (Pace::Interval(timer), Some(last)) = (&mut self.pace, self.last) {
            let missed = if every_interval { timer.missed(last, MAX_LATE) } else { Vec::new() };
            for time in missed {
                let tick = Tick { number: self.number, time, epoch: self.epoch };
                let sources = vec![SourcePlan::default(); self.intake.len()];
                let watermarks = self.clocks.at(time, TickKind::Data);
                self.again.push_back(TickPlan { tick, sources, watermarks, ..TickPlan::default() });
                self.number += 1;
                self.last = Some(time);
            }
            // A clock that was set back must not make a time come twice.
            timer.start_behind(last);
        }
    }

    /// Plans a tick of the log again, if there is one and room for it. Says whether there was.
    pub fn plan_again(&mut self, room: bool) -> bool {
        if !room || self.planned.is_some() {
            return false;
        }
        self.planned = self.again.pop_front();
        if let Some(plan) = &self.planned {
            self.clocks.planned(plan);
            self.flushed |= plan.kind == TickKind::Flush;
        }
        self.planned.is_some()
    }

    /// Plans what is due. `room`: a tick that is planned now could begin now. Returns when to look again, if that
    /// is not when a source or a finished task says so.
    pub fn plan(&mut self, now: Timestamp, room: bool) -> Result<Option<Timestamp>, Failure> {
        if self.finished || self.plan_again(room) || !self.again.is_empty() {
            return Ok(None);
        }
        match &mut self.pace {
            Pace::Interval(timer) => {
                let due = timer.due(now);
                let room = room && self.planned.is_none();
                match self.overrun {
                    Overrun::Queue => {
                        let passed = due.saturating_sub(MAX_LATE);
                        timer.skip(passed);
                        let one_too_many = timer.after(MAX_LATE);
                        self.warn(due, passed, now);
                        if due > 0 && !room {
                            // A finished tick rings; before that, there is only a warning to give.
                            return Ok((!self.warned).then_some(one_too_many));
                        }
                    }
                    Overrun::Skip if due > 0 && room => timer.skip(due - 1),
                    Overrun::Skip if due > 0 => return Ok(None),
                    Overrun::Skip => {}
                }
                if due > 0 {
                    self.plan_boundary(WhenEmpty::RunUnlessEnded)?;
                }
                Ok((!self.finished).then(|| self.boundary()).flatten())
            }
            Pace::Eager | Pace::AvailableNow => {
                if room && self.planned.is_none() {
                    self.plan_at(self.soonest(now), now, WhenEmpty::Leave)?;
                    self.finished |= matches!(self.pace, Pace::AvailableNow) && self.intake.caught_up();
                    if self.planned.is_none() && !self.finished {
                        // What is due already will ring.
                        return Ok(self.intake.due().filter(|due| *due > now));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Without event time at the end of input, all is over then.
    pub fn flush_at_end(&mut self) {
        self.flushes = !matches!(self.pace, Pace::AvailableNow);
    }

    /// Whether no boundary brings event time on.
    pub fn trails(&self) -> bool {
        !matches!(self.pace, Pace::Interval(_)) || self.finished
    }

    /// Plans a tick without data, where one is due: nothing is in flight, and nothing else is to be planned now. `is_due`
    /// says whether an operator has something to do in a tick of this kind and these watermarks. Returns the tick's time.
    pub fn trail(
        &mut self,
        now: Timestamp,
        is_due: impl Fn(&[Watermarks], TickKind) -> bool,
    ) -> Option<Timestamp> {
        if self.planned.is_some() || !self.again.is_empty() || self.draining {
            return None;
        }
        let time = match &self.pace {
            Pace::Interval(timer) => timer.next(),
            Pace::Eager | Pace::AvailableNow => self.soonest(now),
        };
        let ends = self.intake.ended() && self.flushes && !self.flushed;
        let kind = if ends { TickKind::Flush } else { TickKind::NoData };
        let watermarks = self.clocks.at(time, kind);
        if !ends && (self.flushed || !is_due(&watermarks, kind)) {
            return None;
        }
        self.flushed |= ends;
        if let Pace::Interval(timer) = &mut self.pace {
            timer.take();
        }
        let sources = vec![SourcePlan::default(); self.intake.len()];
        let tick = Tick { number: self.number, time, epoch: self.epoch };
        self.put(TickPlan { tick, kind, sources, watermarks, ..TickPlan::default() });
        Some(time)
    }

    /// The pipeline stops: plans what sources have taken and can't have again, without waiting for boundaries.
    pub fn drain(&mut self, now: Timestamp, room: bool) -> Result<(), Failure> {
        if !self.draining {
            self.draining = true;
            self.intake.drain();
            self.finished |= self.intake.ended();
        }
        // What is taken now has a number behind theirs.
        if self.plan_again(room) || !self.again.is_empty() {
            return Ok(());
        }
        if self.finished || !room || self.planned.is_some() {
            return Ok(());
        }
        if let Pace::Interval(_) = self.pace {
            self.plan_boundary(WhenEmpty::Leave)?;
        } else {
            self.plan_at(self.soonest(now), now, WhenEmpty::Leave)?;
        }
        self.finished |= self.intake.caught_up();
        Ok(())
    }

    /// A tick's time if it isn't a boundary.
    fn soonest(&self, now: Timestamp) -> Timestamp {
        self.last.map_or(now, |last| now.max(Timestamp::from_millis(last.millis() + 1)))
    }

    /// Plans the tick of the next boundary, due or not. Says whether there is one.
    pub fn plan_boundary(&mut self, when_empty: WhenEmpty) -> Result<bool, Failure> {
        let Pace::Interval(timer) = &mut self.pace else { return Ok(false) };
        let time = timer.next();
        let planned = self.plan_at(time, time, when_empty)?;
        if planned && let Pace::Interval(timer) = &mut self.pace {
            timer.take();
        }
        Ok(planned)
    }

    /// The next boundary, under `Trigger::Interval`.
    pub fn boundary(&self) -> Option<Timestamp> {
        if let Pace::Interval(timer) = &self.pace { Some(timer.next()) } else { None }
    }

    /// The next tick to begin.
    pub fn pop(&mut self) -> Option<TickPlan> {
        self.planned.take()
    }

    /// Its number.
    pub fn next_planned(&self) -> Option<u64> {
        self.planned.as_ref().map(|plan| plan.tick.number)
    }

    /// No further tick will be planned.
    pub fn finished(&self) -> bool {
        self.finished && self.again.is_empty()
    }

    /// `until`: what there is by then is read. A time that runs ahead of the clock brings nothing.
    fn plan_at(&mut self, time: Timestamp, until: Timestamp, when_empty: WhenEmpty) -> Result<bool, Failure> {
        let tick = Tick { number: self.number, time, epoch: self.epoch };
        let limits = self.budget.limits(self.number);
        let asked = match &self.throttle {
            None => self.intake.ask(tick.number, until, limits)?,
            Some(throttle) => self.intake.ask(tick.number, until, &throttle.within(limits))?,
        };
        self.finished = self.intake.ended();
        let run = asked.work
            || match when_empty {
                WhenEmpty::Run => true,
                WhenEmpty::RunUnlessEnded => !self.finished,
                WhenEmpty::Leave => false,
            };
        if run {
            debug_assert!(self.planned.is_none(), "one waits already");
            debug_assert!(self.last.is_none_or(|last| last < time), "batch times must increase");
            self.put(TickPlan {
                tick,
                kind: TickKind::Data,
                sources: asked.sources,
                watermarks: self.clocks.at(time, TickKind::Data),
                finished: asked.finished,
                tables: Vec::new(),
            });
        }
        Ok(run)
    }

    fn put(&mut self, plan: TickPlan) {
        self.clocks.planned(&plan);
        self.number += 1;
        self.last = Some(plan.tick.time);
        self.planned = Some(plan);
    }

    fn warn(&mut self, late: u64, passed: u64, now: Timestamp) {
        if passed > 0 && !self.warned {
            tracing::warn!(
                target: "millstream::tick",
                late, %now,
                "more than {MAX_LATE} ticks are late: boundaries are passed over until the pipeline catches up \
                 (a longer batch interval, or on_overrun(Skip), would fit its speed)"
            );
        }
        self.warned = passed > 0 || (self.warned && late > 1);
    }
}
