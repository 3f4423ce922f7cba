//! `sessionize`: each record with the session that it is in.

use std::any::Any;
use std::marker::PhantomData;

use super::operator::Record;
use super::{Collect, Form, Keeps, Part, Sessions, Window, Windows};
use crate::BoxError;
use crate::batch::Rows;
use crate::clock::Timestamp;
use crate::exchange::Owners;
use crate::op::gather::Gather;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateData, StateKey, Store};

pub(crate) struct Sessionize<K, V, R> {
    pub(crate) sessions: Windows,
    pub(crate) types: PhantomData<fn(K, V, R)>,
}

/// The records of a session, as they came, with their times.
type Open<K, V> = Sessions<K, Vec<(Timestamp, V)>>;

impl<K: StateKey, V: StateData, R: Form<K, V, V>> HeadOperator for Sessionize<K, V, R> {
    fn is_timed(&self) -> bool {
        true
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        type Timed<V> = (Timestamp, V);
        let (windows, late, due) = (&self.sessions, cx.watermarks.late, cx.watermarks.due);
        let mut input = Gather::<K, Timed<V>>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<R::Row> = Vec::new();
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let is_due = |open: &Open<K, V>| {
                Keeps::<K, Vec<Timed<V>>>::due(open, windows).is_some_and(|end| end <= due)
            };
            if chunks.is_empty() && !store.get::<Open<K, V>>(group).is_some_and(is_due) {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let open = store.group::<Open<K, V>>(group);
            let mut out = |session: Window, slot: K::Slot, mut records: Vec<Timed<V>>| {
                records.sort_by_key(|(time, _)| *time);
                let all = records
                    .into_iter()
                    .map(|(_, value)| R::result(session, K::from_slot(slot.clone()), value));
                rows.extend(all);
            };
            // What was due before these records came goes without them.
            open.close::<Timed<V>, _>(windows, late, &Collect, Some(&mut out));
            let mut dropped = Vec::new();
            for entry in chunks.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                if Open::<K, V>::last_end(windows, time) <= late {
                    open.count_late(1);
                    dropped.extend(R::late(K::from_slot(entry.slot), value));
                    continue;
                }
                let record = Record { time, hash, slot: entry.slot, part: Part::One((time, value)) };
                open.add(windows, record, &Collect, false);
            }
            open.close::<Timed<V>, _>(windows, due, &Collect, Some(&mut out));
            rows.append(&mut dropped);
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, open) in store.iter::<Open<K, V>>() {
            timing.late += open.late();
            timing.wait_for(open.due(&self.sessions));
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<Open<K, V>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(Open::<K, V>::schema())
    }
}
