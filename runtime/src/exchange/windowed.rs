//! The tail of aggregates of windows of event time: it makes parts of what lies near to one another, by pane and key, then deals them
//! to key groups.
//!
//! As in `near.rs`, what is new to a table goes in, a full table moves on as a whole, and where keys hardly repeat records go straight on
//! for a while. A pane is in the same windows as all its records: so it is judged late as each of them would be, and a part that is late
//! says how many they were.

use std::sync::{Arc, OnceLock};

use hashbrown::HashTable;
use millstream_plan::NodeId;

use super::Tail;
use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::near::{ROOM, STRAIGHT};
use super::scatter::{Entry, Scatter, Scattered};
use super::weight::Leaves;
use crate::batch::Data;
use crate::blame;
use crate::clock::Timestamp;
use crate::event_time::{Aggregate, Fixed, Part};
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// What both sides of the exchange know.
#[derive(Debug)]
pub struct Windowing<A> {
    pub(crate) node: NodeId,
    pub(crate) aggregate: Arc<A>,
    /// The panes that parts are made of; `None`: records cross as they are.
    pub(crate) parts: Option<Fixed>,
}

/// Pairs with their times go in, parts come out.
pub struct Windowed<K: Key, V, A: Aggregate<V>> {
    windowing: Arc<Windowing<A>>,
    /// The pane at hand: its first time, and the last.
    pane: (i64, i64),
    /// The part at hand, of those without keys.
    at: Option<usize>,
    /// By pane and key.
    index: HashTable<u32>,
    /// In the order in which they came.
    parts: Vec<OfPane<K, A::State>>,
    room: usize,
    /// Records since the table was empty.
    seen: u32,
    /// Records that still go straight on.
    straight: usize,
    scatter: Scatter<K, (Timestamp, Part<V, A::State>)>,
}

struct OfPane<K: Key, S> {
    pane: i64,
    hash: u64,
    slot: K::Slot,
    count: u32,
    state: S,
}

/// Where a pane's key is in the table.
#[inline(always)]
fn place(hash: u64, pane: i64) -> u64 {
    hash ^ (pane as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl<K: Key<Owned = K>, V, A: Aggregate<V>> Windowed<K, V, A> {
    /// Takes a record in. Owns its key only where it is new to its pane.
    #[inline(always)]
    pub fn push<Q>(&mut self, key: Q, time: Timestamp, value: V)
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        let probe = key.probe();
        let hash = Q::hash(&probe);
        if self.straight > 0 {
            drop(probe);
            self.straight -= 1;
            self.scatter.add(hash, Entry::new(hash, key.into_slot(), (time, Part::One(value))));
            return;
        }
        let millis = time.millis();
        if !(self.pane.0 <= millis && millis <= self.pane.1) {
            self.go_to(millis);
        }
        let pane = self.pane.0;
        let parts = &self.parts;
        let same = |at: &u32| {
            let part = &parts[*at as usize];
            part.pane == pane && part.hash == hash && Q::same(&probe, &part.slot)
        };
        let found = match self.at {
            Some(at) => Some(at),
            None => self.index.find(place(hash, pane), same).map(|at| *at as usize),
        };
        drop(probe);
        self.seen += 1;
        let at = found.unwrap_or_else(|| self.insert(hash, key.into_slot()));
        if const { size_of::<K::Slot>() == 0 } {
            self.at = Some(at);
        }
        let windowing = &self.windowing;
        let part = &mut self.parts[at];
        part.count += 1;
        blame::at(windowing.node, || windowing.aggregate.put(&mut part.state, value));
        if self.parts.len() >= self.room || self.seen == u32::MAX {
            self.full();
        }
    }

    #[cold]
    #[inline(never)]
    fn go_to(&mut self, time: i64) {
        let panes = self.windowing.parts.expect("else records go straight on");
        self.pane = (panes.pane(time), panes.last_of_pane(time));
        self.at = None;
    }

    #[inline(never)]
    fn insert(&mut self, hash: u64, slot: K::Slot) -> usize {
        let (pane, at) = (self.pane.0, self.parts.len());
        let windowing = &self.windowing;
        let state = blame::at(windowing.node, || windowing.aggregate.start());
        self.parts.push(OfPane { pane, hash, slot, count: 0, state });
        let parts = &self.parts;
        let again = |at: &u32| place(parts[*at as usize].hash, parts[*at as usize].pane);
        self.index.insert_unique(place(hash, pane), at as u32, again);
        at
    }

    #[cold]
    #[inline(never)]
    fn full(&mut self) {
        let seen = self.seen as usize;
        if seen >= 2 * self.room && self.room < *ROOM.end() {
            self.room *= 2;
            return;
        }
        if seen < self.room + self.room / 4 {
            self.straight = STRAIGHT * self.room;
        }
        self.flush();
    }

    /// For so many parts, and then no more: as if few keys came again.
    #[cfg(test)]
    pub(crate) fn with_room(self, room: usize) -> Self {
        Windowed { room, ..self }
    }

    fn flush(&mut self) {
        for OfPane { pane, hash, slot, count, state } in self.parts.drain(..) {
            let part = (Timestamp::from_millis(pane), Part::Many(count, state));
            self.scatter.add(hash, Entry::new(hash, slot, part));
        }
        self.index.clear();
        (self.seen, self.at) = (0, None);
    }
}

impl<K: Key<Owned = K> + Data, V: Data, A: Aggregate<V>> Tail for Windowed<K, V, A> {
    type Shared = Arc<OnceLock<Arc<Windowing<A>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let windowing = shared.get().expect("the aggregate was given when the pipeline was built");
        Windowed {
            windowing: Arc::clone(windowing),
            // Of no time yet.
            pane: (i64::MAX, i64::MIN),
            at: None,
            index: HashTable::new(),
            parts: Vec::new(),
            room: *ROOM.start(),
            seen: 0,
            straight: if windowing.parts.is_some() { 0 } else { usize::MAX },
            scatter: Scatter::new(cx.partitions),
        }
    }

    fn close(mut self) -> Vec<Bucket> {
        self.flush();
        self.scatter.close()
    }
}

impl<K: Key<Owned = K> + Data, V: Data, A: Aggregate<V>> Leaves for Windowed<K, V, A> {
    type Bucket = Scattered<K, (Timestamp, Part<V, A::State>)>;
}
impl<K: Key, V, A: Aggregate<V>> Crosses for Windowed<K, V, A> {
    type Records = (K, V);
}
impl<K: Key<Owned = K> + Wire, V: Wire, A: Aggregate<V>> BySerde for Tailed<Windowed<K, V, A>> {
    type Crosses = Windowed<K, V, A>;
    type Bucket = Scattered<K, (Timestamp, Part<V, A::State>)>;
}
