//! `queue`: given records, tick by tick.

mod sender;

use std::fmt;
use std::sync::{Arc, MutexGuard};

use self::sender::{Element, Feed};
pub use self::sender::{QueueClosed, QueueSender};
use super::{Offer, Reader, Source, SourceContext, SourceInfo, Total};
use crate::BoxError;
use crate::batch::Rows;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// Records from memory: each element of the queue is one tick's. Ends with the last one.
///
/// One partition, or [as many as you say](Queue::partitions); offsets count records. An element without records is a
/// tick without data; so that it can be told from no tick at all, it takes up one offset, with no record in it. An
/// element is read as a whole, whatever it holds: it is the limit on a tick.
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
/// Other threads add elements while it is read with a [`sender`](Queue::sender).
///
/// Spark's `queueStream`.
pub fn queue<T>(elements: impl IntoIterator<Item = impl IntoIterator<Item = T>>) -> Queue<T> {
    let feed = Feed::new();
    for records in elements {
        let records = records.into_iter().collect();
        feed.lock().push(records);
    }
    Queue { feed, one_at_a_time: true, partitions: None }
}

/// Made by [`queue`]. A clone has the same elements, and no senders.
pub struct Queue<T> {
    feed: Arc<Feed<T>>,
    one_at_a_time: bool,
    partitions: Option<usize>,
}

impl<T> Queue<T> {
    /// Cuts what a tick reads into `n` contiguous partitions of about equal length (0 counts as 1), each of them a task
    /// of its own, whatever the engine's number of partitions. Default: one partition, which the engine cuts as it sees
    /// fit.
    ///
    /// For tests of operators that show partitions, such as those that run once for each of them. A partition
    /// without records makes no task: an element of 3 records in 5 partitions gives 3.
    ///
    /// Spark's `parallelize(records, n)`.
    #[must_use]
    pub fn partitions(mut self, n: usize) -> Self {
        self.partitions = Some(n.max(1));
        self
    }

    /// `false`: a tick reads all the elements that wait, as Spark's `oneAtATime = false`. Default: `true`, an element a
    /// tick.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let out = MemorySink::new();
    /// let pipeline = stream! { source(queue([vec![1, 2], vec![3]]).one_at_a_time(false)).sink(out.clone()); };
    /// Engine::test().run(pipeline)?;
    /// assert_eq!(out.batches(), [[1, 2, 3]]);
    /// # millstream::Result::<()>::Ok(())
    /// ```
    #[must_use]
    pub fn one_at_a_time(mut self, one_at_a_time: bool) -> Self {
        self.one_at_a_time = one_at_a_time;
        self
    }

    /// A handle that adds elements while the queue is read, from any thread. The queue then ends when the last of
    /// its senders is dropped and all is read; and it can't be replayed, since what was pushed is gone after a restart.
    ///
    /// Nothing holds a sender up; so this is for tests, and for input that is small.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let numbers = queue([vec![1]]);
    /// let sender = numbers.sender();
    /// let out = MemorySink::new();
    /// let sink = out.clone();
    /// let job = Engine::local().trigger(Trigger::Eager).start(stream!(move { source(numbers).sink(sink); }))?;
    /// sender.push([2, 3])?;
    /// drop(sender);
    /// job.wait()?;
    /// assert_eq!(out.batches(), [vec![1], vec![2, 3]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Spark's custom `Receiver`, with `push` for `store`.
    pub fn sender(&self) -> QueueSender<T> {
        QueueSender::new(&self.feed)
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        let feed = Feed::new();
        {
            let (from, mut to) = (self.feed.lock(), feed.lock());
            (to.list, to.end) = (from.list.clone(), from.end);
        }
        Queue { feed, one_at_a_time: self.one_at_a_time, partitions: self.partitions }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue({} ticks)", self.feed.lock().list.len())
    }
}

impl<T: Clone + Send + Sync + 'static> Source for Queue<T> {
    type Batch = Rows<T>;

    fn info(&self) -> SourceInfo {
        let elements = self.feed.lock();
        let detail = match elements.list.len() {
            _ if elements.fed => "fed".to_string(),
            1 => "1 tick".to_string(),
            n => format!("{n} ticks"),
        };
        SourceInfo { name: "queue", detail, replayable: !elements.fed }
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Rows<T>>>, BoxError> {
        self.feed.lock().waker = Some(cx.waker.clone());
        Ok(Arc::new(QueueReader {
            feed: self.feed,
            one_at_a_time: self.one_at_a_time,
            partitions: self.partitions,
            place: Mutex::new(Place { next: 0, frozen: u64::MAX }),
        }))
    }
}

struct QueueReader<T> {
    feed: Arc<Feed<T>>,
    one_at_a_time: bool,
    partitions: Option<usize>,
    place: Mutex<Place>,
}

struct Place {
    /// The offset that the next offer starts at.
    next: u64,
    /// Nothing from here on is offered.
    frozen: u64,
}

impl<T> QueueReader<T> {
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().expect("nothing panics while this is locked")
    }
}

impl<T: Clone + Send + Sync + 'static> Reader for QueueReader<T> {
    type Batch = Rows<T>;

    /// Whole elements, whatever the limit.
    fn available(&self, _limit: u64) -> Result<Offer, BoxError> {
        let mut place = self.place();
        let elements = self.feed.lock();
        let there = elements.end.min(place.frozen);
        let end = match elements.from(place.next).next() {
            Some(element) if self.one_at_a_time => element.end().min(there),
            _ => there,
        };
        let (start, end) = (place.next, end.max(place.next));
        let partitions = self.partitions.unwrap_or(1) as u64;
        // Widened: it may be any number of partitions.
        let cut = |p: u64| start + (u128::from(end - start) * u128::from(p) / u128::from(partitions)) as u64;
        let parts =
            (0..partitions).map(|p| OffsetRange { partition: p as u32, start: cut(p), end: cut(p + 1) });
        let ranges = parts.filter(|range| !range.is_empty()).collect();
        place.next = end;
        let caught_up = place.next >= there;
        Ok(Offer {
            ranges,
            caught_up,
            ended: caught_up && elements.senders == 0 && there == elements.end,
            waiting: false,
        })
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<T>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let of_range: Vec<Element<T>> = {
            let elements = self.feed.lock();
            if range.end > elements.end {
                return Err(format!(
                    "the queue has {} offsets, but was to be read up to {}",
                    elements.end, range.end
                )
                .into());
            }
            let kept = elements.list.front().map_or(elements.end, |first| first.start);
            if range.start < kept {
                return Err(
                    format!("records before {kept} are gone, but {} was to be read", range.start).into()
                );
            }
            elements.from(range.start).take_while(|e| e.start < range.end).cloned().collect()
        };
        for Element { start, records } in of_range {
            let within = |offset: u64| {
                usize::try_from(offset.saturating_sub(start)).map_or(records.len(), |i| i.min(records.len()))
            };
            let records = &records[within(range.start)..within(range.end)];
            if !records.is_empty() {
                visit(&mut Rows::new(records.to_vec()))?;
            }
        }
        Ok(())
    }

    /// Records; an empty element counts as one. Not known while somebody may push.
    fn total(&self) -> Option<Total> {
        let place = self.place();
        let elements = self.feed.lock();
        let left = elements.end.min(place.frozen).saturating_sub(place.next);
        (elements.senders == 0).then_some(Total::Records(left))
    }

    fn a_task_a_range(&self) -> bool {
        self.partitions.is_some()
    }

    /// What was pushed is gone after a restart.
    fn drain(&self) -> bool {
        let mut elements = self.feed.lock();
        elements.closed = true;
        elements.fed
    }

    fn freeze(&self) {
        let mut place = self.place();
        place.frozen = self.feed.lock().end;
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        // All partitions count in the same offsets, and a tick reads on in all of them.
        let position = positions.values().copied().max().unwrap_or(0);
        let mut place = self.place();
        let mut elements = self.feed.lock();
        if elements.fed {
            // What was pushed before the restart is gone; the offsets go on, so that they never run backwards.
            let by = position.saturating_sub(place.next);
            elements.list.iter_mut().for_each(|element| element.start += by);
            elements.end += by;
            place.next += by;
            return Ok(());
        }
        if position > elements.end {
            return Err(format!(
                "the queue was read up to offset {position}, but now it ends at {}: start without the checkpoint, or \
                 with the same records",
                elements.end
            )
            .into());
        }
        place.next = position;
        Ok(())
    }

    /// What a queue had from the start is kept: a test may well read it again.
    fn release(&self, positions: &Positions) {
        let position = positions.values().copied().max().unwrap_or(0);
        let gone: Vec<_> = {
            let mut elements = self.feed.lock();
            let whole = if elements.fed { elements.list.partition_point(|e| e.end() <= position) } else { 0 };
            elements.list.drain(..whole).collect()
        };
        drop(gone); // outside the lock
    }

    fn close(&self) {
        self.feed.lock().closed = true;
    }
}

impl<T> Drop for QueueReader<T> {
    fn drop(&mut self) {
        self.feed.lock().closed = true;
    }
}

#[cfg(test)]
mod tests;
