//! Checkpoints, as the driver makes them.

use super::Driver;
use crate::checkpoint::{Checkpoint, OperatorState, SourceState};
use crate::engine::local::durable::{Durable, News};
use crate::engine::local::failure::Failure;
use crate::engine::local::savepoints::Waiting;
use crate::engine::local::schedule::Freeze;
use crate::engine::local::states;
use crate::engine::savepoint::SavepointRequest;
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
        self.last = Some(tick);
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
        let checkpoint = self.gather(tick, frozen)?;
        if let Some(durable) = &mut self.durable {
            durable.write(checkpoint);
        }
        Ok(())
    }

    /// What a checkpoint of the last committed tick holds.
    fn gather(&self, tick: Tick, frozen: Vec<Vec<Piece>>) -> Result<Checkpoint, Failure> {
        let memories = self.planner.intake.memories().map_err(|error| self.failure(tick.number, error))?;
        let positions = self.planner.intake.committed();
        let sources = self.sources.iter().zip(positions).zip(memories);
        let operators = self.states.iter().zip(frozen).filter_map(|(state, pieces)| {
            let state = state.as_ref()?;
            Some(OperatorState { name: state.name.clone(), schema: state.schema.clone()?, pieces })
        });
        Ok(Checkpoint {
            tick,
            written: self.settings.clock.now(),
            sources: sources
                .map(|((name, positions), memory)| SourceState { name: name.clone(), positions, memory })
                .collect(),
            operators: operators.collect(),
            log_from: self.durable.as_ref().map_or(0, Durable::place),
        })
    }

    /// Makes the savepoints that are asked for, once no tick is in flight.
    pub fn answer(&mut self) {
        if self.is_idle() && self.control.is_asked() {
            for request in self.control.requests(false) {
                self.savepoint(request);
            }
        }
    }

    fn savepoint(&mut self, SavepointRequest { location, reply, .. }: SavepointRequest) {
        let (pipeline, lanes) = (self.places.pipeline().map(str::to_string), self.lanes.clone());
        let (Some(pipeline), Some(tick), Some(lanes)) = (pipeline, self.last, lanes) else {
            let why = if self.places.pipeline().is_none() {
                "a savepoint is stored under the pipeline's name, and this one has none: write `stream! { <Name> … }`, or \
                 `.named(\"Name\")` behind it"
            } else {
                "the pipeline has committed no tick yet: there is nothing that a savepoint could hold"
            };
            // Nobody may wait for it any more.
            let _ = reply.send(Err(Error::Config(why.into())));
            return;
        };
        if let Err(error) = self.places.check_sources() {
            let _ = reply.send(Err(error));
            return;
        }
        let frozen = self.freeze_all(Freeze::All);
        if let Some(durable) = &mut self.durable {
            // What has changed since the last checkpoint is not known any more.
            durable.next_is_full();
        }
        let started = self.gather(tick, frozen).map(|checkpoint| {
            self.savepoints.write(&lanes, Waiting { pipeline, location, checkpoint, reply })
        });
        let failed = match started {
            Ok(Ok(())) => return,
            Ok(Err(error)) => self.failure(tick.number, error),
            Err(failure) => failure,
        };
        self.core.fail(failed);
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
        self.durable.as_ref().map_or(0, Durable::turns) + usize::from(self.savepoints.has_turn())
    }

    /// Does the work of one of them.
    pub fn store(&mut self, which: usize) {
        match &mut self.durable {
            Some(durable) if which < durable.turns() => durable.turn(which),
            _ => self.savepoints.turn(),
        }
    }

    /// Checkpoints wait to be written, until it is told otherwise.
    #[cfg(test)]
    pub fn hold_checkpoints(&mut self, hold: bool) {
        self.durable.as_mut().expect("there is a checkpoint").held = hold;
    }

    fn checkpoint_error(&self, tick: u64, source: BoxError) -> Error {
        Error::Checkpoint { at: self.places.place(None, None, Some(tick)), source }
    }

    /// No tick is in flight, and none will come: brings the last one's state to the checkpoint, and to savepoints. Says whether
    /// nothing is left to be stored.
    pub fn settle(&mut self) -> bool {
        for request in self.control.requests(true) {
            self.savepoint(request);
        }
        if !self.savepoints.is_idle() || self.durable.as_ref().is_some_and(|durable| !durable.is_idle()) {
            return false;
        }
        let (Some(durable), Some(last)) = (&mut self.durable, self.last) else { return true };
        let Some(freeze) = durable.freeze_last(last.number, self.settings.clock.now()) else { return true };
        let frozen = self.freeze_all(freeze);
        if let Err(failure) = self.checkpoint(last, frozen) {
            self.core.fail(failure);
        }
        false
    }

    /// Writes what the pipeline goes on from to its own checkpoint, before anything else is there.
    pub(super) fn found(&mut self) -> crate::Result<()> {
        let (Some(durable), Some(last)) = (&mut self.durable, self.last) else { return Ok(()) };
        let Some(freeze) = durable.freeze_first(last.number) else { return Ok(()) };
        let frozen = self.freeze_all(freeze);
        self.checkpoint(last, frozen).map_err(|failure| failure.error)?;
        let Some(durable) = &mut self.durable else { return Ok(()) };
        let written = durable.wait(&self.control.bell);
        written.map_err(|why| self.checkpoint_error(last.number, why))
    }
}
