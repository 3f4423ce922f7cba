//! Static data to join streams with.

use std::fmt;
use std::sync::Arc;

use hashbrown::HashTable;

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
/// A look-up is one hash of the key and one or two cache misses. A table of n pairs takes about 16 bytes and a key for
/// each different key, and n values; it is made in O(n log n). Strings of up to 16 bytes lie in the table itself.
pub struct Table<K: Key, V> {
    /// A key, where its values begin, and where they end.
    keys: HashTable<(K::Slot, u32, u32)>,
    values: Vec<V>,
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
        let same = |(slot, ..): &(K::Slot, u32, u32)| Q::same(&probe, <Q::Owned as SameKey<K>>::as_own(slot));
        match self.keys.find(hash, same) {
            Some((_, begin, end)) => &self.values[*begin as usize..*end as usize],
            None => &[],
        }
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<Q: Key, V> FromIterator<(Q, V)> for Table<Q::Owned, V> {
    /// # Panics
    /// If there are 2^32 pairs or more.
    fn from_iter<I: IntoIterator<Item = (Q, V)>>(pairs: I) -> Self {
        // Keys with their number and count first; then the values, sorted by that number, make runs.
        let mut keys: HashTable<(Q::Slot, u32, u32)> = HashTable::new();
        let mut values: Vec<(u32, V)> = Vec::new();
        for (key, value) in pairs {
            let probe = key.probe();
            let hash = Q::hash(&probe);
            let number = if let Some((_, number, count)) =
                keys.find_mut(hash, |(slot, ..)| Q::same(&probe, slot))
            {
                *count += 1;
                *number
            } else {
                drop(probe);
                let number = u32::try_from(keys.len()).expect(TOO_MANY);
                keys.insert_unique(hash, (key.into_slot(), number, 1), |(slot, ..)| Q::slot_hash(slot));
                number
            };
            values.push((number, value));
        }
        assert!(u32::try_from(values.len()).is_ok(), "{TOO_MANY}");
        values.sort_by_key(|(number, _)| *number);
        let mut begins = vec![0; keys.len()];
        for (_, number, count) in &keys {
            begins[*number as usize] = *count;
        }
        let mut begin = 0;
        for at in &mut begins {
            begin += std::mem::replace(at, begin);
        }
        for (_, number, count) in &mut keys {
            let begin = begins[*number as usize];
            (*number, *count) = (begin, begin + *count);
        }
        Table { keys, values: values.into_iter().map(|(_, value)| value).collect() }
    }
}

const TOO_MANY: &str = "a table holds fewer than 2^32 pairs";

impl<K: Key, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { keys: HashTable::new(), values: Vec::new() }
    }
}

impl<K: Key<Slot: Clone>, V: Clone> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Table { keys: self.keys.clone(), values: self.values.clone() }
    }
}

impl<K: Key, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("keys", &self.keys.len()).field("values", &self.values.len()).finish()
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
