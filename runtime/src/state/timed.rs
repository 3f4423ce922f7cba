//! States that may time out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use super::kept::{Freeze, Kept};
use super::keys::THERE;
use super::piece::{Piece, Schema};
use super::{Cell, KeyStates, StateData, StateKey, slots};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;

/// A state, and when it times out.
#[derive(Clone, Debug)]
pub(crate) struct Timed<S> {
    pub state: S,
    expires: Timestamp,
    /// The earliest alarm that is set for it.
    alarm: Timestamp,
}

impl<S: StateData> Cell for Timed<S> {
    type State = S;
    const FIELDS: &'static str = "{expires: i64}";

    fn state(&self) -> &S {
        &self.state
    }
    fn write_fields(&self, out: &mut Vec<u8>) {
        slots::encode_time(self.expires, out);
    }
    fn read(state: S, fields: &[u8]) -> Result<Self, BoxError> {
        let expires = postcard::from_bytes(fields)?;
        Ok(Timed { state, expires, alarm: expires })
    }
}

/// Of a state that was taken out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    expires: Timestamp,
    alarm: Timestamp,
}

/// Without a time-out.
pub(crate) fn never() -> Timestamp {
    Timestamp::from_millis(i64::MAX)
}

/// The states of one key group.
///
/// Alarms lie in a heap, by time and hash. A key that is given more time keeps its alarm; when that rings too early, it is set
/// anew. So a record costs nothing there, and an alarm is looked at about once in the time that keys are given.
pub(crate) struct TimedStates<K: Key, S> {
    pub keys: KeyStates<K, Timed<S>>,
    alarms: BinaryHeap<Reverse<(Timestamp, u64)>>,
}

impl<K: Key, S> Default for TimedStates<K, S> {
    fn default() -> Self {
        TimedStates { keys: KeyStates::default(), alarms: BinaryHeap::new() }
    }
}

impl<K: Key, S> fmt::Debug for TimedStates<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimedStates").field("keys", &self.keys).finish()
    }
}

impl<K: StateKey, S: StateData> TimedStates<K, S> {
    /// When it is worth while to look for what has expired.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.peek().map(|Reverse((time, _))| *time)
    }

    /// Takes in what keys begin with; of a key that comes twice, the last.
    pub fn start_with(&mut self, initial: impl IntoIterator<Item = (u64, K::Slot, S)>, expires: Timestamp) {
        for (hash, slot, state) in initial {
            match self.keys.find(hash, &slot) {
                Some(at) => {
                    let (_, before) = self.take(at);
                    self.put(at, hash, state, expires, before, true);
                }
                None => self.add(hash, slot, state, expires),
            }
        }
    }

    /// Takes in a key that is not here.
    pub fn add(&mut self, hash: u64, slot: K::Slot, state: S, expires: Timestamp) {
        let alarm = self.alarm(hash, expires, never());
        self.keys.add(hash, slot, Some(Timed { state, expires, alarm }));
    }

    /// Takes a state out, to `put` another one in or to `remove` the key.
    #[inline(always)]
    pub fn take(&mut self, at: usize) -> (S, Before) {
        let Timed { state, expires, alarm } = self.keys.aside(at).take().expect(THERE);
        (state, Before { expires, alarm })
    }

    /// Puts a state in where one was taken out, with its time-out. `changed`: it may be another one.
    #[inline(always)]
    pub fn put(&mut self, at: usize, hash: u64, state: S, expires: Timestamp, before: Before, changed: bool) {
        let alarm = self.alarm(hash, expires, before.alarm);
        let timed = Some(Timed { state, expires, alarm });
        if changed || expires != before.expires {
            *self.keys.state(at) = timed;
        } else {
            *self.keys.aside(at) = timed;
        }
    }

    /// Sees to it that an alarm rings by the time at which a key times out, and says when.
    #[inline(always)]
    fn alarm(&mut self, hash: u64, expires: Timestamp, alarm: Timestamp) -> Timestamp {
        if expires < alarm {
            self.alarms.push(Reverse((expires, hash)));
        }
        alarm.min(expires)
    }

    /// Calls `last` with each key that has timed out by `now`, in the order of time and hash, and forgets it.
    pub fn expire(&mut self, now: Timestamp, mut last: impl FnMut(K, S)) {
        let mut due = Vec::new();
        while let Some(Reverse((time, hash))) = self.alarms.peek().copied()
            && time <= now
        {
            self.alarms.pop();
            let rings = |at: usize| self.keys.get(at).alarm == time;
            let Some(at) = self.keys.find_by(hash, rings) else { continue };
            let timed = self.keys.aside(at).as_mut().expect("it was read just now");
            if timed.expires <= now {
                due.push((timed.expires, hash));
                // So that another key of this hash is found next.
                timed.alarm = never();
            } else {
                timed.alarm = timed.expires;
                if timed.expires < never() {
                    self.alarms.push(Reverse((timed.expires, hash)));
                }
            }
        }
        due.sort_unstable();
        for (expires, hash) in due {
            let expired = |at: usize| self.keys.get(at).expires == expires;
            let at = self.keys.find_by(hash, expired).expect("it was found just now");
            let key = self.keys.key(at);
            let state = self.keys.take(at).state;
            self.keys.remove(at);
            last(key, state);
        }
    }
}

impl<K: StateKey, S: StateData> Kept for TimedStates<K, S> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.keys.freeze(how)
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        let keys = KeyStates::<K, Timed<S>>::restore(pieces)?;
        let alarms = (0..keys.len()).map(|at| (keys.get(at).alarm, keys.hash(at)));
        let alarms = alarms.filter(|(time, _)| *time < never()).map(Reverse).collect();
        Ok(TimedStates { keys, alarms })
    }

    fn schema() -> Schema {
        KeyStates::<K, Timed<S>>::schema()
    }
}
