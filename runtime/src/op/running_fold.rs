//! `running_fold`: all values of a key since the start, folded one after the other.

use std::any::Any;
use std::marker::PhantomData;

use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::Folding;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Kept, KeyStates, Marks, Schema, StateData, StateKey, Store};

pub(crate) struct RunningFold<K, V, A, F> {
    pub(crate) folding: Folding<A, F>,
    pub(crate) pairs: PhantomData<fn(K, V)>,
}

impl<K, V, A, F> HeadOperator for RunningFold<K, V, A, F>
where
    K: StateKey,
    V: Data,
    A: StateData + Sync,
    F: Fn(A, V) -> A + Send + Sync,
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
            for entry in chunks.into_iter().flatten() {
                let hash = entry.hash();
                let at = states
                    .find(hash, &entry.slot)
                    .unwrap_or_else(|| states.add(hash, entry.slot, Some(self.folding.init.clone())));
                if is_changed.set(at) {
                    changed.push(at);
                }
                let before = states.take(at);
                *states.state(at) = Some(self.folding.call(before, entry.value));
            }
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
