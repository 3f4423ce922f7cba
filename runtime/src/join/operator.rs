//! The operator behind the exchange: one for all joins of two streams by an interval or by windows.
//!
//! Each record meets those of the other side that are kept, and is kept itself until the watermark says that no other can
//! come that it would meet. So every pair is found once, by the later of the two. (The symmetric hash join of Wilschut and
//! Apers, "Dataflow query execution in a parallel main-memory environment", 1991, with state that ends.)

use std::any::Any;
use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::meeting::{Meeting, Side};
use super::sides::{Kepts, Row};
use crate::batch::{Data, Rows};
use crate::clock::Timestamp;
use crate::exchange::{Entry, Owners};
use crate::op::gather::{self, Gather};
use crate::op::join::How;
use crate::pipeline::{Bucket, HeadOperator, TaskContext, Timing};
use crate::state::{GroupState, Kept, Schema, StateData, StateKey, Store, never};
use crate::{BoxError, blame};

/// `B` says who meets, `H` what comes of it, and the condition which of those that meet match.
pub(crate) struct TimedJoin<K, V, W, B, H, C> {
    pub(crate) node: NodeId,
    pub(crate) meeting: B,
    pub(crate) condition: C,
    pub(crate) types: PhantomData<fn(K, V, W, H)>,
}

type Joined<K, V, W, B, H> = <B as Meeting>::Row<K, <H as How<V, W>>::Out>;
type State<K, V, W, B> = Kepts<K, V, W, <B as Meeting>::Mark>;

/// A record with its time, on its way.
type Arrival<K, V> = Entry<K, (Timestamp, V)>;

impl<K, V, W, B, H, C> TimedJoin<K, V, W, B, H, C>
where
    K: StateKey,
    V: StateData,
    W: StateData,
    B: Meeting,
    H: How<V, W, Out: Data>,
    C: Fn(&V, &W) -> bool,
{
    const LONE: [bool; 2] = [H::LEFT, H::RIGHT];

    fn run(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
        rows: &mut Vec<Joined<K, V, W, B, H>>,
    ) {
        let (late, due) = (cx.watermarks.late, cx.watermarks.due);
        let [left, right] = gather::two(inputs);
        let mut left = Gather::<K, (Timestamp, V)>::new(left);
        let mut right = Gather::<K, (Timestamp, W)>::new(right);
        for group in Owners::groups(cx.task, cx.partitions) {
            let (lefts, rights) = (left.take(group), right.take(group));
            let is_due = |kept: &State<K, V, W, B>| kept.keys.earliest().is_some_and(|time| time <= due);
            if lefts.is_empty() && rights.is_empty() && !store.get(group).is_some_and(is_due) {
                // So that a checkpoint knows that nothing has changed here.
                continue;
            }
            let kept = store.group::<State<K, V, W, B>>(group);
            // What was due before these records came goes without them.
            self.pass(kept, late, rows);
            lefts.into_iter().flatten().for_each(|entry| self.left(kept, entry, late, rows));
            rights.into_iter().flatten().for_each(|entry| self.right(kept, entry, late, rows));
            self.pass(kept, due, rows);
        }
    }

    /// A left record meets right ones.
    fn left(
        &self,
        kept: &mut State<K, V, W, B>,
        entry: Arrival<K, V>,
        late: Timestamp,
        rows: &mut Vec<Joined<K, V, W, B, H>>,
    ) {
        let (hash, slot, (time, value)) = (entry.hash(), entry.slot, entry.value);
        if self.meeting.is_late(time, late) {
            kept.late += 1;
            return;
        }
        let place = self.meeting.place(time);
        let mut mark = B::Mark::default();
        let at = kept.keys.keys.find(hash, &slot);
        let (mut sides, before) = at.map_or_else(|| (Default::default(), never()), |at| kept.keys.take(at));
        let mut changed = false;
        for other in sides.right.within(self.meeting.partners(Side::Left, place)) {
            if !(self.condition)(&value, &other.value) {
                continue;
            }
            self.meeting.meet(place, other.place, late, |at| {
                if !(H::ONCE && self.meeting.is_marked(&mark, at)) {
                    let right = (!H::ONCE).then(|| other.value.clone());
                    rows.push(B::row(at, K::from_slot(slot.clone()), H::out(Some(value.clone()), right)));
                }
            });
            B::mark(&mut mark, place, other.place);
            if H::RIGHT {
                B::mark(&mut other.mark, other.place, place);
                changed = true;
            }
        }
        let mut expires = before;
        if !(H::ONCE && B::is_done(&mark, place)) {
            sides.left.add(Row { place, mark, value });
            let next = if H::LEFT {
                self.meeting.next(Side::Left, place, late)
            } else {
                self.meeting.drops(Side::Left, place)
            };
            expires = expires.min(next);
            changed = true;
        }
        match at {
            Some(at) => kept.keys.put(at, sides, expires, before, changed),
            None if changed => kept.keys.add(hash, slot, sides, expires),
            None => {}
        }
    }

    /// A right record meets left ones.
    fn right(
        &self,
        kept: &mut State<K, V, W, B>,
        entry: Arrival<K, W>,
        late: Timestamp,
        rows: &mut Vec<Joined<K, V, W, B, H>>,
    ) {
        let (hash, slot, (time, value)) = (entry.hash(), entry.slot, entry.value);
        if self.meeting.is_late(time, late) {
            kept.late += 1;
            return;
        }
        let place = self.meeting.place(time);
        let mut mark = B::Mark::default();
        let at = kept.keys.keys.find(hash, &slot);
        let (mut sides, before) = at.map_or_else(|| (Default::default(), never()), |at| kept.keys.take(at));
        for other in sides.left.within(self.meeting.partners(Side::Right, place)) {
            if !(self.condition)(&other.value, &value) {
                continue;
            }
            self.meeting.meet(other.place, place, late, |at| {
                if !(H::ONCE && self.meeting.is_marked(&other.mark, at)) {
                    let right = (!H::ONCE).then(|| value.clone());
                    rows.push(B::row(
                        at,
                        K::from_slot(slot.clone()),
                        H::out(Some(other.value.clone()), right),
                    ));
                }
            });
            B::mark(&mut mark, place, other.place);
            if H::LEFT || H::ONCE {
                B::mark(&mut other.mark, other.place, place);
            }
        }
        sides.right.add(Row { place, mark, value });
        let next = if H::RIGHT {
            self.meeting.next(Side::Right, place, late)
        } else {
            self.meeting.drops(Side::Right, place)
        };
        let expires = before.min(next);
        match at {
            Some(at) => kept.keys.put(at, sides, expires, before, true),
            None => kept.keys.add(hash, slot, sides, expires),
        }
    }

    /// The watermark goes on: what is due leaves, and is dropped.
    fn pass(&self, kept: &mut State<K, V, W, B>, due: Timestamp, rows: &mut Vec<Joined<K, V, W, B, H>>) {
        let meeting = &self.meeting;
        kept.keys.wake(due, |key, mut sides, since| {
            if H::LEFT {
                let is_due = |row: &&Row<V, B::Mark>| meeting.begins(Side::Left, row.place) <= due;
                for row in sides.left.iter().take_while(is_due) {
                    meeting.lone(Side::Left, row.place, &row.mark, since, due, |at| {
                        let key = K::from_slot(key.clone());
                        rows.push(B::row(at, key, H::out(Some(row.value.clone()), None)));
                    });
                }
            }
            if H::RIGHT {
                let is_due = |row: &&Row<W, B::Mark>| meeting.begins(Side::Right, row.place) <= due;
                for row in sides.right.iter().take_while(is_due) {
                    meeting.lone(Side::Right, row.place, &row.mark, since, due, |at| {
                        let key = K::from_slot(key.clone());
                        rows.push(B::row(at, key, H::out(None, Some(row.value.clone()))));
                    });
                }
            }
            sides.left.drop_due(|place| meeting.drops(Side::Left, place) <= due);
            sides.right.drop_due(|place| meeting.drops(Side::Right, place) <= due);
            let next = sides.alarm(meeting, Self::LONE, due)?;
            Some((sides, next))
        });
    }
}

impl<K, V, W, B, H, C> HeadOperator for TimedJoin<K, V, W, B, H, C>
where
    K: StateKey,
    V: StateData,
    W: StateData,
    B: Meeting,
    H: How<V, W, Out: Data>,
    C: Fn(&V, &W) -> bool + Send + Sync,
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
        let mut rows: Vec<Joined<K, V, W, B, H>> = Vec::new();
        blame::at(self.node, || self.run(cx, store, inputs, &mut rows));
        Ok(Box::new(Rows::new(rows)))
    }

    fn timing(&self, store: &Store) -> Timing {
        let mut timing = Timing::default();
        for (_, kept) in store.iter::<State<K, V, W, B>>() {
            timing.late += kept.late;
            timing.wait_for(kept.keys.next_alarm());
        }
        timing
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<State<K, V, W, B>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(State::<K, V, W, B>::schema())
    }
}
