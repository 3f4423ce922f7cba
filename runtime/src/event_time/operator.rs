//! The operator behind the exchange: one for all aggregates of windows.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::form::Form;
use super::parts::{Arrives, Part};
use super::{Aggregate, Emit, Window, Windows};
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::exchange::Owners;
use crate::op::gather::Gather;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateKey, Store};
use crate::{BoxError, blame};

/// A record on its way into a window, or what some of its pane came to.
pub(crate) struct Record<K: StateKey, V, S> {
    pub time: Timestamp,
    pub hash: u64,
    pub slot: K::Slot,
    pub part: Part<V, S>,
}

/// Takes what a window came to for a key.
pub(crate) type Emits<'e, K, S> = dyn FnMut(Window, <K as crate::key::Key>::Slot, S) + 'e;

/// What is kept of the open windows of one key group.
pub(crate) trait Keeps<K: StateKey, S>:
    Default + Serialize + DeserializeOwned + Send + 'static
{
    /// Takes in a record that isn't late. `marks`: [`Keeps::changed`] is going to ask for what has changed.
    fn add<V, A>(&mut self, windows: &Windows, record: Record<K, V, S>, aggregate: &A, marks: bool)
    where
        A: Aggregate<V, State = S>;

    /// Closes the windows that end by `floor`, in order of their ends.
    fn close<V, A>(
        &mut self,
        windows: &Windows,
        floor: Timestamp,
        aggregate: &A,
        out: Option<&mut Emits<'_, K, S>>,
    ) where
        A: Aggregate<V, State = S>;

    /// The windows and keys that have changed since this was asked last.
    fn changed<V, A>(&mut self, windows: &Windows, aggregate: &A, out: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>;

    /// All windows and keys.
    fn all<V, A>(&self, windows: &Windows, aggregate: &A, out: &mut Emits<'_, K, S>)
    where
        A: Aggregate<V, State = S>;

    /// When the last window ends that a record of this time is in.
    fn last_end(windows: &Windows, time: Timestamp) -> Timestamp;

    /// The earliest end of an open window.
    fn due(&self, windows: &Windows) -> Option<Timestamp>;

    fn count_late(&mut self, records: u64);
    /// How many late records were counted.
    fn late(&self) -> u64;
}

/// `H` is what it keeps, `R` what leaves, `I` what comes.
pub(crate) struct WindowAggregate<K, V, A, H, R, I> {
    pub(crate) node: NodeId,
    pub(crate) windows: Windows,
    pub(crate) aggregate: Arc<A>,
    #[allow(clippy::type_complexity, reason = "it only names the types")]
    pub(crate) types: PhantomData<fn(K, V, H, R, I)>,
}

impl<K, V, A, H, R, I> WindowAggregate<K, V, A, H, R, I>
where
    K: StateKey,
    V: Data,
    A: Aggregate<V>,
    H: Keeps<K, A::State>,
    R: Form<K, V, A::Out>,
    I: Arrives<V, A::State, Value: Data>,
{
    pub(crate) fn new(node: NodeId, windows: Windows, aggregate: Arc<A>) -> Self {
        WindowAggregate { node, windows, aggregate, types: PhantomData }
    }

    fn run(&self, cx: &TaskContext, store: &mut Store, inputs: Vec<Vec<Bucket>>, rows: &mut Vec<R::Row>) {
        let (windows, aggregate) = (&self.windows, &*self.aggregate);
        let mode = windows.mode();
        let (late, due) = (windows.late_by(cx.watermarks.late), windows.late_by(cx.watermarks.due));
        let mut input = Gather::<K, (Timestamp, I::Value)>::new(inputs.into_iter().flatten().collect());
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let is_due = |kept: &H| kept.due(windows).is_some_and(|end| end <= due);
            let emits_all = mode == Emit::Complete && !cx.no_data;
            if chunks.is_empty() && !store.get::<H>(group).is_some_and(|kept| emits_all || is_due(kept)) {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let kept = store.group::<H>(group);
            let mut out = |window: Window, slot: K::Slot, state: A::State| {
                rows.push(R::result(window, K::from_slot(slot), aggregate.finish(state)));
            };
            // What was due before these records came goes without them.
            let appends = mode == Emit::Append;
            kept.close(windows, late, aggregate, appends.then_some(&mut out as &mut _));
            let mut dropped = Vec::new();
            for entry in chunks.into_iter().flatten() {
                let (hash, (time, value)) = (entry.hash(), entry.value);
                let part = I::part(value);
                if H::last_end(windows, time) <= late {
                    match part {
                        Part::One(value) => {
                            kept.count_late(1);
                            dropped.extend(R::late(K::from_slot(entry.slot), value));
                        }
                        Part::Many(count, _) => kept.count_late(count.into()),
                        Part::Run(..) => {
                            unreachable!("a session's records that may be late cross as they are")
                        }
                    }
                    continue;
                }
                let record = Record { time, hash, slot: entry.slot, part };
                kept.add(windows, record, aggregate, mode == Emit::Update);
            }
            match mode {
                Emit::Append => {}
                Emit::Update => kept.changed(windows, aggregate, &mut out),
                Emit::Complete if emits_all => kept.all(windows, aggregate, &mut out),
                Emit::Complete => {}
            }
            if due > late {
                kept.close(windows, due, aggregate, appends.then_some(&mut out as &mut _));
            }
            rows.append(&mut dropped);
        }
    }
}

impl<K, V, A, H, R, I> HeadOperator for WindowAggregate<K, V, A, H, R, I>
where
    K: StateKey,
    V: Data,
    A: Aggregate<V>,
    H: Keeps<K, A::State>,
    R: Form<K, V, A::Out>,
    I: Arrives<V, A::State, Value: Data>,
{
    fn is_timed(&self) -> bool {
        true
    }

    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut rows: Vec<R::Row> = Vec::new();
        blame::at(self.node, || self.run(cx, store, inputs, &mut rows));
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, kept) in store.iter::<H>() {
            timing.late += kept.late();
            // In complete mode no time makes a difference.
            let due = kept.due(&self.windows).filter(|_| self.windows.mode() != Emit::Complete);
            timing.wait_for(due.map(|end| end.plus(self.windows.lateness())));
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<H>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(H::schema())
    }
}
