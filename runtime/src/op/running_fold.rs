//! `running_fold`: all values of a key since the start, folded one after the other. And `running_reduce` where it is exact.

use std::any::Any;
use std::marker::PhantomData;

use super::ahead;
use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Kept, KeyStates, Marks, Schema, StateData, StateKey, Store};

/// `fold` makes of a key's state, nothing at its first value, and of a value its next state.
pub(crate) struct RunningFold<K, V, A, F> {
    fold: F,
    types: PhantomData<fn(K, V) -> A>,
}

impl<K, V, A, F: Fn(Option<A>, V) -> A> RunningFold<K, V, A, F> {
    pub(crate) fn new(fold: F) -> Self {
        RunningFold { fold, types: PhantomData }
    }
}

impl<K, V, A, F> HeadOperator for RunningFold<K, V, A, F>
where
    K: StateKey,
    V: Data,
    A: StateData,
    F: Fn(Option<A>, V) -> A + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        let mut rows: Vec<(K, A)> = Vec::new();
        let (mut changed, mut is_changed) = (Vec::new(), Marks::default());
        for group in groups {
            let chunks = input.take(group);
            if chunks.is_empty() {
                continue;
            }
            let states = store.group::<KeyStates<K, A>>(group);
            ahead::each(states, chunks, |states, hash, at, entry| {
                let (at, before) = match at {
                    Some(at) => (at, Some(states.take(at))),
                    None => (states.add(hash, entry.slot, None), None),
                };
                if is_changed.set(at) {
                    changed.push(at);
                }
                *states.state(at) = Some((self.fold)(before, entry.value));
            });
            is_changed.clear_for(states.len());
            rows.extend(changed.drain(..).map(|at| (states.key(at), states.get(at).clone())));
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        GroupState::restore::<KeyStates<K, A>>(pieces)
    }

    fn schema(&self) -> Option<Schema> {
        Some(KeyStates::<K, A>::schema())
    }
}
