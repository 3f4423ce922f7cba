//! `transform`: the user's closure, once a tick, on one task.

use std::any::Any;
use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::all;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::tick::Tick;
use crate::{BoxError, blame};

pub(crate) struct Transform<T, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T, I, F> HeadOperator for Transform<T, F>
where
    T: Data,
    I: IntoIterator<Item: Data>,
    F: Fn(Vec<T>, Tick) -> I + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let batch: Vec<T> = all(inputs.into_iter().flatten().collect());
        let rows: Vec<I::Item> =
            blame::at(self.node, || (self.function)(batch, cx.tick).into_iter().collect());
        Ok(Box::new(Rows::new(rows)))
    }
}
