//! States that time out by event time.

use std::fmt;

use super::kept::{Freeze, Kept};
use super::piece::{Piece, Schema};
use super::{Backend, KeyStates, StateData, StateKey, Timed, TimedStates};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;

/// The states of one key group, and which values came too late for it.
pub(crate) struct EventTimedStates<K: Key, S> {
    pub states: TimedStates<K, S>,
    /// How many.
    pub late: u64,
    /// When the first key times out: exactly so, since ticks are made for it, the same ones after a restart.
    pub next: Option<Timestamp>,
}

impl<K: Key, S> Default for EventTimedStates<K, S> {
    fn default() -> Self {
        EventTimedStates { states: TimedStates::default(), late: 0, next: None }
    }
}

impl<K: Key, S> fmt::Debug for EventTimedStates<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventTimedStates").field("states", &self.states).field("late", &self.late).finish()
    }
}

impl<K: StateKey, S: StateData> Kept for EventTimedStates<K, S> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.states.keys.freeze_with(how, &self.late)
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        let (keys, late) = KeyStates::restore_with(pieces)?;
        let mut states = TimedStates::of(keys);
        let next = states.first_timeout();
        Ok(EventTimedStates { states, late, next })
    }

    fn move_to(&mut self, backend: &Backend) {
        self.states.keys.move_to(backend);
    }

    fn schema() -> Schema {
        KeyStates::<K, Timed<S>>::schema_with("{late: u64}")
    }
}
