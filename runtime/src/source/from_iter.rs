//! `from_iter`: the records of an iterator.

use std::collections::VecDeque;
use std::fmt;
use std::iter::Peekable;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::record_bytes::record_bytes;
use super::text_files::MAX_BYTES_PER_TICK;
use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::batch::Rows;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// The records of an iterator, which may be infinite; ends with it.
///
/// The iterator is pulled on the driver's thread, as much as a tick needs and one record more; it should not
/// wait. Records are kept until the tick that reads them is done, and cloned when they are read. One partition;
/// offsets count records.
///
/// # Memory
/// A tick holds its records, and two ticks are in flight, each with what the pipeline makes of them. Defaults: 10,000
/// records a tick ([`max_records_per_tick`](FromIter::max_records_per_tick)) of 8 MiB together
/// ([`max_bytes_per_tick`](FromIter::max_bytes_per_tick)). A record that owns memory and is no text says how much with
/// [`record_bytes`](FromIter::record_bytes).
///
/// # Replay
/// After a restart the program makes the iterator anew, and the source skips what was read before. So it has to
/// give the same records each time.
///
/// ```
/// use millstream::source::{Source, from_iter};
///
/// let numbers = from_iter(1u64..).max_records_per_tick(1000);
/// assert!(numbers.info().replayable);
/// ```
///
/// Flink's `fromSequence` and `fromCollection`.
pub fn from_iter<I: IntoIterator>(records: I) -> FromIter<I::IntoIter> {
    FromIter {
        records: records.into_iter(),
        max_records_per_tick: 10_000,
        max_bytes_per_tick: MAX_BYTES_PER_TICK,
        record_bytes: None,
    }
}

/// Made by [`from_iter`].
pub struct FromIter<I: Iterator> {
    records: I,
    max_records_per_tick: u64,
    max_bytes_per_tick: u64,
    record_bytes: Option<Measure<I::Item>>,
}

type Measure<T> = Box<dyn Fn(&T) -> usize + Send + Sync>;

impl<I: Iterator> FromIter<I> {
    /// How many records a tick reads at most (0 counts as 1). Default: 10,000.
    #[must_use]
    pub fn max_records_per_tick(mut self, records: u64) -> Self {
        self.max_records_per_tick = records.max(1);
        self
    }

    /// How many bytes of memory a tick's records take at most, as far as that can be kept: a tick has one record at least.
    /// Default: 8 MiB.
    ///
    /// A record counts its size, and `String`, `Vec<u8>`, `Box<str>`, `Arc<str>`, `Cow<str>`, `Option<String>` and their
    /// kin of bytes also what they own. Others that own memory need [`record_bytes`](FromIter::record_bytes).
    #[must_use]
    pub fn max_bytes_per_tick(mut self, bytes: u64) -> Self {
        self.max_bytes_per_tick = bytes;
        self
    }

    /// How many bytes a record counts for the limit on bytes. Called once for each record, on the driver's thread.
    ///
    /// ```
    /// use millstream::source::from_iter;
    ///
    /// let rows = (1..).map(|n| (n, vec![0u64; n]));
    /// let source = from_iter(rows).record_bytes(|(_, row)| 32 + 8 * row.len());
    /// # let _ = source;
    /// ```
    #[must_use]
    pub fn record_bytes(mut self, bytes: impl Fn(&I::Item) -> usize + Send + Sync + 'static) -> Self {
        self.record_bytes = Some(Box::new(bytes));
        self
    }
}

impl<I: Iterator> fmt::Debug for FromIter<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("from_iter()")
    }
}

impl<I> Source for FromIter<I>
where
    I: Iterator<Item: Clone + Send + Sync + 'static> + Send + 'static,
{
    type Batch = Rows<I::Item>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "from_iter", detail: String::new(), replayable: true }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<I::Item>>>, BoxError> {
        let pulled = Pulled {
            records: self.records.peekable(),
            chunks: VecDeque::new(),
            end: 0,
            next: 0,
            measured: None,
            began: false,
        };
        Ok(Arc::new(IterReader {
            pulled: Mutex::new(pulled),
            max_records: self.max_records_per_tick,
            max_bytes: self.max_bytes_per_tick,
            record_bytes: self.record_bytes.unwrap_or_else(|| Box::new(record_bytes)),
        }))
    }
}

struct IterReader<I: Iterator> {
    pulled: Mutex<Pulled<I>>,
    max_records: u64,
    max_bytes: u64,
    record_bytes: Measure<I::Item>,
}

struct Pulled<I: Iterator> {
    records: Peekable<I>,
    /// What has been pulled and not released: offset of the first record, records.
    chunks: VecDeque<(u64, Arc<Vec<I::Item>>)>,
    /// How many records have been pulled (or skipped).
    end: u64,
    /// The offset that the next offer starts at.
    next: u64,
    /// The record that was too large for the tick before: its offset, and how many bytes it counts.
    measured: Option<(u64, u64)>,
    /// It has been told where to start.
    began: bool,
}

impl<I: Iterator> Pulled<I> {
    /// Pulls as far as the offset `to`, or to the iterator's end.
    fn pull(&mut self, to: u64) {
        let wanted = usize::try_from(to.saturating_sub(self.end)).unwrap_or(usize::MAX);
        let chunk: Vec<_> = self.records.by_ref().take(wanted).collect();
        if !chunk.is_empty() {
            let start = self.end;
            self.end += chunk.len() as u64;
            self.chunks.push_back((start, Arc::new(chunk)));
        }
    }

    /// Pulls what a tick from `next` on is to read, within the limits, and returns where that ends.
    fn pull_tick(&mut self, records: u64, bytes: u64, measure: &Measure<I::Item>) -> u64 {
        let (start, limit) = (self.next, self.next.saturating_add(records));
        let mut room = bytes;
        // Also of a record that is larger than all room, for the first one.
        let measured = &mut self.measured;
        let mut fits = |record: &I::Item, at: u64| {
            let bytes = match *measured {
                Some((known, bytes)) if known == at => bytes,
                _ => measure(record) as u64,
            };
            let fits = bytes <= room || at == start;
            room = room.saturating_sub(bytes);
            if !fits {
                *measured = Some((at, bytes));
            }
            fits
        };
        let mut end = start;
        // What has been pulled before, to read a logged tick again.
        for (first, chunk) in &self.chunks {
            let skip = usize::try_from(end.saturating_sub(*first)).unwrap_or(usize::MAX);
            for record in chunk.iter().skip(skip) {
                if end == limit || !fits(record, end) {
                    return end;
                }
                end += 1;
            }
        }
        let mut chunk = Vec::new();
        while end < limit {
            let at = end;
            let Some(record) = self.records.next_if(|record| fits(record, at)) else { break };
            chunk.push(record);
            end += 1;
        }
        if !chunk.is_empty() {
            self.chunks.push_back((self.end, Arc::new(chunk)));
            self.end = end;
        }
        end
    }
}

impl<I: Iterator> IterReader<I> {
    /// A panic of the iterator has already been reported when this is called again.
    fn pulled(&self) -> MutexGuard<'_, Pulled<I>> {
        self.pulled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_few(had: u64, wanted: u64) -> BoxError {
    format!(
        "the iterator of `from_iter` ended after {had} records, but record {wanted} was read before the restart: it \
         has to give the same records each time; if it can't, start without the checkpoint"
    )
    .into()
}

impl<I> Reader for IterReader<I>
where
    I: Iterator<Item: Clone + Send + Sync + 'static> + Send + 'static,
{
    type Batch = Rows<I::Item>;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut pulled = self.pulled();
        pulled.began = true;
        let start = pulled.next;
        pulled.pull(start);
        if pulled.end < start {
            return Err(too_few(pulled.end, start));
        }
        let end = pulled.pull_tick(self.max_records.min(limit).max(1), self.max_bytes, &self.record_bytes);
        pulled.next = end;
        let ended = end == pulled.end && pulled.records.peek().is_none();
        let range = OffsetRange { partition: 0, start, end };
        Ok(Offer {
            ranges: if range.is_empty() { vec![] } else { vec![range] },
            caught_up: ended,
            ended,
            waiting: false,
        })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<I::Item>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let chunks: Vec<_> = {
            let mut pulled = self.pulled();
            // After a restart ranges are read again before anything is offered.
            pulled.pull(range.end);
            if pulled.end < range.end {
                return Err(too_few(pulled.end, range.end));
            }
            let first = pulled.chunks.front().map_or(pulled.end, |chunk| chunk.0);
            if range.start < first {
                return Err(
                    format!("records before {first} are gone, but {} was to be read", range.start).into()
                );
            }
            let of_range = pulled
                .chunks
                .iter()
                .filter(|(start, records)| *start < range.end && range.start < start + records.len() as u64);
            of_range.cloned().collect()
        };
        for (start, records) in chunks {
            let within = |offset: u64| {
                usize::try_from(offset.saturating_sub(start)).map_or(records.len(), |i| i.min(records.len()))
            };
            visit(&mut Rows::new(records[within(range.start)..within(range.end)].to_vec()))?;
        }
        Ok(())
    }

    fn grain(&self) -> u64 {
        256
    }

    /// Known where the iterator's `size_hint` is exact.
    fn total(&self) -> Option<Total> {
        match self.pulled().records.size_hint() {
            (least, Some(most)) if least == most => Some(Total::Records(least as u64)),
            _ => None,
        }
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        let position = positions.get(&0).copied().unwrap_or(0);
        let mut pulled = self.pulled();
        if pulled.began {
            // From the checkpoint on to the end of the tick log, whose ticks may be read again: keep them.
            pulled.next = position;
            return Ok(());
        }
        pulled.began = true;
        while pulled.end < position {
            if pulled.records.next().is_none() {
                return Err(too_few(pulled.end, position));
            }
            pulled.end += 1;
        }
        pulled.next = position;
        Ok(())
    }

    fn release(&self, positions: &Positions) {
        let position = positions.get(&0).copied().unwrap_or(0);
        let gone: Vec<_> = {
            let mut pulled = self.pulled();
            let whole =
                pulled.chunks.partition_point(|(start, records)| start + records.len() as u64 <= position);
            pulled.chunks.drain(..whole).collect()
        };
        drop(gone); // outside the lock
    }
}

#[cfg(test)]
mod tests;
