//! Sources without their types: what an engine holds.

use std::any::Any;
use std::sync::Arc;

use super::{Offer, Reader, Source, SourceContext, Total};
use crate::BoxError;
use crate::batch::Batch;
use crate::clock::Timestamp;
use crate::pipeline::{ErasedReader, ErasedSource};
use crate::tick::{OffsetRange, Positions};

/// Forgets the type of a source. Each batch is handed to the visitor as `&mut S::Batch`; what its `take_error`
/// says after that ends the read.
pub(crate) fn erase<S: Source>(source: S) -> Box<dyn ErasedSource> {
    Box::new(Erased(source))
}

struct Erased<S>(S);

impl<S: Source> ErasedSource for Erased<S> {
    fn open(self: Box<Self>, cx: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError> {
        Ok(Arc::new(Opened(self.0.open(cx)?)))
    }
}

struct Opened<B>(Arc<dyn Reader<Batch = B>>);

impl<B: Batch> ErasedReader for Opened<B> {
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
        visit: &mut dyn FnMut(&mut dyn Any) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.0.read(range, &mut |batch| {
            visit(batch)?;
            batch.take_error().map_or(Ok(()), Err)
        })
    }

    fn finished(&self) -> Vec<u32> {
        self.0.finished()
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
        self.0.recall(notes)
    }

    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        self.0.write_ahead(range)
    }

    fn read_back(&self, range: OffsetRange, bytes: Vec<u8>) -> Result<(), BoxError> {
        self.0.read_back(range, bytes)
    }

    fn drain(&self) -> bool {
        self.0.drain()
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

#[cfg(test)]
mod tests {
    use super::super::testing::context;
    use super::super::{Lines, text_files};
    use super::*;

    #[test]
    fn an_error_of_the_batch_ends_the_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bad.txt");
        std::fs::write(&path, b"ok\n\xff\n").expect("it can be written");
        let reader = erase(text_files(path)).open(&context().0).expect("it opens");
        let range = reader.available(u64::MAX).expect("it is there").ranges[0];
        let result = reader.read(range, &mut |batch| {
            let lines = batch.downcast_mut::<Lines>().expect("that is its type");
            assert_eq!(lines.items().count(), 0);
            Ok(())
        });
        assert!(result.expect_err("it is invalid").to_string().contains("bad.txt` is not UTF-8"));
    }
}
