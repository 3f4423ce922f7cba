//! What is kept of sessions: for each key those that are open, in order of time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};

use super::operator::{Emits, Keeps, Record};
use super::parts::Part;
use super::table::Table;
use super::windows::Shape;
use super::{Aggregate, Window, Windows};
use crate::clock::Timestamp;
use crate::key::Key;
use crate::state::{StateData, StateKey};

/// Of one key group.
///
/// # Contract
/// - No two sessions of a key touch, and no key is without one.
/// - `ends` has every session once. (Of two keys with the same hash, two that are alike there are one.)
#[derive(Serialize)]
#[serde(bound(serialize = "K: StateKey, S: StateData"))]
pub(crate) struct Sessions<K: Key, S> {
    keys: Table<K, OfKey<S>>,
    /// How many records were late since the beginning.
    late: u64,
    /// When each ends; its key's hash; its start.
    #[serde(skip)]
    ends: BTreeSet<(i64, u64, i64)>,
}

/// By start.
type OfKey<S> = BTreeMap<i64, Session<S>>;

#[derive(Serialize, Deserialize)]
struct Session<S> {
    end: i64,
    state: S,
}

impl<K: Key, S> Default for Sessions<K, S> {
    fn default() -> Self {
        Sessions { keys: Table::default(), late: 0, ends: BTreeSet::new() }
    }
}

impl<K: Key, S> fmt::Debug for Sessions<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("open", &self.ends.len()).field("late", &self.late).finish()
    }
}

impl<'de, K: StateKey, S: StateData> Deserialize<'de> for Sessions<K, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (keys, late) = <(Table<K, OfKey<S>>, u64)>::deserialize(deserializer)?;
        let of_key = |(hash, _, sessions): (u64, _, &OfKey<S>)| {
            sessions.iter().map(move |(start, session)| (session.end, hash, *start)).collect::<Vec<_>>()
        };
        let ends = keys.iter().flat_map(of_key).collect();
        Ok(Sessions { keys, late, ends })
    }
}

fn gap(windows: &Windows) -> i64 {
    match windows.shape() {
        Shape::Session { gap } => gap,
        Shape::Fixed(_) => unreachable!("fixed windows are kept elsewhere"),
    }
}

impl<K: StateKey, S: StateData> Keeps<K, S> for Sessions<K, S> {
    fn add<V, A>(&mut self, windows: &Windows, record: Record<K, V, S>, aggregate: &A, _: bool)
    where
        A: Aggregate<V, State = S>,
    {
        let hash = record.hash;
        let at = self.keys.find(hash, &record.slot);
        let at = at.unwrap_or_else(|| self.keys.add(hash, record.slot, OfKey::new()));
        let sessions = self.keys.own(at);
        let time = record.time.millis();
        let last = if let Part::Run(last, _) = &record.part { *last } else { time };
        let (mut start, mut end) = (time, last.saturating_add(gap(windows)));
        // Mostly it touches one, which goes on where it is.
        let mut near = sessions.range_mut(..=end).rev();
        if let Some((&first, session)) = near.next()
            && first <= start
            && session.end >= time
            && near.next().is_none_or(|(_, before)| before.end < time)
        {
            match record.part {
                Part::Many(_, later) | Part::Run(_, later) => aggregate.merge(&mut session.state, later),
                Part::One(value) => aggregate.put(&mut session.state, value),
            }
            if session.end < end {
                self.ends.remove(&(session.end, hash, first));
                self.ends.insert((end, hash, first));
                session.end = end;
            }
            return;
        }
        // Those that it touches, the last one first.
        let touches = |session: (&i64, &Session<S>)| (session.1.end >= time).then_some(*session.0);
        let touched: Vec<i64> = sessions.range(..=end).rev().map_while(touches).collect();
        let mut state: Option<S> = None;
        for first in touched.into_iter().rev() {
            let Some(session) = sessions.remove(&first) else { continue };
            self.ends.remove(&(session.end, hash, first));
            start = start.min(first);
            end = end.max(session.end);
            match &mut state {
                Some(state) => aggregate.merge(state, session.state),
                None => state = Some(session.state),
            }
        }
        let state = match (state, record.part) {
            (Some(mut state), Part::Many(_, later) | Part::Run(_, later)) => {
                aggregate.merge(&mut state, later);
                state
            }
            (None, Part::Many(_, state) | Part::Run(_, state)) => state,
            (state, Part::One(value)) => {
                let mut state = state.unwrap_or_else(|| aggregate.start());
                aggregate.put(&mut state, value);
                state
            }
        };
        sessions.insert(start, Session { end, state });
        self.ends.insert((end, hash, start));
    }

    fn close<V, A>(&mut self, _: &Windows, floor: Timestamp, _: &A, mut out: Option<&mut Emits<'_, K, S>>)
    where
        A: Aggregate<V, State = S>,
    {
        while let Some(&(end, hash, start)) = self.ends.first()
            && end <= floor.millis()
        {
            self.ends.pop_first();
            let is_it = |sessions: &OfKey<S>| sessions.get(&start).is_some_and(|session| session.end == end);
            while let Some(at) = self.keys.find_by(hash, is_it) {
                let slot = self.keys.entry(at).1.clone();
                let session = self.keys.own(at).remove(&start);
                if self.keys.own(at).is_empty() {
                    self.keys.remove(at);
                }
                if let (Some(out), Some(session)) = (&mut out, session) {
                    out(Window::millis(start, end), slot, session.state);
                }
            }
        }
    }

    fn changed<V, A>(&mut self, _: &Windows, _: &A, _: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>,
    {
        unreachable!("sessions in update mode are refused");
    }

    fn all<V, A>(&self, _: &Windows, _: &A, out: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>,
    {
        for (_, slot, sessions) in self.keys.iter() {
            for (start, session) in sessions {
                out(Window::millis(*start, session.end), slot.clone(), session.state.clone());
            }
        }
    }

    fn last_end(windows: &Windows, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.millis().saturating_add(gap(windows)))
    }

    fn due(&self, _: &Windows) -> Option<Timestamp> {
        self.ends.first().map(|(end, ..)| Timestamp::from_millis(*end))
    }

    fn count_late(&mut self, records: u64) {
        self.late += records;
    }

    fn late(&self) -> u64 {
        self.late
    }
}
