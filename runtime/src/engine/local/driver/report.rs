//! Tells whoever watches of a committed tick: the log, the bar on the terminal, `Job::progress`, a user's callback.

use std::io::IsTerminal;
use std::time::Duration;

use super::{Driver, InFlight};
use crate::engine::bar::Bar;
use crate::engine::local::failure::Failure;
use crate::engine::local::schedule::Cost;
use crate::{Result, blame};

impl Driver<'_> {
    /// Draws a progress bar on standard error, if all sources say how much they have.
    pub fn show_bar(&mut self) {
        let shares_terminal =
            std::io::stdout().is_terminal() && self.delivery.may_print(|node| self.places.is_closure(node));
        let (totals, now) = (self.planner.intake.totals(), self.settings.clock.now());
        let out = Box::new(std::io::stderr());
        self.bar = Bar::new(out, self.places.pipeline(), totals, now, shares_terminal);
    }

    /// `held`: what the tick's records took in memory.
    pub(super) fn report(&mut self, done: &InFlight, costs: &[Cost], held: u64) -> Result<(), Failure> {
        let tick = done.plan.tick;
        let duration = done.begun.elapsed();
        tracing::debug!(
            target: "millstream::tick",
            pipeline = self.places.pipeline().unwrap_or(""),
            tick = tick.number,
            time = tick.time.millis(),
            input = done.units.iter().copied().fold(0, u64::saturating_add),
            held,
            duration_us = duration.as_micros() as u64,
            delay_ms = done.delay.as_millis() as u64,
            "tick committed"
        );
        let late = self.late(&self.control.progress().late);
        let watermarks = self.planner.clocks.progress(&done.plan);
        self.control.update(|progress| {
            progress.late = late;
            progress.watermarks = watermarks;
            progress.tick = Some(tick);
            progress.ticks += 1;
            for (source, units) in progress.sources.iter_mut().zip(&done.units) {
                source.input = *units;
            }
            for (stage, cost) in progress.stages.iter_mut().zip(costs) {
                *stage = Duration::from_nanos(cost.nanos);
            }
            for (shown, counter) in progress.counters.iter_mut().zip(&self.counters) {
                shown.value = counter.get();
            }
            progress.held = held;
            progress.duration = duration;
            progress.delay = done.delay;
        });
        if let Some(bar) = &mut self.bar {
            bar.committed(&done.units, self.settings.clock.now());
        }
        if let Some(on_progress) = &self.settings.on_progress {
            let called = blame::catch(|| {
                on_progress.call(&self.control.progress());
                Ok(())
            });
            let judged = self.places.judge(called, None, None, Some(tick.number));
            judged.map_err(|error| self.failure(tick.number, error))?;
        }
        Ok(())
    }
}
