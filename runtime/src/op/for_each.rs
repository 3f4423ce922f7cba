//! `for_each`: the user's closure, once a record, on the driver.

use std::marker::PhantomData;

use millstream_plan::NodeId;

use super::open;
use crate::BoxError;
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, Outlet};
use crate::sink::Delivery;
use crate::tick::Tick;

/// What an output's closure may return: nothing, or a `Result` whose error stops the pipeline.
#[diagnostic::on_unimplemented(
    message = "an output's closure returns nothing or a `Result<(), E>`, not `{Self}`",
    note = "end its body with `;`, or with `Ok(())` if it uses `?`"
)]
pub trait Outcome {
    fn into_result(self) -> Result<(), BoxError>;
}

impl Outcome for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Outcome for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A closure that never returns (`todo!()`, or one that always panics) is fine too. Stable Rust has a name for its type
/// only by this way round.
impl Outcome for <fn() -> ! as Returns>::Output {
    fn into_result(self) -> Result<(), BoxError> {
        self
    }
}

/// What a function returns.
#[doc(hidden)]
pub trait Returns {
    type Output;
}

impl<R> Returns for fn() -> R {
    type Output = R;
}

pub(crate) struct ForEach<T, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T: Data, R: Outcome, F: FnMut(T) -> R + Send> Outlet for ForEach<T, F> {
    fn detail(&self) -> Option<String> {
        None
    }
    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }
    fn open(&mut self, _epoch: u64, _last_tick: Option<u64>) -> Result<(), BoxError> {
        Ok(())
    }
    fn begin(&mut self, _tick: &Tick) -> Result<(), BoxError> {
        Ok(())
    }
    fn write(&mut self, _partition: usize, bucket: Bucket) -> Result<(), BoxError> {
        for record in open::<Vec<T>>(bucket) {
            blame::at(self.node, || (self.function)(record)).into_result()?;
        }
        Ok(())
    }
    fn commit(&mut self, _tick: &Tick) -> Result<(), BoxError> {
        Ok(())
    }
    fn abort(&mut self, _tick: &Tick) {}
}
