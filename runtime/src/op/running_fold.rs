//! `running_fold`: all values of a key since the start, folded one after the other. And `running_reduce` where it is exact.

use std::any::Any;
use std::marker::PhantomData;

use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, KeyStates, StateData, StateKey, Store};

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
        let mut changed = Vec::new();
        for group in groups {
            let chunks = input.take(group);
            if chunks.is_empty() {
                continue;
            }
            let states = store.group::<KeyStates<K, A>>(group);
            states.begin(cx.tick.number);
            for entry in chunks.into_iter().flatten() {
                let hash = entry.hash();
                match states.find(hash, &entry.slot) {
                    Some(at) => {
                        if !states.is_changed(at) {
                            changed.push(at);
                        }
                        let before = states.take(at);
                        *states.state(at) = Some((self.fold)(Some(before), entry.value));
                    }
                    None => {
                        let first = (self.fold)(None, entry.value);
                        changed.push(states.add(hash, entry.slot, Some(first)));
                    }
                }
            }
            rows.extend(changed.drain(..).map(|at| (states.key(at), states.get(at).clone())));
        }
        Ok(Box::new(Rows::new(rows)))
    }

    fn restore(&self, bytes: &[u8]) -> Result<GroupState, BoxError> {
        GroupState::read::<KeyStates<K, A>>(bytes)
    }
}
