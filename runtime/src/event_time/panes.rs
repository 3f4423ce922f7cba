//! What is kept of windows whose places in time are fixed: a table of keys for each pane, in order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::operator::{Emits, Keeps, Record};
use super::parts::Part;
use super::table::Table;
use super::windows::{Fixed, Shape};
use super::{Aggregate, Windows};
use crate::clock::Timestamp;
use crate::key::Key;
use crate::state::{StateData, StateKey};

/// Of one key group.
///
/// # Contract
/// - No pane is empty, and none is left whose windows are all closed.
/// - A window that ends by `closed` was emitted, and takes nothing more.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "K: StateKey, S: StateData", deserialize = "K: StateKey, S: StateData"))]
pub(crate) struct Panes<K: Key, S> {
    /// By start.
    panes: BTreeMap<i64, Table<K, S>>,
    closed: i64,
    /// How many records were late since the beginning.
    late: u64,
    /// Of this tick: the panes that changed, and in each the keys.
    #[serde(skip)]
    changed: BTreeMap<i64, BTreeSet<usize>>,
}

impl<K: Key, S> Default for Panes<K, S> {
    fn default() -> Self {
        Panes { panes: BTreeMap::new(), closed: i64::MIN, late: 0, changed: BTreeMap::new() }
    }
}

impl<K: Key, S> fmt::Debug for Panes<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panes").field("panes", &self.panes.len()).field("late", &self.late).finish()
    }
}

fn fixed(windows: &Windows) -> Fixed {
    match windows.shape() {
        Shape::Fixed(fixed) => fixed,
        Shape::Session { .. } => unreachable!("sessions are kept elsewhere"),
    }
}

impl<K: StateKey, S: StateData> Panes<K, S> {
    /// The start of the first window that is not closed and has a record. Drops the panes before it.
    fn first(&mut self, fixed: Fixed) -> Option<i64> {
        loop {
            let pane = *self.panes.first_key_value()?.0;
            let (first, last) = fixed.starts(pane);
            let open = first.max(fixed.first_behind(self.closed));
            if open <= last && fixed.end(open) > self.closed {
                return Some(open);
            }
            self.panes.pop_first();
        }
    }

    /// What a window came to, its keys in the order in which its panes have them. With `only`, these keys.
    fn rows<V, A>(&self, fixed: Fixed, start: i64, aggregate: &A, only: Option<&Changed>) -> Table<K, S>
    where
        A: Aggregate<V, State = S>,
    {
        let mut rows = Table::<K, S>::default();
        let panes = || self.panes.range(start..=start.max(fixed.end(start).saturating_sub(1)));
        if let Some(changed) = only {
            for (pane, table) in panes() {
                for at in changed.get(pane).into_iter().flatten() {
                    let (hash, slot, _) = table.entry(*at);
                    if rows.find(hash, slot).is_none() {
                        rows.add(hash, slot.clone(), aggregate.start());
                    }
                }
            }
        }
        for (_, table) in panes() {
            for (hash, slot, state) in table.iter() {
                match rows.find(hash, slot) {
                    Some(at) => aggregate.merge(rows.own(at), state.clone()),
                    None if only.is_some() => {}
                    None => {
                        rows.add(hash, slot.clone(), state.clone());
                    }
                }
            }
        }
        rows
    }

    fn emit<V, A>(
        &self,
        fixed: Fixed,
        start: i64,
        aggregate: &A,
        only: Option<&Changed>,
        out: &mut Emits<'_, K, S>,
    ) where
        A: Aggregate<V, State = S>,
    {
        let window = fixed.window(start);
        if fixed.is_tumbling() {
            // One pane: nothing to be merged.
            let Some(table) = self.panes.get(&start) else { return };
            let all = || 0..table.len();
            let mut row = |at: usize| {
                let (_, slot, state) = table.entry(at);
                out(window, slot.clone(), state.clone());
            };
            match only {
                Some(changed) => changed.get(&start).into_iter().flatten().copied().for_each(&mut row),
                None => all().for_each(&mut row),
            }
        } else {
            for (slot, state) in self.rows(fixed, start, aggregate, only).into_entries() {
                out(window, slot, state);
            }
        }
    }
}

type Changed = BTreeMap<i64, BTreeSet<usize>>;

impl<K: StateKey, S: StateData> Keeps<K, S> for Panes<K, S> {
    fn add<V, A>(&mut self, windows: &Windows, record: Record<K, V, S>, aggregate: &A, marks: bool)
    where
        A: Aggregate<V, State = S>,
    {
        let pane = fixed(windows).pane(record.time.millis());
        let table = self.panes.entry(pane).or_default();
        let at = match (table.find(record.hash, &record.slot), record.part) {
            (Some(at), Part::One(value)) => {
                aggregate.put(table.own(at), value);
                at
            }
            (Some(at), Part::Many(_, state) | Part::Run(_, state)) => {
                aggregate.merge(table.own(at), state);
                at
            }
            (None, Part::One(value)) => {
                let mut state = aggregate.start();
                aggregate.put(&mut state, value);
                table.add(record.hash, record.slot, state)
            }
            (None, Part::Many(_, state) | Part::Run(_, state)) => table.add(record.hash, record.slot, state),
        };
        if marks {
            self.changed.entry(pane).or_default().insert(at);
        }
    }

    fn close<V, A>(
        &mut self,
        windows: &Windows,
        floor: Timestamp,
        aggregate: &A,
        mut out: Option<&mut Emits<'_, K, S>>,
    ) where
        A: Aggregate<V, State = S>,
    {
        let fixed = fixed(windows);
        let floor = floor.millis();
        while let Some(start) = self.first(fixed)
            && fixed.end(start) <= floor
        {
            self.closed = fixed.end(start);
            let Some(out) = &mut out else { continue };
            if fixed.is_tumbling() {
                let table = self.panes.remove(&start).unwrap_or_default();
                table.into_entries().for_each(|(slot, state)| out(fixed.window(start), slot, state));
            } else {
                self.emit(fixed, start, aggregate, None, *out);
            }
        }
        self.closed = self.closed.max(floor);
    }

    fn changed<V, A>(&mut self, windows: &Windows, aggregate: &A, out: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>,
    {
        let fixed = fixed(windows);
        let changed = std::mem::take(&mut self.changed);
        let mut starts = BTreeSet::new();
        for pane in changed.keys() {
            let (first, last) = fixed.starts(*pane);
            let mut start = first.max(fixed.first_behind(self.closed));
            while start <= last {
                starts.insert(start);
                start = fixed.next(start);
            }
        }
        for start in starts {
            self.emit(fixed, start, aggregate, Some(&changed), out);
        }
    }

    fn all<V, A>(&self, windows: &Windows, aggregate: &A, out: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>,
    {
        let fixed = fixed(windows);
        let mut next = i64::MIN;
        for pane in self.panes.keys() {
            let (first, last) = fixed.starts(*pane);
            let mut start = first.max(next);
            while start <= last {
                self.emit(fixed, start, aggregate, None, out);
                start = fixed.next(start);
                next = start;
            }
        }
    }

    fn last_end(windows: &Windows, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(fixed(windows).last_end(time.millis()))
    }

    fn due(&self, windows: &Windows) -> Option<Timestamp> {
        let fixed = fixed(windows);
        let (pane, _) = self.panes.first_key_value()?;
        let (first, last) = fixed.starts(*pane);
        let open = first.max(fixed.first_behind(self.closed)).min(last);
        Some(Timestamp::from_millis(fixed.end(open)))
    }

    fn count_late(&mut self, records: u64) {
        self.late += records;
    }

    fn late(&self) -> u64 {
        self.late
    }
}
