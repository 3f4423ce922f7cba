//! The end of a tick: its outputs go to their outlets, and it is committed.

use super::Driver;
use crate::engine::local::budget::{self, Weighed};
use crate::engine::local::failure::Failure;
use crate::engine::local::schedule::{Cost, Retired};
use crate::engine::test::FaultPoint;
use crate::tick::Tick;

impl Driver<'_> {
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
        if !self.is_logged(tick.number) || !self.core.with_scheduler(|s| s.is_complete(tick.number)) {
            return Ok(false);
        }
        // Behind it nobody could.
        self.clocks_are_read();
        let _entered = self.core.spans.tick(tick.number).entered();
        if let Some(bar) = &mut self.bar {
            bar.make_way();
        }
        for outlet in 0..self.delivery.len() {
            // One by one, so that no outlet's buckets are kept while the next one's are written.
            let partitions = self.core.with_scheduler(|s| {
                s.has_batch(tick.number, outlet).then(|| s.take_outlet(tick.number, outlet))
            });
            if let Some(partitions) = partitions {
                self.delivery.write(outlet, tick, partitions)?;
            }
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
        let Retired { costs, frozen } = self.core.with_scheduler(|scheduler| scheduler.retire(tick.number));
        self.core.spans.end(tick.number);
        self.core.end_tables(tick.number);
        self.planner.intake.release(&done.plan).map_err(|error| self.failure(tick.number, error))?;
        self.keep(tick, Self::with_clocks(frozen, done.clocks.clone()))?;
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
        if let (Some(log), None) = (&mut self.log, &self.durable) {
            log.budget = Some(self.planner.budget.clone());
        }
        if let Some(throttle) = &mut self.planner.throttle {
            let now = self.settings.clock.now();
            throttle.committed(now, &done.units, now.since(done.begun_at), done.delay);
        }
        self.report(&done, &costs, held)
    }
}
