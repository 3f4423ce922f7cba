//! `from_iter`: the records of an iterator.

use std::collections::VecDeque;
use std::fmt;
use std::iter::Peekable;
use std::sync::{Arc, MutexGuard, PoisonError};

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
/// A tick holds its records: their number times the size of one, with all that it owns; and two ticks are in flight, each
/// with what the pipeline makes of them. So for records of 10 kB set a limit of fewer
/// ([`max_records_per_tick`](FromIter::max_records_per_tick)). Default: 10,000 records a tick.
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
    FromIter { records: records.into_iter(), max_records_per_tick: 10_000 }
}

/// Made by [`from_iter`].
pub struct FromIter<I> {
    records: I,
    max_records_per_tick: usize,
}

impl<I> FromIter<I> {
    /// How many records a tick reads at most (0 counts as 1). Default: 10,000.
    #[must_use]
    pub fn max_records_per_tick(mut self, records: usize) -> Self {
        self.max_records_per_tick = records.max(1);
        self
    }
}

impl<I> fmt::Debug for FromIter<I> {
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
            began: false,
        };
        Ok(Arc::new(IterReader { pulled: Mutex::new(pulled), max: self.max_records_per_tick as u64 }))
    }
}

struct IterReader<I: Iterator> {
    pulled: Mutex<Pulled<I>>,
    max: u64,
}

struct Pulled<I: Iterator> {
    records: Peekable<I>,
    /// What has been pulled and not released: offset of the first record, records.
    chunks: VecDeque<(u64, Arc<Vec<I::Item>>)>,
    /// How many records have been pulled (or skipped).
    end: u64,
    /// The offset that the next offer starts at.
    next: u64,
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
        let limit = start.saturating_add(self.max.min(limit).max(1));
        pulled.pull(limit);
        let end = pulled.end.min(limit);
        if end < start {
            return Err(too_few(end, start));
        }
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
mod tests {
    use super::super::testing::{context, read};
    use super::*;

    fn part(start: u64, end: u64) -> OffsetRange {
        OffsetRange { partition: 0, start, end }
    }

    fn open<I>(source: FromIter<I>) -> Arc<dyn Reader<Batch = Rows<I::Item>>>
    where
        I: Iterator<Item: Clone + Send + Sync + 'static> + Send + 'static,
    {
        source.open(&context().0).expect("it opens")
    }

    #[test]
    fn a_tick_keeps_to_the_limit_and_the_last_one_says_so() {
        let reader = open(from_iter(["a", "b", "c", "d"]).max_records_per_tick(2));
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![part(0, 2)], caught_up: false, ended: false, waiting: false }
        );
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![part(2, 4)], caught_up: true, ended: true, waiting: false }
        );
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
        );
        assert_eq!(read(&*reader, part(1, 3), |s| s).expect("fine"), ["b", "c"]);
    }

    #[test]
    fn an_infinite_iterator_is_pulled_as_needed() {
        let (pulled, pulls) = std::sync::mpsc::channel();
        let numbers = (0u64..).inspect(move |n| pulled.send(*n).expect("it is heard"));
        let reader = open(from_iter(numbers).max_records_per_tick(3));
        assert_eq!(pulls.try_iter().count(), 0);
        assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(0, 3)]);
        assert_eq!(pulls.try_iter().count(), 4);
        assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(3, 6)]);
        assert_eq!(pulls.try_iter().count(), 3);
    }

    #[test]
    fn an_empty_iterator_has_ended() {
        let reader = open(from_iter(Vec::<u8>::new()));
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
        );
    }

    #[test]
    fn ranges_are_read_again_in_any_order_until_they_are_released() {
        let reader = open(from_iter(0..10).max_records_per_tick(4));
        let _offers: Vec<_> = (0..3).map(|_| reader.available(u64::MAX).expect("fine")).collect();
        for range in [part(8, 10), part(2, 5), part(0, 4), part(2, 5)] {
            let expected: Vec<i32> = (range.start as i32..range.end as i32).collect();
            assert_eq!(read(&*reader, range, |n| n).expect("fine"), expected);
        }
        reader.release(&[(0, 4)].into());
        assert_eq!(read(&*reader, part(4, 5), |n| n).expect("fine"), [4]);
        let gone = reader.read(part(3, 5), &mut |_| Ok(())).expect_err("it is gone").to_string();
        assert_eq!(gone, "records before 4 are gone, but 3 was to be read");
    }

    #[test]
    fn after_a_restart_it_skips_what_was_read_and_reads_logged_ticks_again() {
        let reader = open(from_iter(0..10).max_records_per_tick(4));
        reader.seek(&[(0, 3)].into()).expect("it has as many");
        assert_eq!(read(&*reader, part(3, 6), |n| n).expect("fine"), [3, 4, 5]);
        reader.seek(&[(0, 6)].into()).expect("it has as many");
        assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [part(6, 10)]);
        assert_eq!(read(&*reader, part(3, 6), |n| n).expect("fine"), [3, 4, 5]);
    }

    #[test]
    fn an_iterator_that_gives_less_than_before_is_an_error_that_says_why() {
        let error = open(from_iter(0..2)).seek(&[(0, 3)].into()).expect_err("it is too short").to_string();
        assert!(error.contains("ended after 2 records, but record 3 was read before the restart"), "{error}");
    }
}
