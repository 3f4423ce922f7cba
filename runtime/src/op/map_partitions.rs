//! `map_partitions`: the user's closure, once a task and tick.

use std::any::Any;
use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::all;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::{BoxError, blame};

pub(crate) struct MapPartitions<T, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T, I, F> HeadOperator for MapPartitions<T, F>
where
    T: Data,
    I: IntoIterator<Item: Data>,
    F: Fn(Vec<T>) -> I + Send + Sync,
{
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let records: Vec<T> = all(inputs.into_iter().flatten().collect());
        let rows: Vec<I::Item> = blame::at(self.node, || (self.function)(records).into_iter().collect());
        Ok(Box::new(Rows::new(rows)))
    }
}
