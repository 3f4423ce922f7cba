//! Stub.
use object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use serde::{Deserialize, Serialize};

use super::{LoggedTick, Storage, StorageError};
use crate::BoxError;

#[derive(Serialize, Deserialize)]
pub(super) enum Entry {
    Fence(u64),
    Ticks(Vec<LoggedTick>),
}

#[derive(Debug)]
pub(crate) struct Log {
    pub(super) storage: Storage,
    pub(super) epoch: u64,
    pub(super) next: u64,
}

impl Log {
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub async fn append(&mut self, ticks: &[LoggedTick]) -> Result<u64, StorageError> {
        let entry = Entry::Ticks(ticks.to_vec());
        let at = self.next;
        self.put(at, &entry).await?;
        self.next += 1;
        Ok(at)
    }

    pub(super) async fn put(&self, at: u64, entry: &Entry) -> Result<(), StorageError> {
        use object_store::ObjectStore;
        let bytes = postcard::to_stdvec(entry).map_err(BoxError::from)?;
        let path = self.storage.root.clone().join("log").join(format!("{at:020}"));
        let options = PutOptions { mode: PutMode::Create, ..Default::default() };
        match self.storage.store.put_opts(&path, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(()),
            Err(object_store::Error::AlreadyExists { .. }) => Err(StorageError::Fenced { epoch: self.epoch + 1 }),
            Err(e) => Err(StorageError::Other(e.into())),
        }
    }
}
#[allow(unused)]
fn unused<T: ObjectStoreExt>(_: T) {}
