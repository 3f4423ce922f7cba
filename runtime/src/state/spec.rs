//! What `map_with_state` may be told about its state.

use std::fmt;
use std::time::Duration;

use super::Initial;
use crate::key::Key;

/// What [`map_with_state`](crate::dsl::Stream::map_with_state) may be told about its state: a time-out, and what keys begin
/// with.
///
/// ```
/// use millstream::StateSpec;
/// use millstream::clock::minutes;
///
/// let spec = StateSpec::new().timeout(minutes(30)).initial([("eve", 3u64), ("bob", 1)]);
/// # let _: StateSpec<String, u64> = spec;
/// ```
#[must_use = "it is an operand of `map_with_state`"]
pub struct StateSpec<K: Key, S> {
    pub(crate) timeout: Option<Duration>,
    pub(crate) initial: Initial<K, S>,
}

impl<K: Key<Owned = K>, S> StateSpec<K, S> {
    /// No time-out, and no key has a state.
    pub fn new() -> Self {
        StateSpec { timeout: None, initial: Initial::none() }
    }

    /// A key times out at the first tick whose time is `idle` or more behind the last tick that had a value for it. The closure
    /// is then called once more, without a value, and the key is forgotten.
    pub fn timeout(mut self, idle: Duration) -> Self {
        self.timeout = Some(idle);
        self
    }

    /// What keys begin with, at the first tick of a pipeline's life. Of a key that comes twice, the last state.
    pub fn initial<Q>(mut self, states: impl IntoIterator<Item = (Q, S)>) -> Self
    where
        Q: Key<Owned = K, Slot = K::Slot>,
    {
        self.initial = Initial::of(states);
        self
    }
}

impl<K: Key<Owned = K>, S> Default for StateSpec<K, S> {
    fn default() -> Self {
        StateSpec::new()
    }
}

impl<K: Key, S> fmt::Debug for StateSpec<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateSpec").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
