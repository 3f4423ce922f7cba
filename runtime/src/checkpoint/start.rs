//! What a start of a pipeline does first: takes the log, then recovers.

use super::{Checkpoints, Log, LoggedTick, Recovered, Storage, StorageError};
use crate::clock::Timestamp;

/// All that a start of a pipeline finds, once it owns the log.
#[derive(Debug)]
pub(crate) struct Start {
    pub log: Log,
    pub checkpoints: Checkpoints,
    /// The newest checkpoint that reads whole.
    pub recovered: Option<Recovered>,
    /// The ticks behind it (all, if there is none), in order, without gaps, each with its position in the log.
    pub ticks: Vec<(u64, LoggedTick)>,
    /// What was found damaged and gone round.
    pub warnings: Vec<String>,
}

impl Start {
    /// Takes the log (whoever had it before is fenced off by that), then reads the newest checkpoint and the ticks
    /// behind it.
    pub async fn take(storage: &Storage, now: Timestamp) -> Result<Start, StorageError> {
        todo!("{storage:?} {now:?}")
    }
}
