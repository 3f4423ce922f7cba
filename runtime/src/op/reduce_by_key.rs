//! `reduce_by_key` and `count_by_value`: merging the tasks' tables.

use std::any::Any;
use std::sync::Arc;

use super::merged;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::{KeyTable, Reducer};
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

/// Merges tables with a function of values.
pub(crate) struct MergeTables<K, V, C> {
    combine: C,
    types: std::marker::PhantomData<fn(K, V)>,
}

impl<K, V, C: Fn(V, V) -> V> MergeTables<K, V, C> {
    pub(crate) fn new(combine: C) -> Self {
        MergeTables { combine, types: std::marker::PhantomData }
    }
}

/// The function of a [`MergeTables`] that calls a user's reducer.
pub(crate) fn with_reducer<V, F: Fn(V, V) -> V>(reducer: Arc<Reducer<F>>) -> impl Fn(V, V) -> V {
    move |a, b| reducer.call(a, b)
}

impl<K: Key<Owned = K> + Data, V: Data, C: Fn(V, V) -> V + Send + Sync> HeadOperator
    for MergeTables<K, V, C>
{
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let merged: KeyTable<K, V> = merged(inputs, &self.combine);
        Ok(Box::new(Rows::new(merged.into_rows())))
    }
}
