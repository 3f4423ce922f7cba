//! `running_reduce` and `running_count`: what the tasks of a tick combined, merged into the state.

use std::any::Any;
use std::marker::PhantomData;

use super::ahead;
use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::Rows;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Kept, KeyStates, Marks, Schema, StateData, StateKey, Store};

pub(crate) struct RunningReduce<K, V, C> {
    combine: C,
    types: PhantomData<fn(K, V)>,
}

impl<K, V, C: Fn(V, V) -> V> RunningReduce<K, V, C> {
    pub(crate) fn new(combine: C) -> Self {
        RunningReduce { combine, types: PhantomData }
    }
}

impl<K: StateKey, V: StateData, C: Fn(V, V) -> V + Send + Sync> HeadOperator for RunningReduce<K, V, C> {
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<(K, V)> = Vec::new();
        // Of the group at hand: the places that were changed, in the order in which they were.
        let (mut changed, mut is_changed) = (Vec::new(), Marks::default());
        for group in groups {
            let chunks = input.take(group);
            if chunks.is_empty() {
                continue;
            }
            let states = store.group::<KeyStates<K, V>>(group);
            ahead::each(states, chunks, |states, hash, at, entry| {
                let at = match at {
                    Some(at) => {
                        let state = states.state(at);
                        *state = state.take().map(|before| (self.combine)(before, entry.value));
                        at
                    }
                    None => states.add(hash, entry.slot, Some(entry.value)),
                };
                if is_changed.set(at) {
                    changed.push(at);
                }
            });
            is_changed.clear_for(states.len());
            rows.extend(changed.drain(..).map(|at| (states.key(at), states.get(at).clone())));
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, V>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(KeyStates::<K, V>::schema())
    }
}
