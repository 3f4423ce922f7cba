//! Checkpoints and the tick log, as objects of a store: a folder, or what a URL names.
//!
//! ```text
//! <location>/<pipeline>/log/<position>              one entry of the tick log, or a fence
//! <location>/<pipeline>/log/<position>-<tick>       a segment: entries behind the fence at that position
//! <location>/<pipeline>/state/<tick>-<epoch>-<k>    pieces of state, up to about 64 MB
//! <location>/<pipeline>/manifest/<tick>-<epoch>     put last: it makes the checkpoint exist
//! ```
//!
//! # Contract
//! - The log is a total order: its entries are made with put-if-absent, at positions without gaps. A start takes it by
//!   appending a fence; the start before meets that fence at its next append, and ends.
//! - A tick is in the log before anything that it did is seen outside.
//! - A checkpoint of a tick is of a tick in the log; so whichever start wrote it, it is the state behind that tick.
//! - A manifest refers to objects of its own start alone: what an older start prunes is never a newer one's.

mod append;
mod behind;
mod envelope;
mod frames;
mod inspect;
mod location;
mod log;
mod manifest;
mod name;
mod prune;
mod recover;
mod segment;
mod staging;
mod start;
mod storage;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::BoxError;
use crate::clock::Timestamp;
use crate::state::{Piece, Schema};
use crate::tick::{OffsetRange, Positions, Tick, TickRecord};

pub use inspect::command;
#[allow(unused_imports, reason = "the engine does not call it yet")]
pub(crate) use log::Log;
#[allow(unused_imports, reason = "the engine does not call it yet")]
pub(crate) use start::Start;
pub(crate) use storage::Storage;
pub(crate) use write::Checkpoints;

/// Why the storage could not do what was asked.
#[derive(thiserror::Error, Debug)]
pub(crate) enum StorageError {
    #[error("another start (epoch {epoch}) has taken over this checkpoint, so this one ends here")]
    Fenced { epoch: u64 },
    #[error(transparent)]
    Other(#[from] BoxError),
}

impl StorageError {
    fn other(message: String) -> StorageError {
        StorageError::Other(message.into())
    }

    /// With what was found before.
    fn after(self, warnings: &[String]) -> StorageError {
        match self {
            StorageError::Other(error) if !warnings.is_empty() => {
                StorageError::other(format!("{error} (before that: {})", warnings.join("; ")))
            }
            other => other,
        }
    }
}

/// The newest checkpoint that reads whole, for somebody who only reads; and what was found damaged.
pub(crate) async fn newest(storage: &Storage) -> Result<(Option<Recovered>, Vec<String>), StorageError> {
    let recover::Found { newest, warnings } = recover::newest(storage).await?;
    Ok((newest.map(|(_, recovered)| recovered), warnings))
}

/// A tick as the log holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoggedTick {
    pub record: TickRecord,
    /// The names of the sources, in the order of the record's: the next start may have others.
    pub sources: Vec<String>,
    /// By source, what its readers told to be stored beside the plan; may be empty.
    pub notes: Vec<Vec<u8>>,
    /// What was read of sources that can't be read again.
    pub read: Vec<ReadAhead>,
}

impl LoggedTick {
    pub fn tick(&self) -> Tick {
        let TickRecord::V1(plan) = &self.record;
        plan.tick
    }
}

/// Records of a source that can't be read again, in the bytes of their source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadAhead {
    pub source: u32,
    pub range: OffsetRange,
    pub bytes: Vec<u8>,
}

/// How far a source was read as of a checkpoint, and what it wants to remember.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceState {
    pub name: String,
    pub positions: Positions,
    pub memory: Vec<u8>,
}

/// What one operator gives to a checkpoint.
#[derive(Debug)]
pub(crate) struct OperatorState {
    pub name: String,
    pub schema: Schema,
    /// What changed in the groups since the last checkpoint; a group that did not change has none.
    pub pieces: Vec<Piece>,
}

/// What the engine gives to be written, as of the end of one tick.
///
/// # Contract
/// - The first of a start, and the one behind a write that failed, hold a full piece of each group that has state.
/// - The operators are all that keep state, each time.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub tick: Tick,
    /// By the engine's clock.
    pub written: Timestamp,
    pub sources: Vec<SourceState>,
    pub operators: Vec<OperatorState>,
    /// The position in the log at which `tick` is.
    pub log_from: u64,
}

/// What a checkpoint was read as.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recovered {
    pub tick: Tick,
    pub log_from: u64,
    pub sources: Vec<SourceState>,
    pub operators: Vec<RecoveredOperator>,
}

/// The state of one operator: for each group the bytes of its pieces, the full one first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RecoveredOperator {
    pub name: String,
    pub schema: Schema,
    pub groups: Vec<(usize, Vec<Vec<u8>>)>,
}

/// What writing a checkpoint took.
#[derive(Debug)]
pub(crate) struct Written {
    /// Of state pieces and the manifest.
    pub bytes: u64,
    pub took: Duration,
    /// What could not be pruned.
    pub warnings: Vec<String>,
}
