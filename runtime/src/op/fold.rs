//! `fold`: all records in order.

use std::any::Any;
use std::marker::PhantomData;

use super::open;
use crate::batch::{Data, Rows};
use crate::exchange::Folding;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::{BoxError, blame};

pub(crate) struct Fold<T, A, F> {
    folding: Folding<A, F>,
    records: PhantomData<fn(T)>,
}

impl<T, A, F> Fold<T, A, F> {
    pub(crate) fn new(folding: Folding<A, F>) -> Self {
        Fold { folding, records: PhantomData }
    }
}

impl<T, A, F> HeadOperator for Fold<T, A, F>
where
    T: Data,
    A: Data + Clone + Sync,
    F: Fn(A, T) -> A + Send + Sync,
{
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let folding = &self.folding;
        let init = blame::at(folding.function.node, || folding.init.clone());
        let records = inputs.into_iter().flatten().flat_map(open::<Vec<T>>);
        let folded = records.fold(init, |folded, record| folding.call(folded, record));
        Ok(Box::new(Rows::new(vec![folded])))
    }
}
