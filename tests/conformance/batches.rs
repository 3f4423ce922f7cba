//! A queue that may have no batch for a tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use millstream::BoxError;
use millstream::batch::Rows;
use millstream::source::{Offer, Queue, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};

use crate::value::Value;

/// Spark's input streams may return no batch, which is another thing than an empty one. A source of Millstream has
/// one way to say so: an error, where it is asked.
#[derive(Clone)]
pub struct Batches {
    pub queue: Queue<Value>,
    /// The tick that has none.
    pub fails_at: Option<usize>,
}

impl Source for Batches {
    type Batch = Rows<Value>;

    fn info(&self) -> SourceInfo {
        self.queue.info()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Self::Batch>>, BoxError> {
        let queue = self.queue.open(cx)?;
        Ok(match self.fails_at {
            None => queue,
            Some(tick) => Arc::new(Failing { queue, left: AtomicUsize::new(tick) }),
        })
    }
}

struct Failing {
    queue: Arc<dyn Reader<Batch = Rows<Value>>>,
    left: AtomicUsize,
}

impl Reader for Failing {
    type Batch = Rows<Value>;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        if self.left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_err() {
            return Err("there is no batch for this tick".into());
        }
        // The queue has ended, but this source has not.
        Ok(Offer { caught_up: false, ended: false, ..self.queue.available(limit)? })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<Value>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.queue.read(range, visit)
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.queue.seek(positions)
    }
}
