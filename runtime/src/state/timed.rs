//! States that may time out.

use std::fmt;
use std::num::NonZeroU64;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kept::{Freeze, Kept};
use super::keys::THERE;
use super::piece::{Piece, Schema};
use super::{Backend, Cell, KeyStates, StateData, StateKey, slots};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;

/// A state, and when it times out.
#[derive(Clone, Debug)]
pub(crate) struct Timed<S> {
    pub state: S,
    expires: Expires,
}

/// A time, in which no state at all fits too: so `Option<Timed<u64>>` takes no more than two words.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Expires(NonZeroU64);

impl Expires {
    #[inline(always)]
    fn at(time: Timestamp) -> Expires {
        // Nothing but the earliest of all times becomes zero; it is taken for the one behind it.
        Expires(NonZeroU64::new(time.millis() as u64 ^ 1 << 63).unwrap_or(NonZeroU64::MIN))
    }

    #[inline(always)]
    fn time(self) -> Timestamp {
        Timestamp::from_millis((self.0.get() ^ 1 << 63) as i64)
    }
}

impl<S: StateData> Cell for Timed<S> {
    type State = S;
    const FIELDS: &'static str = "{expires: i64}";

    fn state(&self) -> &S {
        &self.state
    }
    fn write_fields(&self, out: &mut Vec<u8>) {
        slots::encode_time(self.expires.time(), out);
    }
    fn read(state: S, fields: &[u8]) -> Result<Self, BoxError> {
        Ok(Timed { state, expires: Expires::at(postcard::from_bytes(fields)?) })
    }
}

/// Without a time-out.
pub(crate) fn never() -> Timestamp {
    Timestamp::from_millis(i64::MAX)
}

/// How many keys share one look.
const BLOCK: usize = 64;

/// The states of one key group.
///
/// Of each block of neighbours it is known when the first may time out. A key that is given more time leaves that as it is; when the
/// time has come, the block is looked at, and found to have more. So a record costs a comparison, a tick one a block, and
/// a key is looked at about once in the time that its block is given.
pub(crate) struct TimedStates<K: Key, S> {
    pub keys: KeyStates<K, Timed<S>>,
    /// By block: no key in it times out before.
    soonest: Vec<Timestamp>,
}

impl<K: Key, S> Default for TimedStates<K, S> {
    fn default() -> Self {
        TimedStates { keys: KeyStates::default(), soonest: Vec::new() }
    }
}

impl<K: Key, S> fmt::Debug for TimedStates<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimedStates").field("keys", &self.keys).finish()
    }
}

impl<K: StateKey, S: StateData> TimedStates<K, S> {
    pub(super) fn of(keys: KeyStates<K, Timed<S>>) -> Self {
        let mut states = TimedStates { keys, soonest: Vec::new() };
        for at in 0..states.keys.len() {
            let expires = states.keys.get(at).expires.time();
            states.look_at(at, expires);
        }
        states
    }

    /// When it is worth while to look for what has expired.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        self.soonest.iter().copied().min().filter(|time| *time < never())
    }

    /// No key times out before; that it is [`never`] counts too.
    pub fn earliest(&self) -> Option<Timestamp> {
        self.soonest.iter().copied().min()
    }

    /// When the first key times out.
    pub fn first_timeout(&mut self) -> Option<Timestamp> {
        self.soonest.truncate(self.keys.len().div_ceil(BLOCK));
        loop {
            let (block, &soonest) = self.soonest.iter().enumerate().min_by_key(|(_, time)| **time)?;
            let keys = BLOCK * block..self.keys.len().min(BLOCK * (block + 1));
            let first = keys.map(|at| self.keys.get(at).expires.time()).min().unwrap_or(never());
            if first == soonest {
                return Some(first).filter(|time| *time < never());
            }
            self.soonest[block] = first;
        }
    }

    /// Takes in what keys begin with; of a key that comes twice, the last.
    pub fn start_with(&mut self, initial: impl IntoIterator<Item = (u64, K::Slot, S)>, expires: Timestamp) {
        for (hash, slot, state) in initial {
            match self.keys.find(hash, &slot) {
                Some(at) => {
                    let (_, before) = self.take(at);
                    self.put(at, state, expires, before, true);
                }
                None => self.add(hash, slot, state, expires),
            }
        }
    }

    /// Takes in a key that is not here.
    pub fn add(&mut self, hash: u64, slot: K::Slot, state: S, expires: Timestamp) {
        let at = self.keys.add(hash, slot, Some(Timed { state, expires: Expires::at(expires) }));
        self.look_at(at, expires);
    }

    /// Takes a state out, with its time-out, to `put` another one in or to `remove` the key.
    #[inline(always)]
    pub fn take(&mut self, at: usize) -> (S, Timestamp) {
        let Timed { state, expires } = self.keys.aside(at).take().expect(THERE);
        (state, expires.time())
    }

    /// Puts a state in where one was taken out, with its time-out, which was `before`. `changed`: it may be another one.
    #[inline(always)]
    pub fn put(&mut self, at: usize, state: S, expires: Timestamp, before: Timestamp, changed: bool) {
        let timed = Some(Timed { state, expires: Expires::at(expires) });
        if changed || expires != before {
            *self.keys.state(at) = timed;
            self.look_at(at, expires);
        } else {
            *self.keys.aside(at) = timed;
        }
    }

    /// Forgets a key; the last one takes its place.
    pub fn remove(&mut self, at: usize) {
        self.keys.remove(at);
        if at < self.keys.len() {
            let expires = self.keys.get(at).expires.time();
            self.look_at(at, expires);
        }
    }

    #[inline(always)]
    fn look_at(&mut self, at: usize, expires: Timestamp) {
        match self.soonest.get_mut(at / BLOCK) {
            Some(soonest) => *soonest = expires.min(*soonest),
            None => self.soonest.push(expires),
        }
    }

    /// Calls `last` with each key that has timed out by `now`, in the order of time and hash, and forgets it.
    pub fn expire(&mut self, now: Timestamp, mut last: impl FnMut(K, S)) {
        let mut due = self.look(now);
        if due.is_empty() {
            return;
        }
        due.sort_unstable();
        for (expires, hash) in due {
            let at = self.keys.find_by(hash, |timed| timed.expires == Expires::at(expires));
            let at = at.expect("it was found just now");
            let key = self.keys.key(at);
            let (state, _) = self.take(at);
            self.remove(at);
            last(key, state);
        }
        // Keys that took the places of others may have left their times there, and gone themselves.
        let left = self.look(now);
        debug_assert!(left.is_empty(), "all that was due has gone");
    }

    /// Calls `each` with every key that has timed out by `now`, in the order of time and hash, its state, and its time. It gives
    /// back what is kept further, with a later time.
    pub fn wake(
        &mut self,
        now: Timestamp,
        mut each: impl FnMut(K::Slot, S, Timestamp) -> Option<(S, Timestamp)>,
    ) {
        let mut due = self.look(now);
        if due.is_empty() {
            return;
        }
        due.sort_unstable();
        for (expires, hash) in due {
            let at = self.keys.find_by(hash, |timed| timed.expires == Expires::at(expires));
            let at = at.expect("it was found just now");
            let slot = self.keys.entries.get(at).slot.clone();
            let (state, before) = self.take(at);
            match each(slot, state, before) {
                Some((state, expires)) => self.put(at, state, expires, before, true),
                None => self.remove(at),
            }
        }
        // As in `expire`.
        let left = self.look(now);
        debug_assert!(left.is_empty(), "all that was due has been woken");
    }

    /// The keys that have timed out by `now`: their times and hashes.
    fn look(&mut self, now: Timestamp) -> Vec<(Timestamp, u64)> {
        self.soonest.truncate(self.keys.len().div_ceil(BLOCK));
        let mut due = Vec::new();
        for (block, soonest) in self.soonest.iter_mut().enumerate().filter(|(_, soonest)| **soonest <= now) {
            *soonest = never();
            if due.capacity() == 0 {
                due.reserve(BLOCK.min(self.keys.len()));
            }
            for at in BLOCK * block..self.keys.len().min(BLOCK * (block + 1)) {
                let expires = self.keys.get(at).expires.time();
                if expires <= now {
                    due.push((expires, self.keys.hash(at)));
                } else {
                    *soonest = expires.min(*soonest);
                }
            }
        }
        due
    }
}

impl<K: StateKey, S: StateData> TimedStates<K, S> {
    /// As [`Kept::freeze`]. `fields`: what the operator keeps for the group as a whole.
    pub fn freeze_with(&mut self, how: Freeze, fields: &impl Serialize) -> Option<Piece> {
        self.keys.freeze_with(how, fields)
    }

    /// As [`Kept::restore`], with what the operator keeps for the group.
    pub fn restore_with<F: DeserializeOwned>(pieces: &[&[u8]]) -> Result<(Self, F), BoxError> {
        let (keys, fields) = KeyStates::restore_with(pieces)?;
        Ok((TimedStates::of(keys), fields))
    }

    pub fn move_to(&mut self, backend: &Backend) {
        self.keys.move_to(backend);
    }
}

impl<K: StateKey, S: StateData> Kept for TimedStates<K, S> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.freeze_with(how, &())
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        Ok(TimedStates::restore_with::<()>(pieces)?.0)
    }

    fn move_to(&mut self, backend: &Backend) {
        self.keys.move_to(backend);
    }

    fn schema() -> Schema {
        KeyStates::<K, Timed<S>>::schema()
    }
}
