//! Decides ticks: when, and what each is to read.

use std::collections::VecDeque;

use super::failure::Failure;
use super::intake::Intake;
use super::timer::Timer;
use crate::clock::Timestamp;
use crate::engine::{Overrun, Trigger};
use crate::tick::{Tick, TickPlan};

/// How many ticks may be late. Beyond it, boundaries are passed over and what they would have read goes to the
/// tick after them.
pub(crate) const MAX_LATE: u64 = 100;

/// # Contract
/// - Numbers count from 0 without a gap; batch times strictly increase.
/// - Under `Trigger::Interval` a tick is planned at its boundary, also while earlier ones still run: so late ticks
///   queue, each with what had arrived by its own time. The others are planned when there is room to run them.
/// - When all sources have ended, no tick follows the one with their last records.
pub(crate) struct Planner {
    pub intake: Intake,
    pace: Pace,
    overrun: Overrun,
    planned: VecDeque<TickPlan>,
    /// The next tick's.
    number: u64,
    last: Option<Timestamp>,
    finished: bool,
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
    pub fn new(intake: Intake, trigger: Trigger, overrun: Overrun, now: Timestamp) -> Planner {
        let pace = match trigger {
            Trigger::Interval(interval) => Pace::Interval(Timer::new(interval, now)),
            Trigger::Eager => Pace::Eager,
            Trigger::AvailableNow => Pace::AvailableNow,
        };
        let finished = intake.ended();
        Planner {
            intake,
            pace,
            overrun,
            planned: VecDeque::new(),
            number: 0,
            last: None,
            finished,
            warned: false,
        }
    }

    /// Plans what is due. `room`: a tick that is planned now could begin now. Returns when to look again, if that
    /// is not when a source or a finished task says so.
    pub fn plan(&mut self, now: Timestamp, room: bool) -> Result<Option<Timestamp>, Failure> {
        if self.finished {
            return Ok(None);
        }
        match &mut self.pace {
            Pace::Interval(timer) => {
                let due = timer.due(now);
                match self.overrun {
                    Overrun::Queue => {
                        let late = self.planned.len() as u64 + due;
                        let passed = late.saturating_sub(MAX_LATE).min(due);
                        timer.skip(passed);
                        self.warn(late, passed, now);
                        for _ in passed..due {
                            if !self.plan_boundary(WhenEmpty::RunUnlessEnded)? {
                                break;
                            }
                        }
                    }
                    Overrun::Skip if due > 0 && room && self.planned.is_empty() => {
                        timer.skip(due - 1);
                        self.plan_boundary(WhenEmpty::RunUnlessEnded)?;
                    }
                    // A finished tick rings.
                    Overrun::Skip if due > 0 => return Ok(None),
                    Overrun::Skip => {}
                }
                Ok((!self.finished).then(|| self.boundary()).flatten())
            }
            Pace::Eager | Pace::AvailableNow => {
                if room && self.planned.is_empty() {
                    let time =
                        self.last.map_or(now, |last| now.max(Timestamp::from_millis(last.millis() + 1)));
                    self.plan_at(time, WhenEmpty::Leave)?;
                    self.finished |= matches!(self.pace, Pace::AvailableNow) && self.intake.caught_up();
                }
                Ok(None)
            }
        }
    }

    /// Plans the tick of the next boundary, due or not. Says whether there is one.
    pub fn plan_boundary(&mut self, when_empty: WhenEmpty) -> Result<bool, Failure> {
        let Pace::Interval(timer) = &mut self.pace else { return Ok(false) };
        let time = timer.next();
        let planned = self.plan_at(time, when_empty)?;
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
        self.planned.pop_front()
    }

    pub fn has_planned(&self) -> bool {
        !self.planned.is_empty()
    }

    /// No further tick will be planned.
    pub fn finished(&self) -> bool {
        self.finished
    }

    fn plan_at(&mut self, time: Timestamp, when_empty: WhenEmpty) -> Result<bool, Failure> {
        let asked = self.intake.ask(self.number)?;
        self.finished = self.intake.ended();
        let run = asked.work
            || match when_empty {
                WhenEmpty::Run => true,
                WhenEmpty::RunUnlessEnded => !self.finished,
                WhenEmpty::Leave => false,
            };
        if run {
            debug_assert!(self.last.is_none_or(|last| last < time), "batch times must increase");
            let tick = Tick { number: self.number, time, epoch: 0 };
            self.planned.push_back(TickPlan { tick, sources: asked.sources });
            self.number += 1;
            self.last = Some(time);
        }
        Ok(run)
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
