//! How a pipeline ends: with its first error, with none, or as in a crash.

use super::Driver;
use crate::engine::local::failure::Failure;
use crate::engine::local::log::TickLog;
use crate::engine::local::schedule::TaskId;
use crate::engine::test::FaultPoint;
use crate::{Error, Result};

impl Driver<'_> {
    /// Ends the pipeline, once none of its tasks runs any more: takes back what is not committed, lets outputs finish, closes
    /// the sources, and gives the first error.
    pub fn end(mut self) -> (Result<()>, Option<TickLog>) {
        let mut failure = self.core.take_failure();
        if self.crashed.is_none() || failure.as_ref().map(|f| f.at) != self.crashed {
            self.delivery.abort();
        }
        if failure.is_none()
            && let Some(last) = self.last
        {
            failure = self.delivery.finish(&last).err();
        }
        self.planner.intake.close();
        (failure.map_or(Ok(()), |failure| Err(failure.error)), self.log)
    }

    /// Ends the pipeline as if its process had been killed: sinks are left as they are. (Sources are closed: their
    /// sockets and tasks would go with the process.)
    pub fn crash(self) -> Option<TickLog> {
        self.planner.intake.close();
        self.log
    }

    pub(super) fn fault(&mut self, point: FaultPoint, number: u64) -> Result<(), Failure> {
        let met = self.log.as_ref().is_some_and(|log| log.met.contains(&(point, number)));
        if !met && self.settings.faults.contains(&(point, number)) {
            if let Some(log) = &mut self.log {
                log.met.push((point, number));
            }
            let error = Error::Config(format!("tick {number} crashed at the fault point {point:?}"));
            let failure = self.failure(number, error);
            self.crashed = Some(failure.at);
            return Err(failure);
        }
        Ok(())
    }

    /// Of the driver itself: behind all tasks and outlets of the tick.
    pub(super) fn failure(&self, tick: u64, error: Error) -> Failure {
        Failure { at: TaskId { tick, stage: usize::MAX, task: usize::MAX }, error }
    }
}
