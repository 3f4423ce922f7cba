//! The tail of aggregates of windows of event time: it makes parts of what lies near to one another, by pane and key, then deals them
//! to key groups.
//!
//! As in `near.rs`, what is new to a table goes in, a full table moves on as a whole, and where keys hardly repeat records go straight on
//! for a while. A pane is in the same windows as all its records: so it is judged late as each of them would be, and a part that is late
//! says how many they were. A part of a session is a run of records that touch, none of which can be late: those that may be go straight
//! on.

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
use crate::event_time::{Aggregate, Part, Shape, Windows};
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// What both sides of the exchange know.
#[derive(Debug)]
pub struct Windowing<A> {
    pub(crate) node: NodeId,
    pub(crate) aggregate: Arc<A>,
    pub(crate) windows: Windows,
    /// Whether there are parts; else records cross as they are.
    pub(crate) parts: bool,
}

/// Pairs with their times go in, parts come out.
pub struct Windowed<K: Key, V, A: Aggregate<V>> {
    windowing: Arc<Windowing<A>>,
    /// The pane at hand: its first time, and the last.
    pane: (i64, i64),
    /// The part at hand, of those without keys.
    at: Option<usize>,
    /// Of sessions: their gap, and by when one ends that may be late.
    session: Option<(i64, i64)>,
    /// By pane and key.
    index: HashTable<u32>,
    /// In the order in which they came.
    parts: Vec<Open<K, A::State>>,
    room: usize,
    /// Records since the table was empty.
    seen: u32,
    /// Records that still go straight on.
    straight: usize,
    scatter: Scatter<K, (Timestamp, Part<V, A::State>)>,
}

/// A part that is being made.
struct Open<K: Key, S> {
    hash: u64,
    slot: K::Slot,
    /// The pane; of a session, its first record.
    from: i64,
    /// Of a session, its last record.
    to: i64,
    count: u32,
    state: S,
}

/// Where a pane's key is in the table. A session's key has one place.
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
        let millis = time.millis();
        let may_be_late = self.session.is_some_and(|(gap, late)| millis.saturating_add(gap) <= late);
        if self.straight > 0 || may_be_late {
            drop(probe);
            self.straight = self.straight.saturating_sub(1);
            self.scatter.add(hash, Entry::new(hash, key.into_slot(), (time, Part::One(value))));
            return;
        }
        if !(self.pane.0 <= millis && millis <= self.pane.1) {
            self.go_to(millis);
        }
        let pane = self.pane.0;
        let (parts, of_session) = (&self.parts, self.session.is_some());
        let same = |at: &u32| {
            let part = &parts[*at as usize];
            part.hash == hash && (of_session || part.from == pane) && Q::same(&probe, &part.slot)
        };
        let found = match self.at {
            Some(at) => Some(at),
            None => self.index.find(place(hash, pane), same).map(|at| *at as usize),
        };
        drop(probe);
        self.seen += 1;
        let at = match found {
            Some(at) if self.takes(at, millis) => at,
            _ => self.insert(hash, key.into_slot(), millis),
        };
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
        self.at = None;
        self.pane = match self.windowing.windows.shape() {
            Shape::Fixed(panes) => (panes.pane(time), panes.last_of_pane(time)),
            Shape::Session { .. } => (i64::MIN, i64::MAX),
        };
    }

    #[inline(never)]
    fn insert(&mut self, hash: u64, slot: K::Slot, time: i64) -> usize {
        let (pane, at) = (self.pane.0, self.parts.len());
        let from = if self.session.is_some() { time } else { pane };
        self.parts.push(Open { hash, slot, from, to: time, count: 0, state: self.start() });
        let (parts, of_session) = (&self.parts, self.session.is_some());
        let again = |at: &u32| {
            let part = &parts[*at as usize];
            place(part.hash, if of_session { pane } else { part.from })
        };
        self.index.insert_unique(place(hash, pane), at as u32, again);
        at
    }

    fn start(&self) -> A::State {
        blame::at(self.windowing.node, || self.windowing.aggregate.start())
    }

    /// Whether a record belongs to a part of its key: of sessions, whether they touch. What it can't belong to stays as it is, and another
    /// one takes its place.
    #[inline(always)]
    fn takes(&mut self, at: usize, time: i64) -> bool {
        let Some((gap, _)) = self.session else { return true };
        let part = &mut self.parts[at];
        if part.from.saturating_sub(gap) <= time && time <= part.to.saturating_add(gap) {
            (part.from, part.to) = (part.from.min(time), part.to.max(time));
            return true;
        }
        let place = place(part.hash, self.pane.0);
        if let Ok(entry) = self.index.find_entry(place, |other| *other as usize == at) {
            entry.remove();
        }
        false
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
        let of_session = self.session.is_some();
        for Open { hash, slot, from, to, count, state } in self.parts.drain(..) {
            let part = if of_session { Part::Run(to, state) } else { Part::Many(count, state) };
            self.scatter.add(hash, Entry::new(hash, slot, (Timestamp::from_millis(from), part)));
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
        let windows = &windowing.windows;
        let session = match windows.shape() {
            Shape::Fixed(_) => None,
            Shape::Session { gap } => Some((gap, windows.late_by(cx.late_behind).millis())),
        };
        Windowed {
            windowing: Arc::clone(windowing),
            // Of no time yet.
            pane: (i64::MAX, i64::MIN),
            at: None,
            session,
            index: HashTable::new(),
            parts: Vec::new(),
            room: *ROOM.start(),
            seen: 0,
            straight: if windowing.parts { 0 } else { usize::MAX },
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
