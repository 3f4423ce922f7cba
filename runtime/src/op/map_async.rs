//! `map_async`: a task's futures, so many at a time, polled on the task's own thread.
//!
//! They are not spawned on a runtime: so they may borrow from the environment, a panic is the operator's, and none is left
//! behind when the pipeline ends. The engine's runtime is entered while they are polled, so that timers and sockets of tokio
//! work; it is not asked to block, which it would refuse on a thread of another runtime (a test's, say).

use std::any::Any;
use std::marker::PhantomData;

use futures_util::stream::{self, StreamExt};
use millstream_plan::NodeId;

use super::all;
use crate::batch::{Data, Rows};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::wait::block_on;
use crate::{BoxError, blame};

/// How many records a [`map_async`](crate::dsl::Stream::map_async) waits for at a time, without keeping their order.
///
/// ```
/// use millstream::prelude::*;
///
/// let out = MemorySink::new();
/// let pipeline = stream! {
///     let n = source(queue([vec![1, 2, 3]]));
///     n.map_async(unordered(8), |n| async move { n * 10 }).sink(out.clone());
/// };
/// Engine::test().run(pipeline)?;
/// out.assert_batches_sorted([vec![10, 20, 30]]);
/// # millstream::Result::<()>::Ok(())
/// ```
pub fn unordered(limit: usize) -> Unordered {
    Unordered { limit }
}

/// Made by [`unordered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unordered {
    limit: usize,
}

/// How many at a time, and whether in order.
#[diagnostic::on_unimplemented(
    message = "`map_async` waits for a number of records at a time, not for `{Self}`",
    note = "write a `usize`, or `unordered(n)` to take results as they come"
)]
pub trait Limit {
    fn limit(&self) -> usize;
    fn in_order(&self) -> bool;
}

impl Limit for usize {
    fn limit(&self) -> usize {
        *self
    }
    fn in_order(&self) -> bool {
        true
    }
}

impl Limit for Unordered {
    fn limit(&self) -> usize {
        self.limit
    }
    fn in_order(&self) -> bool {
        false
    }
}

/// What the closure returns: any future.
#[diagnostic::on_unimplemented(
    message = "the closure of `map_async` returns a future, not `{Self}`",
    label = "this closure returns `{Self}`",
    note = "write `|x| async move {{ … }}`; what needs no waiting is `.map(|x| …)`"
)]
pub trait Awaited: Future<Output = Self::Value> {
    /// What it gives.
    type Value;
}
#[diagnostic::do_not_recommend]
impl<F: Future> Awaited for F {
    type Value = F::Output;
}

pub(crate) struct MapAsync<T, F> {
    pub(crate) node: NodeId,
    pub(crate) limit: usize,
    pub(crate) in_order: bool,
    pub(crate) function: F,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T, R, F> HeadOperator for MapAsync<T, F>
where
    T: Data,
    R: Awaited<Value: Data>,
    F: Fn(T) -> R + Send + Sync,
{
    fn waits(&self) -> bool {
        true
    }

    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let records: Vec<T> = all(inputs.into_iter().flatten().collect());
        let rows: Vec<R::Value> = blame::at(self.node, || {
            let futures = stream::iter(records).map(&self.function);
            if self.in_order {
                block_on(futures.buffered(self.limit).collect())
            } else {
                block_on(futures.buffer_unordered(self.limit).collect())
            }
        });
        Ok(Box::new(Rows::new(rows)))
    }
}
