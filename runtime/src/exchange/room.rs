//! How much room the tables of a tail need: as much as those of the tick before.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::KeyTable;
use crate::key::Key;
use crate::pipeline::Bucket;

/// The keys of the largest table that the last task closed. A table that grows from nothing is hashed anew at each doubling,
/// in every tick: that was a twentieth of a word count.
#[derive(Clone, Debug, Default)]
pub struct Room(Arc<AtomicUsize>);

impl Room {
    /// A table a partition; each takes the room when it turns out not to be small.
    pub(super) fn tables<K: Key, A>(&self, partitions: usize) -> Vec<KeyTable<K, A>> {
        let keys = self.0.load(Relaxed);
        (0..partitions).map(|_| KeyTable::expecting(keys)).collect()
    }

    /// The tables as buckets.
    pub(super) fn close<K: Key + 'static, A: Send + 'static>(
        &self,
        tables: Vec<KeyTable<K, A>>,
    ) -> Vec<Bucket>
    where
        KeyTable<K, A>: Send,
    {
        self.0.store(tables.iter().map(KeyTable::len).max().unwrap_or(0), Relaxed);
        tables.into_iter().map(|table| Box::new(table) as Bucket).collect()
    }
}

/// What the operator behind an exchange provides, once, and the room that its tables need.
#[derive(Debug)]
pub struct Provided<T> {
    value: OnceLock<T>,
    pub(super) room: Room,
}

impl<T> Default for Provided<T> {
    fn default() -> Self {
        Provided { value: OnceLock::new(), room: Room::default() }
    }
}

impl<T> Deref for Provided<T> {
    type Target = OnceLock<T>;
    fn deref(&self) -> &OnceLock<T> {
        &self.value
    }
}
