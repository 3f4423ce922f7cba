//! `queue`: given records, tick by tick.

use std::fmt;
use std::sync::Arc;

use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::batch::Rows;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// Records from memory: each element of the queue is one tick's. Ends with the last one.
///
/// One partition; offsets count records. An element without records is a tick without data; so that it can be
/// told from no tick at all, it takes up one offset, with no record in it.
///
/// Records are cloned when they are read, so the source can be replayed. `&'static str` does as a record:
///
/// ```
/// use millstream::source::{Source, queue};
///
/// let source = queue([vec!["a b a"], vec![], vec!["b", "c"]]);
/// assert_eq!(source.info().to_string(), "queue(3 ticks)");
/// ```
///
/// Spark's `queueStream`.
pub fn queue<T>(elements: impl IntoIterator<Item = impl IntoIterator<Item = T>>) -> Queue<T> {
    let mut elements: Vec<Element<T>> = elements
        .into_iter()
        .map(|records| Element { start: 0, records: records.into_iter().collect() })
        .collect();
    let mut next = 0;
    for element in &mut elements {
        element.start = next;
        next = element.end();
    }
    Queue { elements }
}

/// Made by [`queue`].
#[derive(Clone)]
pub struct Queue<T> {
    elements: Vec<Element<T>>,
}

#[derive(Clone)]
struct Element<T> {
    start: u64,
    records: Vec<T>,
}

impl<T> Element<T> {
    fn end(&self) -> u64 {
        self.start + self.records.len().max(1) as u64
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue({} ticks)", self.elements.len())
    }
}

impl<T: Clone + Send + Sync + 'static> Source for Queue<T> {
    type Batch = Rows<T>;

    fn info(&self) -> SourceInfo {
        let n = self.elements.len();
        let detail = if n == 1 { "1 tick".to_string() } else { format!("{n} ticks") };
        SourceInfo { name: "queue", detail, replayable: true }
    }

    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<T>>>, BoxError> {
        Ok(Arc::new(QueueReader { elements: self.elements, next: Mutex::new(0) }))
    }
}

struct QueueReader<T> {
    elements: Vec<Element<T>>,
    /// The offset that the next offer starts at.
    next: Mutex<u64>,
}

impl<T> QueueReader<T> {
    fn end(&self) -> u64 {
        self.elements.last().map_or(0, Element::end)
    }

    /// The index of the first element that ends behind `offset`.
    fn element_at(&self, offset: u64) -> usize {
        self.elements.partition_point(|e| e.end() <= offset)
    }
}

impl<T: Clone + Send + Sync + 'static> Reader for QueueReader<T> {
    type Batch = Rows<T>;

    /// An element is a tick, whatever the limit.
    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let mut next = self.next.lock().expect("nothing panics while this is locked");
        let mut ranges = Vec::new();
        if let Some(element) = self.elements.get(self.element_at(*next)) {
            ranges.push(OffsetRange { partition: 0, start: *next, end: element.end() });
            *next = element.end();
        }
        let ended = *next == self.end();
        Ok(Offer { ranges, caught_up: ended, ended, waiting: false })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<T>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        if range.end > self.end() {
            return Err(format!(
                "the queue has {} offsets, but was to be read up to {}",
                self.end(),
                range.end
            )
            .into());
        }
        // A range lies within one element, unless someone joined several.
        for element in &self.elements[self.element_at(range.start)..] {
            if element.start >= range.end {
                break;
            }
            let within = |offset: u64| {
                usize::try_from(offset.saturating_sub(element.start))
                    .map_or(element.records.len(), |i| i.min(element.records.len()))
            };
            let records = &element.records[within(range.start)..within(range.end)];
            if !records.is_empty() {
                visit(&mut Rows::new(records.to_vec()))?;
            }
        }
        Ok(())
    }

    /// Records; an empty element counts as one.
    fn total(&self) -> Option<Total> {
        let next = *self.next.lock().expect("nothing panics while this is locked");
        Some(Total::Records(self.end().saturating_sub(next)))
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        let position = positions.get(&0).copied().unwrap_or(0);
        if position > self.end() {
            return Err(format!(
                "the queue was read up to offset {position}, but now it ends at {}: start without the checkpoint, or \
                 with the same records",
                self.end()
            )
            .into());
        }
        *self.next.lock().expect("nothing panics while this is locked") = position;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, read};
    use super::*;

    fn part(start: u64, end: u64) -> OffsetRange {
        OffsetRange { partition: 0, start, end }
    }

    fn open<T: Clone + Send + Sync + 'static>(source: Queue<T>) -> Arc<dyn Reader<Batch = Rows<T>>> {
        source.open(&context().0).expect("it opens")
    }

    #[test]
    fn each_element_is_an_offer() {
        let reader = open(queue([vec!["a b a", "c"], vec!["b"]]));
        let first = reader.available(u64::MAX).expect("fine");
        assert_eq!(first, Offer { ranges: vec![part(0, 2)], caught_up: false, ended: false, waiting: false });
        let second = reader.available(u64::MAX).expect("fine");
        assert_eq!(second, Offer { ranges: vec![part(2, 3)], caught_up: true, ended: true, waiting: false });
        assert_eq!(read(&*reader, part(0, 2), str::len).expect("fine"), [5, 1]);
        assert_eq!(read(&*reader, part(2, 3), str::len).expect("fine"), [1]);
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
        );
    }

    #[test]
    fn an_empty_element_is_an_offer_without_records() {
        let reader = open(queue([vec![], vec![7], vec![]]));
        let offers: Vec<Offer> = (0..3).map(|_| reader.available(u64::MAX).expect("fine")).collect();
        assert_eq!(
            offers,
            [
                Offer { ranges: vec![part(0, 1)], caught_up: false, ended: false, waiting: false },
                Offer { ranges: vec![part(1, 2)], caught_up: false, ended: false, waiting: false },
                Offer { ranges: vec![part(2, 3)], caught_up: true, ended: true, waiting: false },
            ]
        );
        let records: Vec<_> =
            offers.iter().map(|o| read(&*reader, o.ranges[0], |n| n).expect("fine")).collect();
        assert_eq!(records, [vec![], vec![7], vec![]]);
    }

    #[test]
    fn a_queue_without_elements_has_ended() {
        let reader = open(queue(Vec::<Vec<u8>>::new()));
        assert_eq!(
            reader.available(u64::MAX).expect("fine"),
            Offer { ranges: vec![], caught_up: true, ended: true, waiting: false }
        );
    }

    #[test]
    fn any_range_can_be_read_again_in_any_order() {
        let reader = open(queue([vec![0, 1, 2], vec![], vec![3, 4]]));
        for (range, records) in
            [(part(1, 2), vec![1]), (part(5, 6), vec![4]), (part(2, 5), vec![2, 3]), (part(1, 2), vec![1])]
        {
            assert_eq!(read(&*reader, range, |n| n).expect("fine"), records);
        }
        assert!(reader.read(part(5, 7), &mut |_| Ok(())).is_err());
    }

    #[test]
    fn it_goes_on_where_seek_says_also_within_an_element_and_behind_an_empty_one() {
        for (position, next) in [(1, part(1, 3)), (3, part(3, 4)), (4, part(4, 6))] {
            let reader = open(queue([vec![0, 1, 2], vec![], vec![3, 4]]));
            reader.seek(&[(0, position)].into()).expect("it is there");
            assert_eq!(reader.available(u64::MAX).expect("fine").ranges, [next]);
        }
        assert!(open(queue([vec![0]])).seek(&[(0, 2)].into()).is_err());
    }
}
