//! The checkpoints of one pipeline: written, kept and pruned.

use super::{Checkpoint, Storage, StorageError, Written};

/// Writes checkpoints, one after the other.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    storage: Storage,
    kept: usize,
}

impl Checkpoints {
    /// How many checkpoints are kept: 3 at first. At least one is.
    pub fn keep(&mut self, kept: usize) {
        self.kept = kept.max(1);
    }

    /// Writes a checkpoint: pieces, then the manifest; then prunes what is not needed any more.
    ///
    /// After an error the checkpoint does not exist, and the next one has to be full.
    pub async fn write(&mut self, checkpoint: Checkpoint) -> Result<Written, StorageError> {
        todo!("{:?} {checkpoint:?}", self.storage)
    }
}
