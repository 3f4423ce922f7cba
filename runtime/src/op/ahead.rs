//! Records meet the states of their keys, some at a time.
//!
//! A group's states are seldom in a near cache when its records come. So the places of some records are looked up first, and
//! their cache misses overlap; then each record finds its state there. (Batched probing, as of joins: Chen, Ailamaki, Gibbons,
//! Mowry, "Improving Hash Join Performance through Prefetching", 2004; here without prefetching, only by looking first.)

use crate::exchange::{Chunks, Entry};
use crate::key::Key;
use crate::state::{Cell, KeyStates, StateData, StateKey, Timed, TimedStates};

/// A list of keys, perhaps with more around it.
pub(crate) trait Keyed<K: Key> {
    type Cell;
    fn keys(&mut self) -> &mut KeyStates<K, Self::Cell>;
}

impl<K: StateKey, C: Cell> Keyed<K> for KeyStates<K, C> {
    type Cell = C;
    #[inline(always)]
    fn keys(&mut self) -> &mut Self {
        self
    }
}

impl<K: StateKey, S: StateData> Keyed<K> for TimedStates<K, S> {
    type Cell = Timed<S>;
    #[inline(always)]
    fn keys(&mut self) -> &mut KeyStates<K, Timed<S>> {
        &mut self.keys
    }
}

/// How many records are looked up together.
const SOME: usize = 16;

/// Calls `meet` with each record, in order, with its hash and the place of its key, if that is known. A call may add or remove
/// keys, one at most.
#[inline(always)]
pub(crate) fn each<K, V, S>(
    states: &mut S,
    records: Chunks<K, V>,
    mut meet: impl FnMut(&mut S, u64, Option<usize>, Entry<K, V>),
) where
    K: StateKey,
    S: Keyed<K, Cell: Cell>,
{
    states.keys().expect(records.iter().map(Vec::len).sum());
    for chunk in records {
        let mut chunk = chunk.into_iter();
        while !chunk.as_slice().is_empty() {
            let mut places = [(0, None); SOME];
            let keys = states.keys();
            for (place, record) in places.iter_mut().zip(chunk.as_slice()) {
                let hash = record.hash();
                *place = (hash, keys.find(hash, &record.slot));
            }
            // A key that was removed has moved another one; one that was added is found now.
            let (known, mut is_moved) = (keys.len(), false);
            for ((hash, place), record) in places.into_iter().zip(chunk.by_ref()) {
                let before = states.keys().len();
                let is_there = !is_moved && (place.is_some() || before == known);
                let place = if is_there { place } else { states.keys().find(hash, &record.slot) };
                meet(states, hash, place, record);
                is_moved |= states.keys().len() < before;
            }
        }
    }
}
