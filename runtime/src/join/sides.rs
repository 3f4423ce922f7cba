//! What a join keeps: for each key the records of both sides, in order of time.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
///
/// Most keys have few, and a side that has none yet waits for its first: one that is small is kept here, without memory of its own.
#[derive(Clone, Debug)]
pub(super) enum Rows<V, M> {
    One(Option<Row<V, M>>),
    Many(VecDeque<Row<V, M>>),
}

/// A list of so many records grows faster, and is searched one by one.
const SHORT: usize = 16;

impl<V, M> Default for Rows<V, M> {
    fn default() -> Self {
        Rows::One(None)
    }
}

impl<V, M> Rows<V, M> {
    /// Two cache lines at most for both sides of a key.
    const IS_SMALL: bool = size_of::<Row<V, M>>() <= 64;

    /// Puts a record into its place. Those that come in order of time go to the end.
    pub fn add(&mut self, row: Row<V, M>) {
        let rows = match self {
            Rows::Many(rows) => rows,
            Rows::One(one @ None) if Self::IS_SMALL => {
                *one = Some(row);
                return;
            }
            Rows::One(one) => {
                let mut rows = VecDeque::with_capacity(if Self::IS_SMALL { 4 } else { 1 });
                rows.extend(one.take());
                *self = Rows::Many(rows);
                let Rows::Many(rows) = self else { unreachable!("they are many now") };
                rows
            }
        };
        if rows.len() == rows.capacity() && rows.len() <= SHORT {
            // A key with several records mostly has many: two steps to sixty, not five.
            rows.reserve(3 * rows.len().max(1));
        }
        // Streams are out of order by a little: so its place is near the end.
        let near = rows.iter().rev().take(SHORT).take_while(|other| other.place > row.place).count();
        let at = if near < SHORT {
            rows.len() - near
        } else {
            rows.partition_point(|other| other.place <= row.place)
        };
        rows.insert(at, row);
    }

    /// The records from a place to another, both included.
    pub fn within(&mut self, (from, to): (i64, i64)) -> impl Iterator<Item = &mut Row<V, M>> {
        let (one, many) = match self {
            Rows::One(one) => (one.as_mut().filter(|row| (from..=to).contains(&row.place)), None),
            Rows::Many(rows) => {
                let start = rows.partition_point(|row| row.place < from);
                let end = rows.partition_point(|row| row.place <= to);
                (None, Some(rows.range_mut(start..end.max(start))))
            }
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Row<V, M>> {
        let (one, many) = match self {
            Rows::One(one) => (one.as_ref(), None),
            Rows::Many(rows) => (None, Some(rows)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub fn first(&self) -> Option<i64> {
        let first = match self {
            Rows::One(one) => one.as_ref(),
            Rows::Many(rows) => rows.front(),
        };
        first.map(|row| row.place)
    }

    /// Drops what is due, which are the first.
    pub fn drop_due(&mut self, is_due: impl Fn(i64) -> bool) {
        match self {
            Rows::One(one) => drop(one.take_if(|row| is_due(row.place))),
            Rows::Many(rows) => {
                while rows.front().is_some_and(|row| is_due(row.place)) {
                    rows.pop_front();
                }
                if rows.is_empty() {
                    *self = Rows::One(None);
                } else if rows.capacity() > 4 * rows.len() + 16 {
                    // What was needed for a crowd that is gone is given back.
                    rows.shrink_to(2 * rows.len());
                }
            }
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.iter().count()
    }
}

/// As they are stored: a list, however many there are.
#[derive(Deserialize)]
#[serde(rename = "Rows")]
struct Listed<V, M>(VecDeque<Row<V, M>>);

impl<V: Serialize, M: Serialize> Serialize for Rows<V, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Rows::One(one) => serializer.serialize_newtype_struct("Rows", one.as_slice()),
            Rows::Many(rows) => serializer.serialize_newtype_struct("Rows", rows),
        }
    }
}

impl<'de, V: Deserialize<'de>, M: Deserialize<'de>> Deserialize<'de> for Rows<V, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Listed(mut rows) = Listed::deserialize(deserializer)?;
        let few = rows.is_empty() || (Self::IS_SMALL && rows.len() == 1);
        Ok(if few { Rows::One(rows.pop_front()) } else { Rows::Many(rows) })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Small ones, and some that never lie with the key.
    type Small = Rows<u32, bool>;
    type Large = Rows<([u64; 8], u32), bool>;

    fn large(n: u32) -> ([u64; 8], u32) {
        ([0; 8], n)
    }

    proptest! {
        #[test]
        fn records_are_in_order_of_place_and_then_of_arrival(
            // Mostly near the end, sometimes far from it.
            places in prop::collection::vec((0i64..8, prop::bool::weighted(0.1)), 0..60),
            due in prop::collection::vec(0i64..80, 0..6),
            (from, to) in (0i64..80, 0i64..80),
        ) {
            let (mut small, mut big, mut model) = (Small::default(), Large::default(), Vec::new());
            let each = places.len() / (due.len() + 1) + 1;
            let mut due = due.into_iter();
            for (n, (near, is_far)) in places.into_iter().enumerate() {
                let place = if is_far { near } else { n as i64 + near };
                small.add(Row { place, mark: false, value: n as u32 });
                big.add(Row { place, mark: false, value: large(n as u32) });
                model.push((place, n as u32));
                model.sort_by_key(|(place, _)| *place);
                if n % each == each - 1 && let Some(due) = due.next() {
                    small.drop_due(|place| place <= due);
                    big.drop_due(|place| place <= due);
                    model.retain(|(place, _)| *place > due);
                }
                prop_assert_eq!(small.first(), model.first().map(|(place, _)| *place));
            }
            let of_small = |rows: &Small| rows.iter().map(|row| (row.place, row.value)).collect::<Vec<_>>();
            prop_assert_eq!(of_small(&small), &model[..]);
            prop_assert_eq!(big.iter().map(|row| (row.place, row.value.1)).collect::<Vec<_>>(), &model[..]);

            let bytes = postcard::to_stdvec(&small)?;
            let listed = model.iter().map(|(place, n)| (*place, false, *n)).collect::<Vec<_>>();
            prop_assert_eq!(&bytes, &postcard::to_stdvec(&listed)?);
            prop_assert_eq!(of_small(&postcard::from_bytes(&bytes)?), &model[..]);

            let within: Vec<u32> = small.within((from, to)).map(|row| row.value).collect();
            let expected = model.iter().filter(|(place, _)| (from..=to).contains(place));
            prop_assert_eq!(within, expected.map(|(_, n)| *n).collect::<Vec<_>>());
        }
    }
}
