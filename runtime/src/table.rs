//! Static data to join streams with.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashTable;
use smallvec::SmallVec;

use crate::key::{Key, SameKey};

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
/// A look-up is one hash of the key, and in a large table two cache misses, three where the key has several values. Keys take
/// about 30 bytes each beside their own and their value's size. Strings of up to 16 bytes lie in the table itself.
pub struct Table<K: Key, V> {
    /// One value, as most keys have, lies beside its key: a look-up then reads one place less.
    keys: HashTable<(K::Slot, SmallVec<[V; 1]>)>,
    pairs: usize,
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
        let same = |(slot, _): &(K::Slot, _)| Q::same(&probe, <Q::Owned as SameKey<K>>::as_own(slot));
        self.keys.find(hash, same).map_or(&[], |(_, values)| values)
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
        let pairs = pairs.into_iter();
        let mut table =
            Table::<Q::Owned, V> { keys: HashTable::with_capacity(pairs.size_hint().0), pairs: 0 };
        for (key, value) in pairs {
            let probe = key.probe();
            let hash = Q::hash(&probe);
            if let Some((_, values)) = table.keys.find_mut(hash, |(slot, _)| Q::same(&probe, slot)) {
                values.push(value);
            } else {
                drop(probe);
                let entry = (key.into_slot(), SmallVec::from_buf([value]));
                table.keys.insert_unique(hash, entry, |(slot, _)| Q::slot_hash(slot));
            }
            table.pairs += 1;
        }
        table
    }
}

impl<K: Key, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { keys: HashTable::new(), pairs: 0 }
    }
}

impl<K: Key<Slot: Clone>, V: Clone> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Table { keys: self.keys.clone(), pairs: self.pairs }
    }
}

impl<K: Key, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("keys", &self.keys.len()).field("pairs", &self.pairs).finish()
    }
}

/// A table, as an operand: `&table`, the table itself, or an `Arc` of it.
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

    /// The table.
    fn as_table(&self) -> &Table<Self::Key, Self::Value>;
}

impl<K: Key, V> AsTable for Table<K, V> {
    type Key = K;
    type Value = V;
    #[inline(always)]
    fn as_table(&self) -> &Table<K, V> {
        self
    }
}

macro_rules! through {
    ($($pointer:ty),+) => {$(
        impl<T: AsTable> AsTable for $pointer {
            type Key = T::Key;
            type Value = T::Value;
            #[inline(always)]
            fn as_table(&self) -> &Table<T::Key, T::Value> {
                (**self).as_table()
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
        assert_eq!(table.get(&"a"), []);
    }
}
