//! The keys of one key group with their states.

use std::fmt;

use hashbrown::HashTable;

use super::entries::{Entries, Entry};
use super::since::Since;
use super::{Cell, StateKey, slots};
use crate::key::Key;

/// A dense list of keys and states, and an index into it: so all keys are visited in one pass over memory, in an order that
/// follows from what was done here, and is the same again after the list was written and read.
///
/// # Contract
/// - Every key has a state, but while its operator works on it.
/// - What was changed since it was frozen last is known, by its place in the list; where nobody freezes, nothing is kept for that.
pub(crate) struct KeyStates<K: Key, C> {
    index: HashTable<u32>,
    pub(super) entries: Entries<K, C>,
    /// `None`: it was never frozen.
    pub(super) since: Option<Since>,
}

/// The bytes of a state before and after it was exchanged.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    before: Written,
    after: Written,
}

#[derive(Debug, Default, PartialEq)]
struct Written(Vec<u8>);

impl Written {
    /// Whether there is something that can be written.
    fn set<C: Cell>(&mut self, cell: Option<&C>) -> bool {
        self.0.clear();
        cell.is_some_and(|cell| {
            cell.write_fields(&mut self.0);
            slots::encode(cell.state(), &mut self.0).is_ok()
        })
    }
}

pub(super) const THERE: &str = "a key has a state, but while its operator works on it";

impl<K: Key, C> Default for KeyStates<K, C> {
    fn default() -> Self {
        KeyStates { index: HashTable::new(), entries: Entries::default(), since: None }
    }
}

impl<K: StateKey, C: Cell> KeyStates<K, C> {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Records come, so many of them. Where they meet most keys, those are read in order first: the misses of random ones take longer.
    pub fn expect(&self, records: usize) {
        if records >= self.len() / 4 {
            self.entries.warm();
            std::hint::black_box(self.index.iter().fold(0, |all, at| all ^ at));
        }
    }

    /// Shows all states that lie in memory, in order: to read what they own before it is needed.
    pub fn look(&self, look: impl Fn(&C)) {
        self.entries.look(look);
    }

    /// Where a key is.
    #[inline(always)]
    pub fn find(&mut self, hash: u64, slot: &K::Slot) -> Option<usize> {
        let entries = &mut self.entries;
        let same = |at: &u32| {
            let at = *at as usize;
            entries.may_be(at, hash) && K::same_slots(&entries.get(at).slot, slot)
        };
        self.index.find(hash, same).map(|at| *at as usize)
    }

    /// Where a key of this hash is that fits.
    pub fn find_by(&mut self, hash: u64, fits: impl Fn(&C) -> bool) -> Option<usize> {
        let entries = &mut self.entries;
        let found = |at: &u32| {
            let at = *at as usize;
            entries.hash(at) == hash && entries.get(at).cell.as_ref().is_some_and(&fits)
        };
        self.index.find(hash, found).map(|at| *at as usize)
    }

    /// Takes in a key that is not here, and says where it is.
    pub fn add(&mut self, hash: u64, slot: K::Slot, cell: Option<C>) -> usize {
        let at = self.entries.len();
        let number = u32::try_from(at).expect("fewer than 2^32 keys of one key group fit into memory");
        self.entries.push(hash, Entry::new(hash, slot, cell));
        let entries = &self.entries;
        self.index.insert_unique(hash, number, |at| entries.hash(*at as usize));
        self.mark_key(at);
        at
    }

    /// Takes in what keys begin with; of a key that comes twice, the last.
    pub fn start_with<I>(
        &mut self,
        initial: impl IntoIterator<Item = (u64, K::Slot, I)>,
        cell: impl Fn(I) -> C,
    ) {
        for (hash, slot, first) in initial {
            let at = self.find(hash, &slot).unwrap_or_else(|| self.add(hash, slot, None));
            *self.state(at) = Some(cell(first));
        }
    }

    /// Makes room for so many keys.
    pub fn reserve(&mut self, keys: usize) {
        self.entries.reserve(keys);
        let entries = &self.entries;
        self.index.reserve(keys, |at| entries.hash(*at as usize));
    }

    pub fn hash(&self, at: usize) -> u64 {
        self.entries.hash(at)
    }

    pub fn key(&mut self, at: usize) -> K {
        K::from_slot(self.entries.get(at).slot.clone())
    }

    /// A state, to be read.
    #[inline(always)]
    pub fn get(&mut self, at: usize) -> &C {
        self.entries.get(at).cell.as_ref().expect(THERE)
    }

    /// A state, to be changed; of a new key there may be none.
    #[inline(always)]
    pub fn state(&mut self, at: usize) -> &mut Option<C> {
        self.mark(at);
        &mut self.entries.get_mut(at).cell
    }

    /// A state, to be changed in what is no part of it and is not written.
    #[inline(always)]
    pub fn aside(&mut self, at: usize) -> &mut Option<C> {
        &mut self.entries.get_mut(at).cell
    }

    /// A key as it lies here, and its state, to be changed.
    #[inline(always)]
    pub fn pair(&mut self, at: usize) -> (&K::Slot, &mut C) {
        self.mark(at);
        let entry = self.entries.get_mut(at);
        (&entry.slot, entry.cell.as_mut().expect(THERE))
    }

    /// Takes a state out, to put another one in.
    #[inline(always)]
    pub fn take(&mut self, at: usize) -> C {
        self.state(at).take().expect(THERE)
    }

    /// Exchanges a state for what `new` makes of the key and it. It has changed if it is written in other bytes; where nobody
    /// freezes, nothing is written to find out.
    pub fn exchange(
        &mut self,
        at: usize,
        scratch: &mut Scratch,
        new: impl FnOnce(K, Option<C>) -> Option<C>,
    ) {
        let key = self.key(at);
        let old = self.entries.get_mut(at).cell.take();
        let is_open = self.since.as_ref().is_some_and(|since| !since.changed.has(at));
        let before = is_open && scratch.before.set(old.as_ref());
        let new = new(key, old);
        if is_open && !(before && scratch.after.set(new.as_ref()) && scratch.before == scratch.after) {
            self.mark(at);
        }
        self.entries.get_mut(at).cell = new;
    }

    #[inline(always)]
    fn mark(&mut self, at: usize) {
        if let Some(since) = &mut self.since {
            since.changed.set(at);
        }
    }

    /// Another key is there than was.
    fn mark_key(&mut self, at: usize) {
        if let Some(since) = &mut self.since {
            since.changed.set(at);
            since.new_keys.set(at);
        }
    }

    /// Forgets a key; the last one takes its place.
    pub fn remove(&mut self, at: usize) {
        let hash = self.hash(at);
        if let Ok(number) = self.index.find_entry(hash, |n| *n as usize == at) {
            number.remove();
        }
        let last = self.entries.len() - 1;
        if at != last {
            let hash = self.hash(last);
            let number = self.index.find_mut(hash, |n| *n as usize == last);
            *number.expect("every key is in the index") = at as u32;
            self.mark_key(at);
        }
        self.entries.swap_remove(at);
    }

    /// Forgets the keys whose state is none or does not fit. The last ones take their places: so as few as can be change theirs.
    pub fn retain(&mut self, fits: impl Fn(&C) -> bool) {
        let mut at = 0;
        while at < self.len() {
            if self.entries.get(at).cell.as_ref().is_some_and(&fits) {
                at += 1;
            } else {
                self.remove(at);
            }
        }
        // What was needed for a crowd that is gone is given back.
        if self.entries.shrink() {
            let entries = &self.entries;
            self.index.shrink_to(2 * entries.len(), |at| entries.hash(*at as usize));
        }
    }
}

impl<K: Key, C> fmt::Debug for KeyStates<K, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStates").field("keys", &self.entries.len()).finish()
    }
}
