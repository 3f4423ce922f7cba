//! The values that keys had, by time, as far back as anybody may still ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event_time::Table;
use crate::key::Key;
use crate::state::{StateData, StateKey};

/// Of one key group.
///
/// Of each key there are the versions behind the watermark, and the last one at or before it; with a limit, that one only as long
/// as it is within the limit of what may still come.
///
/// # Contract
/// - Every version but the first of its key is in `turns` at its time: then the watermark makes those before it needless. With a
///   limit each is there also when its limit ends. (Of two keys with the same hash, two that are alike there are one.)
/// - No key is without a version.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "K: StateKey, W: StateData", deserialize = "K: StateKey, W: StateData"))]
pub(crate) struct Versions<K: Key, W> {
    keys: Table<K, BTreeMap<Timestamp, W>>,
    turns: BTreeSet<(Timestamp, u64)>,
}

impl<K: Key, W> Default for Versions<K, W> {
    fn default() -> Self {
        Versions { keys: Table::default(), turns: BTreeSet::new() }
    }
}

impl<K: Key, W> fmt::Debug for Versions<K, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Versions").field("keys", &self.keys).field("turns", &self.turns.len()).finish()
    }
}

/// How many versions nobody asks for any more.
fn needless<W>(versions: &BTreeMap<Timestamp, W>, watermark: Timestamp, within: Option<Duration>) -> usize {
    let passed = versions.range(..=watermark).count();
    let ends = |within: Duration| {
        let last = versions.range(..=watermark).next_back();
        last.is_some_and(|(time, _)| time.plus(within) <= watermark)
    };
    if within.is_some_and(ends) { passed } else { passed.saturating_sub(1) }
}

impl<K: StateKey, W: StateData> Versions<K, W> {
    /// From this time on the key has this value; of two at one time the later one counts.
    pub fn add(&mut self, time: Timestamp, hash: u64, slot: K::Slot, value: W, within: Option<Duration>) {
        let at = self.keys.find(hash, &slot);
        let at = at.unwrap_or_else(|| self.keys.add(hash, slot, BTreeMap::new()));
        let versions = self.keys.own(at);
        if let Some(first) = versions.keys().next().copied().filter(|first| *first != time) {
            self.turns.insert((first.max(time), hash));
        }
        versions.insert(time, value);
        self.turns.extend(within.map(|within| (time.plus(within), hash)));
    }

    /// What a key had at this time.
    pub fn at(&self, time: Timestamp, hash: u64, slot: &K::Slot, within: Option<Duration>) -> Option<&W> {
        let (_, _, versions) = self.keys.entry(self.keys.find(hash, slot)?);
        let (since, value) = versions.range(..=time).next_back()?;
        within.is_none_or(|within| time.since(*since) <= within).then_some(value)
    }

    /// Nobody asks for times up to the watermark any more.
    pub fn drop_before(&mut self, watermark: Timestamp, within: Option<Duration>) {
        while let Some((_, hash)) = self.turns.first().copied().filter(|(turn, _)| *turn <= watermark) {
            self.turns.pop_first();
            let has_needless = |versions: &BTreeMap<_, _>| needless(versions, watermark, within) > 0;
            while let Some(at) = self.keys.find_by(hash, has_needless) {
                let versions = self.keys.own(at);
                for _ in 0..needless(versions, watermark, within) {
                    versions.pop_first();
                }
                if versions.is_empty() {
                    self.keys.remove(at);
                }
            }
        }
    }

    /// The earliest watermark that makes versions needless.
    pub fn turn(&self) -> Option<Timestamp> {
        self.turns.first().map(|(time, _)| *time)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.keys.iter().map(|(_, _, versions)| versions.len()).sum()
    }
}
