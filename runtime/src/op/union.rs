//! `union` of streams of different heads: each task's records go on as they are.

use std::any::Any;
use std::marker::PhantomData;

use super::all;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

/// The same type, twice; the place where two types get their message.
#[diagnostic::on_unimplemented(
    message = "a union takes streams of the same records, but these are `{T}` and `{Self}`",
    label = "one stream's records are `{T}`, the other's `{Self}`",
    note = "bring both to one type first, with `.map(|x| …)`"
)]
pub trait SameRecords<T> {}
impl<T> SameRecords<T> for T {}

pub(crate) struct PassOn<T>(pub(crate) PhantomData<fn(T)>);

impl<T: Data> HeadOperator for PassOn<T> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let rows: Vec<T> = all(inputs.into_iter().flatten().collect());
        Ok(Box::new(Rows::new(rows)))
    }
}
