//! `join_table` and `left_outer_join_table`, within a stage: a record's matches in a table.

use std::slice;

use super::join::Matched;
use crate::key::{Key, SameKey};
use crate::table::Table;

/// A pair with its matches. The last of them gets the pair itself, those before it a clone.
struct Matches<'t, K, V, W> {
    pair: Option<(K, V)>,
    found: slice::Iter<'t, W>,
}

impl<'t, K: Key, V, W> Matches<'t, K, V, W> {
    #[inline(always)]
    fn new<J: Key>(table: &'t Table<J, W>, pair: (K, V)) -> Self
    where
        K::Owned: SameKey<J>,
    {
        let found = table.get(&pair.0).iter();
        Matches { pair: Some(pair), found }
    }
}

impl<'t, K: Matched, V: Matched, W> Matches<'t, K, V, W> {
    #[inline(always)]
    fn next(&mut self) -> Option<(K, V, &'t W)> {
        let found = self.found.next()?;
        let (key, value) = if self.found.len() == 0 {
            self.pair.take()?
        } else {
            let (key, value) = self.pair.as_ref()?;
            (key.again(), value.again())
        };
        Some((key, value, found))
    }
}

/// The results for one record.
#[inline(always)]
pub fn join_table<K, V, J, W>(table: &Table<J, W>, pair: (K, V)) -> impl Iterator<Item = (K, (V, W))>
where
    K: Key<Owned: SameKey<J>> + Matched,
    V: Matched,
    J: Key,
    W: Matched,
{
    let mut matches = Matches::new(table, pair);
    std::iter::from_fn(move || matches.next().map(|(key, value, found)| (key, (value, found.again()))))
}

/// As [`join_table`], with one result where there is no match.
#[inline(always)]
pub fn left_outer_join_table<K, V, J, W>(
    table: &Table<J, W>,
    pair: (K, V),
) -> impl Iterator<Item = (K, (V, Option<W>))>
where
    K: Key<Owned: SameKey<J>> + Matched,
    V: Matched,
    J: Key,
    W: Matched,
{
    let mut matches = Matches::new(table, pair);
    std::iter::from_fn(move || match matches.next() {
        Some((key, value, found)) => Some((key, (value, Some(found.again())))),
        None => matches.pair.take().map(|(key, value)| (key, (value, None))),
    })
}
