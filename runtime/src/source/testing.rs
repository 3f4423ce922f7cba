//! What the tests of sources share.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use super::{Offer, Reader, SourceContext, Waker};
use crate::BoxError;
use crate::batch::Batch;
use crate::clock::{ManualClock, secs};
use crate::engine::Trigger;
use crate::tick::OffsetRange;

/// A driver's side: counts wake-ups, and keeps tokio alive.
pub(crate) struct Driver {
    wakes: Receiver<()>,
    /// The source's clock.
    pub(crate) clock: Arc<ManualClock>,
    _runtime: tokio::runtime::Runtime,
}

impl Driver {
    /// Waits until the source has called the waker once more.
    pub(crate) fn wait(&self) {
        self.wakes.recv().expect("the source can still wake");
    }

    /// Waits until the reader offers something or fails.
    pub(crate) fn next<B: Batch>(&self, reader: &dyn Reader<Batch = B>) -> Result<Offer, BoxError> {
        loop {
            let offer = reader.available(u64::MAX)?;
            if !offer.ranges.is_empty() || offer.ended {
                return Ok(offer);
            }
            self.wait();
        }
    }
}

pub(crate) fn context() -> (SourceContext, Driver) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the system has threads");
    let (sender, wakes) = channel();
    let waker = Waker::new(move || {
        let _ = sender.send(());
    });
    let clock = Arc::new(ManualClock::default());
    let trigger = Trigger::Interval(secs(1));
    let cx = SourceContext { runtime: runtime.handle().clone(), waker, clock: clock.clone(), trigger };
    (cx, Driver { wakes, clock, _runtime: runtime })
}

/// The records of a range, owned.
pub(crate) fn read<B, T>(
    reader: &dyn Reader<Batch = B>,
    range: OffsetRange,
    own: impl Fn(B::Item<'_>) -> T,
) -> Result<Vec<T>, BoxError>
where
    B: Batch,
{
    let mut records = Vec::new();
    reader.read(range, &mut |batch| {
        records.extend(batch.items().map(&own));
        batch.take_error().map_or(Ok(()), Err)
    })?;
    Ok(records)
}

/// The lines of the ranges, one after the other.
pub(crate) fn lines(
    reader: &Arc<dyn Reader<Batch = super::Lines>>,
    ranges: &[OffsetRange],
) -> Result<Vec<String>, BoxError> {
    let mut all = Vec::new();
    for range in ranges {
        all.extend(read(&**reader, *range, str::to_string)?);
    }
    Ok(all)
}
