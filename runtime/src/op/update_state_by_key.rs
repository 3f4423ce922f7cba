//! `update_state_by_key`: every known key, every tick.

use std::any::Any;
use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::gather::Gather;
use crate::batch::{Data, Rows};
use crate::exchange::Owners;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Initial, Kept, KeyStates, Schema, Scratch, StateData, StateKey, Store};
use crate::tick::Tick;
use crate::{BoxError, blame};

pub(crate) struct UpdateStateByKey<K: StateKey, V, S, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) initial: Initial<K, S>,
    pub(crate) values: PhantomData<fn(V)>,
}

impl<K, V, S, F> HeadOperator for UpdateStateByKey<K, V, S, F>
where
    K: StateKey,
    V: Data,
    S: StateData,
    F: Fn(&K, &[V], Option<S>, Tick) -> Option<S> + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<(K, S)> = Vec::new();
        let mut scratch = Scratch::default();
        // Of the group at hand: its values with where their keys are, then the two apart.
        let (mut pairs, mut places, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for group in Owners::groups(cx.task, cx.partitions) {
            let chunks = input.take(group);
            let known = store.has(group);
            let initial = if known { None } else { self.initial.take(group) };
            if chunks.is_empty() && !known && initial.is_none() {
                continue;
            }
            let states = store.group::<KeyStates<K, S>>(group);
            states.start_with(initial.into_iter().flatten(), |state| state);
            for entry in chunks.into_iter().flatten() {
                let hash = entry.hash();
                let found = states.find(hash, &entry.slot);
                let at = found.unwrap_or_else(|| states.add(hash, entry.slot, None));
                pairs.push((at, entry.value));
            }
            // Stable: the values of a key stay in the order in which they came.
            pairs.sort_by_key(|(at, _)| *at);
            for (at, value) in pairs.drain(..) {
                places.push(at);
                values.push(value);
            }
            let mut from = 0;
            for at in 0..states.len() {
                let new = places[from..].iter().take_while(|place| **place == at).count();
                let news = &values[from..from + new];
                states.exchange(at, &mut scratch, |key, old| {
                    let state = blame::at(self.node, || (self.function)(&key, news, old, cx.tick))?;
                    rows.push((key, state.clone()));
                    Some(state)
                });
                from += new;
            }
            states.retain(|_| true);
            places.clear();
            values.clear();
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, S>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(KeyStates::<K, S>::schema())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::exchange::{Scatter, Tail};

    #[test]
    fn what_is_written_follows_the_keys_that_changed_not_those_that_were_looked_at() {
        const KEYS: u64 = 1_000_000;
        let op = UpdateStateByKey {
            node: 0,
            function: |_: &u64, new: &[u64], old: Option<u64>, _| {
                Some(old.unwrap_or(0) + new.iter().sum::<u64>())
            },
            initial: Initial::<u64, u64>::none(),
            values: PhantomData::<fn(u64)>,
        };
        let mut store = Store::new(0, 1);
        let mut tick = |number: u64, keys: std::ops::Range<u64>| {
            let tick = Tick { number, time: Timestamp::from_millis(number as i64), epoch: 0 };
            let (watermarks, no_data) = Default::default();
            let cx = TaskContext {
                tick,
                before: None,
                watermarks,
                late_behind: Timestamp::MAX,
                no_data,
                task: 0,
                partitions: 1,
            };
            let mut tail = Scatter::<u64, u64>::open(&(), &cx);
            keys.for_each(|key| tail.push(key, 1));
            op.tick(&cx, &mut store, vec![tail.close()]).expect("it runs");
            let pieces = store.freeze(number == 0);
            pieces.into_iter().fold((0, 0), |(bytes, fulls), piece| {
                let mut out = Vec::new();
                piece.frozen.write(&mut out).expect("it can be written");
                (bytes + out.len(), fulls + usize::from(piece.full))
            })
        };
        let (all, _) = tick(0, 0..KEYS);
        assert_eq!(tick(1, 0..0), (0, 0));
        // A hundredth, without the keys, which are more than half of it. Two groups at most have come so far that they write
        // themselves in full.
        let (some, fulls) = tick(2, 0..KEYS / 100);
        assert!(
            some > all / 300 && some < all / 100 * 3 / 4 + fulls * all / 100,
            "{some} of {all}, {fulls} in full"
        );
        assert!(fulls <= 2, "{fulls}");
        assert_eq!(tick(3, 0..0), (0, 0));
    }
}
