//! `chunks`: a task's records, as one.

use std::any::Any;
use std::marker::PhantomData;

use super::all;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct Chunks<T>(pub(crate) PhantomData<fn(T)>);

impl<T: Data> HeadOperator for Chunks<T> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let chunk: Vec<T> = all(inputs.into_iter().flatten().collect());
        Ok(Box::new(Rows::new(vec![chunk])))
    }
}
