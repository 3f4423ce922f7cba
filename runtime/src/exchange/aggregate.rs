//! Tails that combine to something else than their records: `aggregate_by_key`'s and `distinct`'s.

use std::sync::Arc;

use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::groups::Owners;
use super::room::{Provided, Room};
use super::weight::Leaves;
use super::{Folding, KeyTable, Tail};
use crate::batch::Data;
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// Pairs go in, one accumulator a key comes out.
pub struct Aggregate<K: Key, V, A, F> {
    owners: Owners,
    parts: Vec<KeyTable<K, A>>,
    folding: Arc<Folding<A, F>>,
    room: Room,
    values: std::marker::PhantomData<fn(V)>,
}

impl<K: Key<Owned = K>, V, A: Clone, F: Fn(A, V) -> A> Aggregate<K, V, A, F> {
    /// Folds a value into what its key has so far. Allocates only for a new key.
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q, value: V)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let hash = Q::hash(&key.probe());
        let table = &mut self.parts[self.owners.of(hash)];
        let folding = &self.folding;
        table.combine(hash, key, value, |v| folding.from(None, v), |a, v| folding.call(a, v));
    }
}

impl<K, V, A, F> Tail for Aggregate<K, V, A, F>
where
    K: Key<Owned = K> + Data,
    V: Data,
    A: Data + Clone + Sync,
    F: Fn(A, V) -> A + Send + Sync,
{
    type Shared = Arc<Provided<Arc<Folding<A, F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let folding = shared.get().expect("aggregate_by_key gave its function when the pipeline was built");
        Aggregate {
            owners: Owners::new(cx.partitions),
            parts: shared.room.tables(cx.partitions),
            folding: Arc::clone(folding),
            room: shared.room.clone(),
            values: std::marker::PhantomData,
        }
    }

    fn close(self) -> Vec<Bucket> {
        self.room.close(self.parts)
    }
}

impl<K: Key<Owned = K> + Data, V, A: Data, F> Leaves for Aggregate<K, V, A, F> {
    type Bucket = KeyTable<K, A>;
}

impl<K: Key, V, A, F> Crosses for Aggregate<K, V, A, F> {
    type Records = (K, A);
}
impl<K: Key<Owned = K> + Wire, V, A: Wire, F> BySerde for Tailed<Aggregate<K, V, A, F>> {
    type Crosses = Aggregate<K, V, A, F>;
    type Bucket = KeyTable<K, A>;
}

/// Keeps each record once.
pub struct Distinct<K: Key> {
    owners: Owners,
    parts: Vec<KeyTable<K, ()>>,
    room: Room,
}

impl<K: Key<Owned = K>> Distinct<K> {
    /// Allocates only for a new record.
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let hash = Q::hash(&key.probe());
        self.parts[self.owners.of(hash)].combine(hash, key, (), |()| (), |(), ()| ());
    }
}

impl<K: Key<Owned = K> + Data> Tail for Distinct<K> {
    type Shared = Room;

    fn share() -> Room {
        Room::default()
    }

    fn open(room: &Room, cx: &TaskContext) -> Self {
        let parts = room.tables(cx.partitions);
        Distinct { owners: Owners::new(cx.partitions), parts, room: room.clone() }
    }

    fn close(self) -> Vec<Bucket> {
        self.room.close(self.parts)
    }
}

impl<K: Key<Owned = K> + Data> Leaves for Distinct<K> {
    type Bucket = KeyTable<K, ()>;
}

impl<K: Key> Crosses for Distinct<K> {
    type Records = K;
}
impl<K: Key<Owned = K> + Wire> BySerde for Tailed<Distinct<K>> {
    type Crosses = Distinct<K>;
    type Bucket = KeyTable<K, ()>;
}
