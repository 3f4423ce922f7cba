//! A source, a sink and a state that tell where they are.

use std::sync::Arc;

use millstream::BoxError;
use millstream::batch::Batch;
use millstream::clock::Timestamp;
use millstream::sink::{Sink, SinkInfo};
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use millstream::tick::{OffsetRange, Positions, Tick};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::trap::{Phase, passes};

/// A source whose reads are a phase, and whose seeking is recovery.
pub struct WatchedSource<S>(pub S);

impl<S: Source> Source for WatchedSource<S> {
    type Batch = S::Batch;

    fn info(&self) -> SourceInfo {
        self.0.info()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = S::Batch>>, BoxError> {
        Ok(Arc::new(WatchedReader(self.0.open(cx)?)))
    }
}

struct WatchedReader<B>(Arc<dyn Reader<Batch = B>>);

impl<B: Batch> Reader for WatchedReader<B> {
    type Batch = B;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.0.available(limit)
    }
    fn at(&self, time: Timestamp) {
        self.0.at(time);
    }
    fn due(&self) -> Option<Timestamp> {
        self.0.due()
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut B) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        passes(Phase::Read);
        self.0.read(range, visit)
    }
    fn grain(&self) -> u64 {
        self.0.grain()
    }
    fn total(&self) -> Option<Total> {
        self.0.total()
    }
    fn a_task_a_range(&self) -> bool {
        self.0.a_task_a_range()
    }
    fn freeze(&self) {
        self.0.freeze();
    }
    fn journal(&self) -> Vec<u8> {
        self.0.journal()
    }
    fn memory(&self) -> Vec<u8> {
        self.0.memory()
    }
    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        passes(Phase::Recovery);
        self.0.recall(notes)
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        passes(Phase::Recovery);
        self.0.seek(positions)
    }
    fn release(&self, positions: &Positions) {
        self.0.release(positions);
    }
    fn drain(&self) -> bool {
        self.0.drain()
    }
    fn close(&self) {
        self.0.close();
    }
}

/// A sink whose steps are phases, and whose opening is recovery.
pub struct WatchedSink<S>(pub S);

impl<T, S: Sink<T>> Sink<T> for WatchedSink<S> {
    fn info(&self) -> SinkInfo {
        self.0.info()
    }

    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError> {
        passes(Phase::Recovery);
        self.0.open(epoch, last_tick)?;
        passes(Phase::Recovery);
        Ok(())
    }

    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.0.begin(tick)
    }

    fn write(&mut self, partition: usize, batch: Vec<T>) -> Result<(), BoxError> {
        self.0.write(partition, batch)?;
        passes(Phase::SinkWrite);
        Ok(())
    }

    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        passes(Phase::SinkWrite);
        self.0.commit(tick)?;
        passes(Phase::SinkCommitted);
        Ok(())
    }

    fn abort(&mut self, tick: &Tick) {
        self.0.abort(tick);
    }
}

/// A value whose writing is a phase, and whose reading. The sum of some depends on their order, where they are floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watched<T>(pub T);

impl<T: Serialize> Serialize for Watched<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        passes(Phase::Checkpoint);
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Watched<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Watched<T>, D::Error> {
        passes(Phase::Recovery);
        T::deserialize(deserializer).map(Watched)
    }
}

impl<T: std::ops::Add<Output = T>> std::ops::Add for Watched<T> {
    type Output = Watched<T>;
    fn add(self, other: Watched<T>) -> Watched<T> {
        Watched(self.0 + other.0)
    }
}
