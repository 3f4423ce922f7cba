//! `reduce`: what the tasks found, to one; where it is exact, their records.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::Reducer;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct Reduce<T, F> {
    reducer: Arc<Reducer<F>>,
    records: PhantomData<fn(T)>,
}

impl<T, F> Reduce<T, F> {
    pub(crate) fn new(reducer: Arc<Reducer<F>>) -> Self {
        Reduce { reducer, records: PhantomData }
    }
}

impl<T: Data, F: Fn(T, T) -> T + Send + Sync> HeadOperator for Reduce<T, F> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let found = inputs.into_iter().flatten().filter_map(open::<Option<T>>);
        let reduced = found.reduce(|a, b| self.reducer.call(a, b));
        Ok(Box::new(Rows::new(Vec::from_iter(reduced))))
    }
}

/// All records in order.
pub(crate) struct ReduceInOrder<T, F> {
    reducer: Reducer<F>,
    records: PhantomData<fn(T)>,
}

impl<T, F> ReduceInOrder<T, F> {
    pub(crate) fn new(reducer: Reducer<F>) -> Self {
        ReduceInOrder { reducer, records: PhantomData }
    }
}

impl<T: Data, F: Fn(T, T) -> T + Send + Sync> HeadOperator for ReduceInOrder<T, F> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let records = inputs.into_iter().flatten().flat_map(open::<Vec<T>>);
        let reduced = records.reduce(|a, b| self.reducer.call(a, b));
        Ok(Box::new(Rows::new(Vec::from_iter(reduced))))
    }
}
