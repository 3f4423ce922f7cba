//! `for_each_batch`: the user's closure, once a tick, on the driver.

use millstream_plan::NodeId;

use super::for_each::Outcome;
use super::open;
use crate::BoxError;
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, Outlet};
use crate::sink::Delivery;
use crate::tick::Tick;

/// Collects a tick's records and calls the closure at its commit, so that it sees a tick whole or not at all.
pub(crate) struct ForEachBatch<T, F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
    pub(crate) batch: Vec<T>,
}

impl<T: Data, R: Outcome, F: FnMut(Vec<T>, Tick) -> R + Send> Outlet for ForEachBatch<T, F> {
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
        self.batch.clear();
        Ok(())
    }
    fn write(&mut self, _partition: usize, bucket: Bucket) -> Result<(), BoxError> {
        let records = open::<Vec<T>>(bucket);
        if self.batch.is_empty() {
            self.batch = records;
        } else {
            self.batch.extend(records);
        }
        Ok(())
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        let batch = std::mem::take(&mut self.batch);
        blame::at(self.node, || (self.function)(batch, *tick)).into_result()
    }
    fn abort(&mut self, _tick: &Tick) {
        self.batch.clear();
    }
}
