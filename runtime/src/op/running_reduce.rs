//! `running_reduce` and `running_count`: what the tasks of a tick combined, merged into the state.

use std::any::Any;
use std::marker::PhantomData;

use super::open;
use crate::BoxError;
use crate::batch::Rows;
use crate::exchange::{KeyTable, group_of};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::{GroupState, Kept, KeyStates, Schema, StateData, StateKey, Store};

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
        _: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut tables = inputs.into_iter().flatten().map(open::<KeyTable<K, V>>);
        let mut merged = tables.next().unwrap_or_default();
        for table in tables {
            merged.merge(table, &self.combine);
        }
        let mut rows: Vec<(K, V)> = Vec::with_capacity(merged.len());
        for (hash, slot, value) in merged.into_entries() {
            let states = store.group::<KeyStates<K, V>>(group_of(hash));
            let value = match states.find(hash, &slot) {
                Some(at) => {
                    let value = (self.combine)(states.take(at), value);
                    *states.state(at) = Some(value.clone());
                    value
                }
                None => {
                    states.add(hash, slot.clone(), Some(value.clone()));
                    value
                }
            };
            rows.push((K::from_slot(slot), value));
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
