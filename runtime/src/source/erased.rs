//! Sources with their batches erased, for the engine.

use std::any::Any;
use std::sync::Arc;

use super::{Offer, Reader, Source, SourceContext};
use crate::BoxError;
use crate::batch::Batch;
use crate::pipeline::{ErasedReader, ErasedSource};
use crate::tick::{OffsetRange, Positions};

struct Erased<S>(S);
struct ErasedRead<B>(Arc<dyn Reader<Batch = B>>);

pub(crate) fn erase<S: Source>(source: S) -> Box<dyn ErasedSource> {
    Box::new(Erased(source))
}

impl<S: Source> ErasedSource for Erased<S> {
    fn open(self: Box<Self>, cx: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError> {
        Ok(Arc::new(ErasedRead(self.0.open(cx)?)))
    }
}

impl<B: Batch> ErasedReader for ErasedRead<B> {
    fn available(&self) -> Result<Offer, BoxError> {
        self.0.available()
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut dyn Any) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.0.read(range, &mut |batch| visit(batch))
    }
    fn grain(&self) -> u64 {
        self.0.grain()
    }
    fn freeze(&self) {
        self.0.freeze();
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.0.seek(positions)
    }
    fn release(&self, positions: &Positions) {
        self.0.release(positions);
    }
    fn close(&self) {
        self.0.close();
    }
}
