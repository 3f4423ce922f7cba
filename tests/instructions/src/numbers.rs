//! A source that costs next to nothing, so that what is counted is the stage behind it: `from_iter` takes ten times as many instructions a
//! record as the loop.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use millstream::BoxError;
use millstream::batch::Batch;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};

/// The numbers up to `total`, an eighth of them a tick.
#[derive(Debug)]
pub struct Numbers {
    total: u64,
    next: Mutex<u64>,
}

impl Numbers {
    pub fn new(total: u64) -> Numbers {
        Numbers { total, next: Mutex::new(0) }
    }

    fn per_tick(&self) -> u64 {
        self.total.div_ceil(8)
    }
}

/// A range of numbers.
#[derive(Debug)]
pub struct NumberBatch(Range<u64>);

impl Batch for NumberBatch {
    type Item<'a> = u64;
    type Iter<'a> = Range<u64>;
    fn items(&mut self) -> Range<u64> {
        self.0.clone()
    }
}

impl Source for Numbers {
    type Batch = NumberBatch;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "numbers", detail: self.total.to_string(), replayable: true }
    }
    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = NumberBatch>>, BoxError> {
        Ok(Arc::new(self))
    }
}

impl Reader for Numbers {
    type Batch = NumberBatch;
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut next = self.next.lock().map_err(|e| e.to_string())?;
        let end = (*next + self.per_tick().min(limit)).min(self.total);
        let ranges = vec![OffsetRange { partition: 0, start: *next, end }];
        *next = end;
        let ended = end == self.total;
        Ok(Offer { ranges, caught_up: ended, ended, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut NumberBatch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        visit(&mut NumberBatch(range.start..range.end))
    }
    /// A tick is one piece for each of two tasks.
    fn grain(&self) -> u64 {
        self.per_tick().div_ceil(2)
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        *self.next.lock().map_err(|e| e.to_string())? = positions.get(&0).copied().unwrap_or(0);
        Ok(())
    }
}
