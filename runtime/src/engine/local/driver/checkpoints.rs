//! Checkpoints, as the driver makes them.

use super::Driver;
use crate::checkpoint::{Checkpoint, OperatorState, SourceState};
use crate::engine::local::durable::{Durable, News};
use crate::engine::local::failure::Failure;
use crate::engine::local::schedule::Freeze;
use crate::engine::local::states;
use crate::progress::CheckpointProgress;
use crate::state::Piece;
use crate::tick::Tick;
use crate::{BoxError, Error};

impl Driver<'_> {
    /// Whether what operators keep is frozen behind the tick that begins now.
    pub(super) fn freezes(&mut self, tick: &Tick) -> Option<Freeze> {
        match &mut self.durable {
            Some(durable) => durable.freeze(tick.number, self.settings.clock.now()),
            // A restart goes on with the state behind the last tick.
            None => self.log.as_ref().map(|_| Freeze::Changes),
        }
    }

    /// Nothing of this tick may be seen before that.
    pub(super) fn is_logged(&self, tick: u64) -> bool {
        self.durable.as_ref().is_none_or(|durable| durable.is_logged(tick))
    }

    /// A tick is committed behind which this was frozen, by stage.
    pub(super) fn keep(&mut self, tick: Tick, frozen: Vec<Vec<Piece>>) -> Result<(), Failure> {
        if let Some(log) = &mut self.log {
            log.open.pop_front();
            log.last = Some(tick);
        }
        match (&mut self.durable, &mut self.log) {
            (Some(durable), _) => {
                if durable.committed(tick.number) {
                    self.checkpoint(tick, frozen)?;
                }
                Ok(())
            }
            (None, Some(log)) => {
                log.committed = self.planner.intake.committed();
                let stored = states::store(&mut log.states, &self.states, frozen);
                stored.map_err(|error| self.failure(tick.number, error))
            }
            (None, None) => Ok(()),
        }
    }

    /// Hands a checkpoint of a committed tick to its writer.
    fn checkpoint(&mut self, tick: Tick, frozen: Vec<Vec<Piece>>) -> Result<(), Failure> {
        let memories = self.planner.intake.memories().map_err(|error| self.failure(tick.number, error))?;
        let positions = self.planner.intake.committed();
        let sources = self.sources.iter().zip(positions).zip(memories);
        let operators = self.states.iter().zip(frozen).filter_map(|(state, pieces)| {
            let state = state.as_ref()?;
            Some(OperatorState { name: state.name.clone(), schema: state.schema.clone()?, pieces })
        });
        let Some(durable) = &mut self.durable else { return Ok(()) };
        durable.write(Checkpoint {
            tick,
            written: self.settings.clock.now(),
            sources: sources
                .map(|((name, positions), memory)| SourceState { name: name.clone(), positions, memory })
                .collect(),
            operators: operators.collect(),
            log_from: durable.place(),
        });
        Ok(())
    }

    /// Looks at what was stored since the last look.
    pub fn look(&mut self) {
        let Some(durable) = &mut self.durable else { return };
        let News { failed, checkpoints } = durable.look();
        for (tick, written) in checkpoints {
            match written {
                Ok(written) => {
                    tracing::debug!(
                        target: "millstream::checkpoint",
                        pipeline = self.places.pipeline().unwrap_or(""),
                        tick,
                        bytes = written.bytes,
                        duration_us = written.took.as_micros() as u64,
                        "checkpoint written"
                    );
                    for warning in &written.warnings {
                        tracing::warn!(target: "millstream::checkpoint", tick, "{warning}");
                    }
                    self.control.update(|progress| {
                        progress.checkpoint =
                            Some(CheckpointProgress { tick, bytes: written.bytes, duration: written.took });
                    });
                }
                Err(why) => tracing::warn!(
                    target: "millstream::checkpoint",
                    pipeline = self.places.pipeline().unwrap_or(""),
                    tick,
                    "a checkpoint could not be written, and the next one will hold all of the state: {why}"
                ),
            }
        }
        if let Some((tick, why)) = failed {
            let failure = self.failure(tick, self.checkpoint_error(tick, why));
            self.core.fail(failure);
        }
    }

    /// How many writers wait for the caller to do their work.
    pub fn turns(&self) -> usize {
        self.durable.as_ref().map_or(0, Durable::turns)
    }

    /// Does the work of one of them.
    pub fn store(&mut self, which: usize) {
        if let Some(durable) = &mut self.durable {
            durable.turn(which);
        }
    }

    fn checkpoint_error(&self, tick: u64, source: BoxError) -> Error {
        Error::Checkpoint { at: self.places.place(None, None, Some(tick)), source }
    }

    /// No tick is in flight, and none will come: brings the last one's state to the checkpoint. Says whether nothing is left
    /// to be stored.
    pub fn settle(&mut self) -> bool {
        let (Some(durable), Some(log)) = (&mut self.durable, &self.log) else { return true };
        if !durable.is_idle() {
            return false;
        }
        let Some(last) = log.last else { return true };
        let Some(freeze) = durable.freeze_last(last.number, self.settings.clock.now()) else { return true };
        let frozen = self.core.with_scheduler(|scheduler| scheduler.freeze(freeze));
        if let Err(failure) = self.checkpoint(last, frozen) {
            self.core.fail(failure);
        }
        false
    }
}
