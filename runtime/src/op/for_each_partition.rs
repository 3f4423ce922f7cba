//! `for_each_partition`: its closure has run at the end of each task; what it returned is looked at on the driver.

use super::open;
use crate::BoxError;
use crate::exchange::Went;
use crate::pipeline::{Bucket, Outlet};
use crate::sink::Delivery;
use crate::tick::Tick;

pub(crate) struct ForEachPartition;

impl Outlet for ForEachPartition {
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
        open::<Went>(bucket)
    }
    fn commit(&mut self, _tick: &Tick) -> Result<(), BoxError> {
        Ok(())
    }
    fn abort(&mut self, _tick: &Tick) {}
}
