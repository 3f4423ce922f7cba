//! States that may time out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{KeyStates, StateKey};
use crate::clock::Timestamp;
use crate::key::Key;

/// A state, and when it times out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Timed<S> {
    pub state: S,
    expires: Timestamp,
    /// The earliest alarm that is set for it.
    #[serde(skip, default = "never")]
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

impl<K: StateKey, S> TimedStates<K, S> {
    /// Takes in what keys begin with; of a key that comes twice, the last.
    pub fn start_with(&mut self, initial: impl IntoIterator<Item = (u64, K::Slot, S)>, expires: Timestamp) {
        for (hash, slot, state) in initial {
            let at = self.keys.find(hash, &slot);
            let before = at.map_or(never(), |at| self.keys.get(at).alarm);
            self.set(at, hash, &slot, state, expires, before);
        }
    }

    /// Sets the state of a key, which is at `at` or new, and its time-out.
    #[inline(always)]
    pub fn set(
        &mut self,
        at: Option<usize>,
        hash: u64,
        slot: &K::Slot,
        state: S,
        expires: Timestamp,
        before: Timestamp,
    ) {
        let mut alarm = before;
        if expires < alarm {
            self.alarms.push(Reverse((expires, hash)));
            alarm = expires;
        }
        let timed = Some(Timed { state, expires, alarm });
        match at {
            Some(at) => *self.keys.state(at) = timed,
            None => {
                self.keys.add(hash, slot.clone(), timed);
            }
        }
    }

    /// Takes a state out, with its alarm, to `set` another one or to `remove` the key.
    #[inline(always)]
    pub fn take(&mut self, at: usize) -> (S, Timestamp) {
        let timed = self.keys.take(at);
        (timed.state, timed.alarm)
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
            let timed = self.keys.state(at).as_mut().expect("it was read just now");
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

impl<K: StateKey, S: Serialize> Serialize for TimedStates<K, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        self.keys.serialize(serializer)
    }
}

impl<'de, K: StateKey, S: Deserialize<'de>> Deserialize<'de> for TimedStates<K, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = KeyStates::<K, Timed<S>>::deserialize(deserializer)?;
        let mut alarms = Vec::new();
        for at in 0..keys.len() {
            let hash = keys.hash(at);
            if let Some(timed) = keys.state(at)
                && timed.expires < never()
            {
                timed.alarm = timed.expires;
                alarms.push(Reverse((timed.expires, hash)));
            }
        }
        Ok(TimedStates { keys, alarms: alarms.into() })
    }
}
