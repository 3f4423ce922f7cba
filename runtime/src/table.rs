//! Static data to join streams with.

mod refreshed;
mod tick;

use std::ops::Deref;
use std::sync::Arc;
use std::{fmt, slice};

use crate::key::{Key, SameKey};

pub use refreshed::{RefreshedTable, Refreshes, refreshed_table};
pub(crate) use tick::{Loaded, OfTick, during};

/// Values by key, read once: what [`join_table`](crate::dsl::Stream::join_table) looks records up in.
///
/// A key may have several values; they keep the order in which they were given. Keys may be borrowed on either side: a table
/// of `String` is asked with `&str`.
///
/// It is made from any iterator of pairs, a `HashMap` among them. It can't be changed: what a pipeline holds stays the same
/// for as long as it runs.
///
/// ```
/// use millstream::prelude::*;
///
/// let prices = Table::from_iter([("tea", 3), ("milk", 1), ("tea", 4)]);
/// assert_eq!(prices.get(&"tea"), [3, 4]);
/// assert_eq!(prices.get(&"coffee".to_string()), []);
/// assert_eq!(prices.len(), 3);
/// ```
///
/// # Cost
/// A look-up is one hash of the key, and in a large table one cache miss, two more where the key has several values. There are two to
/// four places a key, each of the size of a key, a value and a word. Strings of up to 16 bytes lie in the table itself.
pub struct Table<K: Key, V> {
    /// Open, with linear probing: a power of two of places, more than half of them free. (hashbrown reads its tags and then the
    /// entry; here a look-up in a large table waits for memory once, and took 0.7 of the time.)
    places: Vec<Option<(K::Slot, Values<V>)>>,
    keys: usize,
    pairs: usize,
}

/// What a key has. One value, as most keys have, lies beside its key, and the list aside is one word: a look-up reads one
/// place of a table that is as small as can be.
#[derive(Clone)]
enum Values<V> {
    One(V),
    #[allow(clippy::box_collection, reason = "one word")]
    Many(Box<Vec<V>>),
}

impl<V> Values<V> {
    #[inline(always)]
    fn as_slice(&self) -> &[V] {
        match self {
            Values::One(value) => slice::from_ref(value),
            Values::Many(values) => values,
        }
    }

    fn and(self, next: V) -> Self {
        match self {
            Values::One(value) => Values::Many(Box::new(vec![value, next])),
            Values::Many(mut values) => {
                values.push(next);
                Values::Many(values)
            }
        }
    }
}

impl<K: Key, V> Table<K, V> {
    /// The values of a key, in the order in which they were given; none for an unknown key.
    #[inline]
    pub fn get<Q: Key>(&self, key: &Q) -> &[V]
    where
        Q::Owned: SameKey<K>,
    {
        let probe = key.probe();
        let hash = Q::hash(&probe);
        let at = self.place(hash, |slot| Q::same(&probe, <Q::Owned as SameKey<K>>::as_own(slot)));
        self.places[at].as_ref().map_or(&[], |(_, values)| values.as_slice())
    }

    /// Where a key is, or the free place where it belongs.
    #[inline(always)]
    fn place(&self, hash: u64, same: impl Fn(&K::Slot) -> bool) -> usize {
        let last = self.places.len() - 1;
        let mut at = hash as usize & last;
        while self.places[at].as_ref().is_some_and(|(slot, _)| !same(slot)) {
            at = (at + 1) & last;
        }
        at
    }

    fn with_places(places: usize) -> Self {
        Table { places: (0..places).map(|_| None).collect(), keys: 0, pairs: 0 }
    }

    /// Moves to a table of twice as many places.
    fn grow(&mut self) {
        let larger = Self::with_places(2 * self.places.len());
        let before = std::mem::replace(&mut self.places, larger.places);
        for (slot, values) in before.into_iter().flatten() {
            let at = self.place(K::slot_hash(&slot), |_| false);
            self.places[at] = Some((slot, values));
        }
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.pairs == 0
    }
}

impl<Q: Key, V> FromIterator<(Q, V)> for Table<Q::Owned, V> {
    fn from_iter<I: IntoIterator<Item = (Q, V)>>(pairs: I) -> Self {
        let mut table = Table::<Q::Owned, V>::default();
        for (key, value) in pairs {
            let probe = key.probe();
            let at = table.place(Q::hash(&probe), |slot| Q::same(&probe, slot));
            drop(probe);
            let entry = match table.places[at].take() {
                Some((slot, values)) => (slot, values.and(value)),
                None => {
                    table.keys += 1;
                    (key.into_slot(), Values::One(value))
                }
            };
            table.places[at] = Some(entry);
            table.pairs += 1;
            if 2 * table.keys >= table.places.len() {
                table.grow();
            }
        }
        table
    }
}

impl<K: Key, V> Default for Table<K, V> {
    fn default() -> Self {
        Self::with_places(4)
    }
}

impl<K: Key<Slot: Clone>, V: Clone> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Table { places: self.places.clone(), keys: self.keys, pairs: self.pairs }
    }
}

impl<K: Key, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("keys", &self.keys).field("pairs", &self.pairs).finish()
    }
}

/// A table, as an operand: `&table`, the table itself, or an `Arc` of it; likewise a [`RefreshedTable`].
#[diagnostic::on_unimplemented(
    message = "streams are joined with a `Table`, not with `{Self}`",
    label = "this is no `Table`",
    note = "make one of any pairs, above `stream!`: `let table = Table::from_iter(pairs);`, and write `&table` here"
)]
pub trait AsTable {
    /// Its keys.
    type Key: Key;
    /// Its values.
    type Value;
    /// The table for as long as a batch is looked at.
    type Now<'t>: Deref<Target = Table<Self::Key, Self::Value>>
    where
        Self: 't;

    /// This type. (What is no table then has none, and one message says so.)
    #[doc(hidden)]
    type Itself;
    #[doc(hidden)]
    fn itself(self) -> Self::Itself;

    /// The table, as the tick at hand has it.
    fn now(&self) -> Self::Now<'_>;

    /// How it is refreshed, if it is.
    #[doc(hidden)]
    fn refreshes(&self) -> Option<Arc<dyn Refreshes>> {
        None
    }
}

impl<K: Key, V> AsTable for Table<K, V> {
    type Key = K;
    type Value = V;
    type Now<'t>
        = &'t Table<K, V>
    where
        Self: 't;
    type Itself = Self;

    fn itself(self) -> Self {
        self
    }
    fn now(&self) -> &Table<K, V> {
        self
    }
}

macro_rules! through {
    ($($pointer:ty),+) => {$(
        impl<T: AsTable> AsTable for $pointer {
            type Key = T::Key;
            type Value = T::Value;
            type Now<'t> = T::Now<'t> where Self: 't;
            type Itself = Self;

            fn itself(self) -> Self {
                self
            }
            fn now(&self) -> T::Now<'_> {
                (**self).now()
            }
            fn refreshes(&self) -> Option<Arc<dyn Refreshes>> {
                (**self).refreshes()
            }
        }
    )+};
}

through!(&T, Arc<T>);

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_has_the_values_that_were_given_with_it(pairs: Vec<(u8, i32)>) {
            let table = Table::from_iter(pairs.iter().map(|(k, v)| (format!("a key, and its number is {k}"), *v)));
            prop_assert_eq!(table.len(), pairs.len());
            for key in 0..=255 {
                let expected: Vec<i32> = pairs.iter().filter(|(k, _)| *k == key).map(|(_, v)| *v).collect();
                prop_assert_eq!(table.get(&format!("a key, and its number is {key}").as_str()), expected);
            }
        }
    }

    #[test]
    fn a_map_is_made_a_table() {
        let table: Table<u64, char> = HashMap::from([(1u64, 'a'), (2, 'b')]).into_iter().collect();
        assert_eq!((table.get(&1u64), table.get(&3u64)), (&['a'][..], &[][..]));
        assert_eq!(table.clone().len(), 2);
    }

    #[test]
    fn an_empty_table_knows_no_key() {
        let table = Table::<String, u64>::default();
        assert!(table.is_empty());
        assert!(table.get(&"a").is_empty());
    }
}
