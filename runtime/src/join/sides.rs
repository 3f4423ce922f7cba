//! What a join keeps: for each key the records of both sides, in order of time.

use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::meeting::{Meeting, Side};
use crate::BoxError;
use crate::clock::Timestamp;
use crate::key::Key;
use crate::state::{
    Backend, Freeze, Kept, KeyStates, Piece, Schema, StateData, StateKey, Timed, TimedStates,
};

/// A record that waits for others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row<V, M> {
    pub place: i64,
    /// What is known of its matches.
    pub mark: M,
    pub value: V,
}

/// Of one key; those of one place in the order in which they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rows<V, M>(VecDeque<Row<V, M>>);

impl<V, M> Default for Rows<V, M> {
    fn default() -> Self {
        Rows(VecDeque::new())
    }
}

impl<V, M> Rows<V, M> {
    /// Puts a record into its place. Those that come in order of time go to the end.
    pub fn add(&mut self, row: Row<V, M>) {
        if self.0.back().is_none_or(|last| last.place <= row.place) {
            self.0.push_back(row);
        } else {
            let at = self.0.partition_point(|other| other.place <= row.place);
            self.0.insert(at, row);
        }
    }

    /// The records from a place to another, both included.
    pub fn within(&mut self, (from, to): (i64, i64)) -> impl Iterator<Item = &mut Row<V, M>> {
        let range = self.range(from, to);
        self.0.range_mut(range)
    }

    fn range(&self, from: i64, to: i64) -> Range<usize> {
        let start = self.0.partition_point(|row| row.place < from);
        let end = self.0.partition_point(|row| row.place <= to);
        start..end.max(start)
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Row<V, M>> {
        self.0.iter()
    }

    pub fn first(&self) -> Option<i64> {
        self.0.front().map(|row| row.place)
    }

    /// Drops what is due, which are the first.
    pub fn drop_due(&mut self, is_due: impl Fn(i64) -> bool) {
        while self.first().is_some_and(&is_due) {
            self.0.pop_front();
        }
        // What was needed for a crowd that is gone is given back.
        if self.0.capacity() > 4 * self.0.len() + 16 {
            self.0.shrink_to(2 * self.0.len());
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// What is kept of one key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sides<V, W, M> {
    pub left: Rows<V, M>,
    pub right: Rows<W, M>,
}

impl<V, W, M> Default for Sides<V, W, M> {
    fn default() -> Self {
        Sides { left: Rows::default(), right: Rows::default() }
    }
}

impl<V, W, M> Sides<V, W, M> {
    /// The first watermark behind `passed` at which there is something to do. `lone`: whether left and right records leave
    /// without a match.
    pub fn alarm<B: Meeting>(&self, meeting: &B, lone: [bool; 2], passed: Timestamp) -> Option<Timestamp> {
        let firsts = [(Side::Left, self.left.first()), (Side::Right, self.right.first())];
        let alarms = firsts.into_iter().zip(lone).filter_map(|((side, first), lone)| {
            Some(if lone { meeting.next(side, first?, passed) } else { meeting.drops(side, first?) })
        });
        alarms.min()
    }
}

/// What is kept of one key group. A state's time-out is the first watermark at which there is something to do for its key.
pub(super) struct Kepts<K: Key, V, W, M> {
    pub keys: TimedStates<K, Sides<V, W, M>>,
    /// How many records were late since the beginning.
    pub late: u64,
}

impl<K: Key, V, W, M> Default for Kepts<K, V, W, M> {
    fn default() -> Self {
        Kepts { keys: TimedStates::default(), late: 0 }
    }
}

impl<K: Key, V, W, M> fmt::Debug for Kepts<K, V, W, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kepts").field("keys", &self.keys).field("late", &self.late).finish()
    }
}

impl<K: StateKey, V: StateData, W: StateData, M: StateData> Kept for Kepts<K, V, W, M> {
    fn freeze(&mut self, how: Freeze) -> Option<Piece> {
        self.keys.freeze_with(how, &self.late)
    }

    fn restore(pieces: &[&[u8]]) -> Result<Self, BoxError> {
        let (keys, late) = TimedStates::restore_with(pieces)?;
        Ok(Kepts { keys, late })
    }

    fn move_to(&mut self, backend: &Backend) {
        self.keys.move_to(backend);
    }

    fn schema() -> Schema {
        KeyStates::<K, Timed<Sides<V, W, M>>>::schema_with("{late: u64}")
    }
}
