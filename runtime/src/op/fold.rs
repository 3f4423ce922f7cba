//! `fold`: all records in order, or what the tasks folded.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use crate::batch::{Data, Rows};
use crate::exchange::{Folder, Reducer};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::{BoxError, blame};

/// `fold` of two operands.
pub(crate) struct Fold<T, A, F> {
    folder: Folder<A, F>,
    records: PhantomData<fn(T)>,
}

impl<T, A, F> Fold<T, A, F> {
    pub(crate) fn new(folder: Folder<A, F>) -> Self {
        Fold { folder, records: PhantomData }
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
        let folder = &self.folder;
        let init = blame::at(folder.function.node, || folder.init.clone());
        let records = inputs.into_iter().flatten().flat_map(open::<Vec<T>>);
        let folded = records.fold(init, |folded, record| folder.call(folded, record));
        Ok(Box::new(Rows::new(vec![folded])))
    }
}

/// `fold` of three operands: merges what the tasks folded.
pub(crate) struct Merge<A, F, C> {
    pub(crate) folder: Arc<Folder<A, F>>,
    pub(crate) combine: Reducer<C>,
}

impl<A, F, C> HeadOperator for Merge<A, F, C>
where
    A: Data + Clone + Sync,
    F: Send + Sync,
    C: Fn(A, A) -> A + Send + Sync,
{
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let folded = inputs.into_iter().flatten().filter_map(open::<Option<A>>);
        let merged = folded.reduce(|a, b| self.combine.call(a, b));
        let merged = merged.unwrap_or_else(|| blame::at(self.combine.node, || self.folder.init.clone()));
        Ok(Box::new(Rows::new(vec![merged])))
    }
}
