//! Event time: what clocks saw of a tick, and ticks without data.

use super::Driver;
use crate::clock::Timestamp;
use crate::engine::local::judges::judge;
use crate::engine::local::schedule::Freeze;
use crate::progress::LateProgress;
use crate::state::Piece;

impl Driver<'_> {
    /// Whether what the clocks saw of the newest tick is known: the next one is judged by it.
    pub(super) fn clocks_are_read(&mut self) -> bool {
        if self.planner.clocks.is_empty() {
            return true;
        }
        let Some(newest) = self.in_flight.back_mut() else { return true };
        if newest.is_timed {
            return true;
        }
        let number = newest.plan.tick.number;
        let Some(seen) = self.core.with_scheduler(|s| s.take_clocks(number)) else { return false };
        self.planner.clocks.observe(&newest.plan, seen);
        newest.is_timed = true;
        if self.log.is_some() {
            newest.clocks = self.planner.clocks.freeze();
        }
        true
    }

    /// Plans a tick without data, where something is due that no other tick would do. Returns its time.
    pub fn trail(&mut self) -> Option<Timestamp> {
        let topology = std::sync::Arc::clone(&self.topology);
        if topology.stages.iter().all(|stage| !stage.timed)
            || !self.is_idle()
            || self.has_failed()
            || self.is_stopping()
        {
            return None;
        }
        let timings = self.core.with_scheduler(|scheduler| scheduler.timings());
        self.planner.trail(self.settings.clock.now(), |watermarks, kind| {
            topology.stages.iter().zip(&timings).any(|(stage, timing)| {
                timing.due.is_some_and(|due| due <= judge(&stage.judges, watermarks, kind).due)
            })
        })
    }

    /// What was frozen behind a tick, with how the clocks stood then.
    pub(super) fn with_clocks(
        mut frozen: Vec<Vec<Piece>>,
        clocks: Vec<crate::engine::local::watermarks::ClockState>,
    ) -> Vec<Vec<Piece>> {
        frozen.extend(clocks.into_iter().map(|state| vec![Piece::from(state)]));
        frozen
    }

    /// What all keep, while no tick is in flight.
    pub(super) fn freeze_all(&mut self, freeze: Freeze) -> Vec<Vec<Piece>> {
        let frozen = self.core.with_scheduler(|scheduler| scheduler.freeze(freeze));
        Self::with_clocks(frozen, self.planner.clocks.freeze())
    }

    /// The late records of a tick that is committed, beside those before it. Warns of an operator's first.
    pub(super) fn late(&self, before: &[LateProgress]) -> Vec<LateProgress> {
        let timings = self.core.with_scheduler(|scheduler| scheduler.timings());
        let timed = self.topology.stages.iter().enumerate().filter(|(_, stage)| stage.timed);
        let mut all = Vec::new();
        for ((number, _), at) in timed.zip(0..) {
            let (stream, operator) = self.places.head_names(number);
            let operator = format!("{stream}/{operator}");
            let total = timings[number].late;
            let known = before.get(at).map_or(0, |late| late.total);
            if known == 0 && total > 0 {
                tracing::warn!(
                    target: "millstream::event_time",
                    operator,
                    records = total,
                    "records came when the watermark had passed them, or the end of their windows: they are left out of the \
                     results (a larger bound of `event_time` waits longer, and so does `.allowed_lateness(…)` of windows; \
                     `let (results, late) = …` gives those of windows as a stream)"
                );
            }
            all.push(LateProgress { operator, records: total.saturating_sub(known), total });
        }
        all
    }
}
