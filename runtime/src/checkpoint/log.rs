//! The tick log: entries at positions, made with put-if-absent.

use super::{LoggedTick, Storage, StorageError};

/// The log, as the start that took it appends to it.
#[derive(Debug)]
pub(crate) struct Log {
    storage: Storage,
    epoch: u64,
    /// Where the next entry goes.
    next: u64,
}

impl Log {
    /// Which start this is: from 1.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Appends ticks as one entry and gives its position. Once it returns, they are durable.
    pub async fn append(&mut self, ticks: &[LoggedTick]) -> Result<u64, StorageError> {
        todo!("{:?} {} {ticks:?}", self.storage, self.next)
    }
}
