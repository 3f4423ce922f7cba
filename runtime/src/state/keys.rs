//! The keys of one key group with their states.

use std::fmt;

use hashbrown::HashTable;
use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::StateKey;
use crate::key::{Key, Memo};

/// A dense list of keys and states, and an index into it: so all keys are visited in one pass over memory, in an order that
/// follows from what was done here, and is the same again after the list was written and read.
///
/// # Contract
/// - Every key has a state, but while its operator works on it.
/// - What was asked for to be changed in a tick is known until the next one: what checkpoints write.
pub(crate) struct KeyStates<K: Key, S> {
    index: HashTable<u32>,
    entries: Vec<Entry<K, S>>,
    /// The number of the last tick that came here.
    tick: u64,
    /// The keys that were forgotten in it.
    gone: Vec<K::Slot>,
}

struct Entry<K: Key, S> {
    memo: K::Memo,
    slot: K::Slot,
    state: Option<S>,
    /// The last tick that changed it.
    changed: u64,
}

/// Before the first tick.
const NEVER: u64 = u64::MAX;

const THERE: &str = "a key has a state, but while its operator works on it";

impl<K: Key, S> Default for KeyStates<K, S> {
    fn default() -> Self {
        KeyStates { index: HashTable::new(), entries: Vec::new(), tick: NEVER, gone: Vec::new() }
    }
}

fn hash_of<K: Key, S>(entry: &Entry<K, S>) -> u64 {
    entry.memo.hash(|| K::slot_hash(&entry.slot))
}

impl<K: StateKey, S> KeyStates<K, S> {
    /// A tick comes here.
    pub fn begin(&mut self, tick: u64) {
        if self.tick != tick {
            self.tick = tick;
            self.gone.clear();
        }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where a key is.
    #[inline(always)]
    pub fn find(&self, hash: u64, slot: &K::Slot) -> Option<usize> {
        let same = |at: &u32| K::same_slots(&self.entries[*at as usize].slot, slot);
        self.index.find(hash, same).map(|at| *at as usize)
    }

    /// Where a key of this hash is that fits.
    pub fn find_by(&self, hash: u64, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let found = |at: &u32| self.hash(*at as usize) == hash && fits(*at as usize);
        self.index.find(hash, found).map(|at| *at as usize)
    }

    /// Takes in a key that is not here, and says where it is.
    pub fn add(&mut self, hash: u64, slot: K::Slot, state: Option<S>) -> usize {
        let at = self.entries.len();
        let number = u32::try_from(at).expect("fewer than 2^32 keys of one key group fit into memory");
        self.entries.push(Entry { memo: K::Memo::of(hash), slot, state, changed: self.tick });
        let entries = &self.entries;
        self.index.insert_unique(hash, number, |at| hash_of(&entries[*at as usize]));
        at
    }

    /// Takes in what keys begin with; of a key that comes twice, the last.
    pub fn start_with<I>(
        &mut self,
        initial: impl IntoIterator<Item = (u64, K::Slot, I)>,
        state: impl Fn(I) -> S,
    ) {
        for (hash, slot, first) in initial {
            let at = self.find(hash, &slot).unwrap_or_else(|| self.add(hash, slot, None));
            *self.state(at) = Some(state(first));
        }
    }

    pub fn hash(&self, at: usize) -> u64 {
        hash_of(&self.entries[at])
    }

    pub fn key(&self, at: usize) -> K {
        K::from_slot(self.entries[at].slot.clone())
    }

    /// A state, to be read.
    pub fn get(&self, at: usize) -> &S {
        self.entries[at].state.as_ref().expect(THERE)
    }

    /// A state, to be changed; of a new key there may be none.
    #[inline(always)]
    pub fn state(&mut self, at: usize) -> &mut Option<S> {
        let entry = &mut self.entries[at];
        entry.changed = self.tick;
        &mut entry.state
    }

    /// A key as it lies here, and its state, to be changed.
    #[inline(always)]
    pub fn pair(&mut self, at: usize) -> (&K::Slot, &mut S) {
        let entry = &mut self.entries[at];
        entry.changed = self.tick;
        (&entry.slot, entry.state.as_mut().expect(THERE))
    }

    /// Takes a state out, to put another one in.
    #[inline(always)]
    pub fn take(&mut self, at: usize) -> S {
        self.state(at).take().expect(THERE)
    }

    /// Whether a key was changed in this tick.
    #[inline(always)]
    pub fn is_changed(&self, at: usize) -> bool {
        self.entries[at].changed == self.tick
    }

    /// The keys that were changed in this tick, where they are; and those that it forgot.
    #[cfg_attr(not(test), allow(dead_code, reason = "checkpoints ask"))]
    pub fn changes(&self) -> (impl Iterator<Item = usize>, &[K::Slot]) {
        ((0..self.len()).filter(|at| self.is_changed(*at)), &self.gone)
    }

    /// Forgets a key; the last one takes its place.
    pub fn remove(&mut self, at: usize) {
        self.unlink(at);
        let last = self.entries.len() - 1;
        if at != last {
            let hash = hash_of(&self.entries[last]);
            let number = self.index.find_mut(hash, |n| *n as usize == last);
            *number.expect("every key is in the index") = at as u32;
        }
        self.gone.push(self.entries.swap_remove(at).slot);
    }

    fn unlink(&mut self, at: usize) {
        let hash = hash_of(&self.entries[at]);
        if let Ok(number) = self.index.find_entry(hash, |n| *n as usize == at) {
            number.remove();
        }
    }

    /// Forgets the keys whose state is none or does not fit; the others keep their order.
    pub fn retain(&mut self, fits: impl Fn(&S) -> bool) {
        let fits = |entry: &Entry<K, S>| entry.state.as_ref().is_some_and(&fits);
        if self.entries.iter().all(fits) {
            return;
        }
        let gone = &mut self.gone;
        gone.extend(self.entries.extract_if(.., |entry| !fits(entry)).map(|entry| entry.slot));
        let entries = &self.entries;
        self.index.clear();
        for (at, entry) in entries.iter().enumerate() {
            self.index.insert_unique(hash_of(entry), at as u32, |at| hash_of(&entries[*at as usize]));
        }
        // What was needed for a crowd that is gone is given back.
        if self.entries.capacity() > 4 * self.entries.len() + 16 {
            let entries = &self.entries;
            self.index.shrink_to(2 * entries.len(), |at| hash_of(&entries[*at as usize]));
            self.entries.shrink_to(2 * self.entries.len());
        }
    }
}

impl<K: StateKey, S: Serialize> Serialize for KeyStates<K, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let all = self.entries.iter();
        serializer.collect_seq(all.map(|e| (K::from_slot(e.slot.clone()), e.state.as_ref().expect(THERE))))
    }
}

impl<'de, K: StateKey, S: Deserialize<'de>> Deserialize<'de> for KeyStates<K, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut states = KeyStates::default();
        for (key, state) in Vec::<(K, S)>::deserialize(deserializer)? {
            let hash = K::hash(&key.probe());
            states.add(hash, key.into_slot(), Some(state));
        }
        Ok(states)
    }
}

impl<K: Key, S> fmt::Debug for KeyStates<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStates").field("keys", &self.entries.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::key::stable_hash;

    /// What is done to a key.
    #[derive(Clone, Debug)]
    enum Do {
        Set(u8, i64),
        Remove(u8),
        KeepBelow(i64),
        WriteAndRead,
    }

    fn steps() -> impl Strategy<Value = Vec<Do>> {
        let step = prop_oneof![
            4 => (any::<u8>(), any::<i64>()).prop_map(|(k, v)| Do::Set(k % 40, v)),
            2 => any::<u8>().prop_map(|k| Do::Remove(k % 40)),
            1 => any::<i64>().prop_map(Do::KeepBelow),
            1 => Just(Do::WriteAndRead),
        ];
        proptest::collection::vec(step, 0..200)
    }

    fn name(k: u8) -> String {
        format!("the key number {k}")
    }

    fn set(states: &mut KeyStates<String, i64>, k: u8, v: i64) {
        let (hash, slot) = (stable_hash(&name(k)), name(k).into_slot());
        let at = states.find(hash, &slot).unwrap_or_else(|| states.add(hash, slot, None));
        *states.state(at) = Some(v);
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds_and_its_order_outlives_being_written(steps in steps()) {
            let (mut states, mut model) = (KeyStates::<String, i64>::default(), BTreeMap::new());
            for step in steps {
                match step {
                    Do::Set(k, v) => {
                        set(&mut states, k, v);
                        model.insert(name(k), v);
                    }
                    Do::Remove(k) => {
                        let found = states.find(stable_hash(&name(k)), &name(k).into_slot());
                        prop_assert_eq!(found.is_some(), model.remove(&name(k)).is_some());
                        found.into_iter().for_each(|at| states.remove(at));
                    }
                    Do::KeepBelow(limit) => {
                        states.retain(|v| *v < limit);
                        model.retain(|_, v| *v < limit);
                    }
                    Do::WriteAndRead => {
                        let keys = |states: &KeyStates<String, i64>| (0..states.len()).map(|at| states.key(at)).collect::<Vec<_>>();
                        let before = keys(&states);
                        let bytes = postcard::to_io(&states, Vec::new()).expect("it can be written");
                        states = postcard::from_bytes(&bytes).expect("it can be read");
                        prop_assert_eq!(keys(&states), before);
                    }
                }
                let held: BTreeMap<String, i64> = (0..states.len()).map(|at| (states.key(at), *states.get(at))).collect();
                prop_assert_eq!(&held, &model);
                for key in model.keys() {
                    prop_assert!(states.find(stable_hash(key), &key.clone().into_slot()).is_some());
                }
            }
        }
    }

    #[test]
    fn a_tick_knows_what_it_changed_and_forgot() {
        let mut states = KeyStates::default();
        states.begin(0);
        (0..4).for_each(|k| set(&mut states, k, 0));
        states.begin(1);
        set(&mut states, 2, 7);
        set(&mut states, 9, 7);
        states.remove(0);
        let (changed, gone) = states.changes();
        let mut changed: Vec<String> = changed.map(|at| states.key(at)).collect();
        changed.sort();
        assert_eq!(changed, [name(2), name(9)]);
        assert_eq!(gone, [name(0).into_slot()]);
        states.begin(2);
        assert_eq!((states.changes().0.count(), states.changes().1.len()), (0, 0));
    }
}
