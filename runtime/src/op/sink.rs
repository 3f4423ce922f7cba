//! `sink(S)`: a user's or a library's [`Sink`] as an outlet.

use std::marker::PhantomData;

use super::open;
use crate::BoxError;
use crate::batch::Data;
use crate::pipeline::{Bucket, Outlet};
use crate::sink::{Delivery, Sink};
use crate::tick::Tick;

pub(crate) struct ToSink<T, S> {
    pub(crate) sink: S,
    pub(crate) records: PhantomData<fn(T)>,
}

impl<T: Data, S: Sink<T>> Outlet for ToSink<T, S> {
    fn detail(&self) -> Option<String> {
        Some(self.sink.info().to_string())
    }
    fn delivery(&self) -> Delivery {
        self.sink.info().delivery
    }
    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        self.sink.open(epoch, last_tick)
    }
    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.sink.begin(tick)
    }
    fn write(&mut self, partition: usize, bucket: Bucket) -> Result<(), BoxError> {
        self.sink.write(partition, open(bucket))
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.sink.commit(tick)
    }
    fn abort(&mut self, tick: &Tick) {
        self.sink.abort(tick);
    }
    fn finish(&mut self) -> Result<(), BoxError> {
        self.sink.finish()
    }
}
