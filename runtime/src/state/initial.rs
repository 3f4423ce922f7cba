//! What keys begin with.

use std::sync::PoisonError;

use crate::exchange::{GROUPS, group_of};
use crate::key::Key;
use crate::sync::Mutex;

/// Pairs by key group, until the groups are made.
pub struct Initial<K: Key, S> {
    groups: Option<Mutex<Vec<Group<K, S>>>>,
}

/// The pairs of one group, with the hashes of their keys.
type Group<K, S> = Vec<(u64, <K as Key>::Slot, S)>;

impl<K: Key<Owned = K>, S> Initial<K, S> {
    pub fn none() -> Self {
        Initial { groups: None }
    }

    pub fn of<Q: Key<Owned = K, Slot = K::Slot>>(pairs: impl IntoIterator<Item = (Q, S)>) -> Self {
        let mut groups: Vec<Group<K, S>> = (0..GROUPS).map(|_| Vec::new()).collect();
        for (key, state) in pairs {
            let hash = Q::hash(&key.probe());
            groups[group_of(hash)].push((hash, key.into_slot(), state));
        }
        Initial { groups: Some(Mutex::new(groups)) }
    }

    /// What the keys of a group begin with; there only once. `None` where no group has anything.
    pub(crate) fn take(&self, group: usize) -> Option<Group<K, S>> {
        // Once a group, not once a record.
        let mut groups = self.groups.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut groups[group]))
    }
}
