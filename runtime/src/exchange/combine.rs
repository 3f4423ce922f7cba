//! Tails that combine on the map side: one table a target partition, for the whole task.

use std::sync::Arc;

use millstream_plan::NodeId;

use super::groups::Owners;
use super::room::{Provided, Room};
use super::{KeyTable, Tail};
use crate::batch::Data;
use crate::blame;
use crate::key::{Key, Pair};
use crate::pipeline::{Bucket, TaskContext};

/// A user's reducing function, and the operator that it belongs to.
#[derive(Debug)]
pub struct Reducer<F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
}

impl<F> Reducer<F> {
    #[inline(always)]
    pub(crate) fn call<V>(&self, a: V, b: V) -> V
    where
        F: Fn(V, V) -> V,
    {
        blame::at(self.node, || (self.function)(a, b))
    }
}

/// `reduce_by_key`'s tail: pairs go in, one value a key comes out.
pub struct Combine<K: Key, V, F> {
    owners: Owners,
    parts: Vec<KeyTable<K, V>>,
    reducer: Arc<Reducer<F>>,
    room: Room,
}

impl<K: Key<Owned = K>, V, F: Fn(V, V) -> V> Combine<K, V, F> {
    /// Combines a pair with what its key has so far. Allocates only for a new key.
    #[inline(always)]
    pub fn push<P>(&mut self, pair: P)
    where
        P: Pair<V = V>,
        V: 'static,
        P::K: Key<Owned = K, Slot = K::Slot>,
    {
        let (key, value) = pair.pair();
        let hash = <P::K as Key>::hash(&key.probe());
        let table = &mut self.parts[self.owners.of(hash)];
        table.combine(hash, key, value, |v| v, |a, b| self.reducer.call(a, b));
    }
}

impl<K: Key<Owned = K> + Data, V: Data, F: Fn(V, V) -> V + Send + Sync> Tail for Combine<K, V, F> {
    type Shared = Arc<Provided<Arc<Reducer<F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let reducer = shared.get().expect("reduce_by_key gave its function when the pipeline was built");
        Combine {
            owners: Owners::new(cx.partitions),
            parts: shared.room.tables(cx.partitions),
            reducer: Arc::clone(reducer),
            room: shared.room.clone(),
        }
    }

    fn close(self) -> Vec<Bucket> {
        self.room.close(self.parts)
    }
}

/// `count_by_value`'s tail: how often each record came.
pub struct CountValues<K: Key> {
    owners: Owners,
    parts: Vec<KeyTable<K, u64>>,
    room: Room,
}

impl<K: Key<Owned = K>> CountValues<K> {
    /// Counts a record. Allocates only for a new one.
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let hash = Q::hash(&key.probe());
        self.parts[self.owners.of(hash)].combine(hash, key, 1, |n| n, |a, b| a + b);
    }
}

impl<K: Key<Owned = K> + Data> Tail for CountValues<K> {
    type Shared = Room;

    fn share() -> Room {
        Room::default()
    }

    fn open(room: &Room, cx: &TaskContext) -> Self {
        let parts = room.tables(cx.partitions);
        CountValues { owners: Owners::new(cx.partitions), parts, room: room.clone() }
    }

    fn close(self) -> Vec<Bucket> {
        self.room.close(self.parts)
    }
}
