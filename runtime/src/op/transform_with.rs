//! `transform_with`: the user's closure, once a tick, with the records of two streams.

use std::any::Any;
use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::all;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::tick::Tick;
use crate::{BoxError, blame};

pub(crate) struct TransformWith<T, U, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) records: PhantomData<fn(T, U)>,
}

impl<T, U, I, F> HeadOperator for TransformWith<T, U, F>
where
    T: Data,
    U: Data,
    I: IntoIterator<Item: Data>,
    F: Fn(Vec<T>, Vec<U>, Tick) -> I + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut inputs = inputs.into_iter();
        let first: Vec<T> = inputs.next().map(all).unwrap_or_default();
        let second: Vec<U> = inputs.next().map(all).unwrap_or_default();
        let rows: Vec<I::Item> =
            blame::at(self.node, || (self.function)(first, second, cx.tick).into_iter().collect());
        Ok(Box::new(Rows::new(rows)))
    }
}
