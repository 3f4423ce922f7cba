//! The elements of a queue, and who adds to them while it is read.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, MutexGuard};

use crate::source::Waker;
use crate::sync::Mutex;

/// What a queue and its senders share.
pub(super) struct Feed<T>(Mutex<Elements<T>>);

pub(super) struct Elements<T> {
    /// Those that are not released, in order.
    pub list: VecDeque<Element<T>>,
    /// Where the next one will start.
    pub end: u64,
    pub senders: usize,
    /// It has had a sender: so it can't be replayed.
    pub fed: bool,
    pub closed: bool,
    pub waker: Option<Waker>,
}

pub(super) struct Element<T> {
    pub start: u64,
    pub records: Arc<Vec<T>>,
}

impl<T> Clone for Element<T> {
    fn clone(&self) -> Self {
        Element { start: self.start, records: Arc::clone(&self.records) }
    }
}

impl<T> Element<T> {
    /// An empty one takes up an offset too.
    pub fn end(&self) -> u64 {
        self.start + self.records.len().max(1) as u64
    }
}

impl<T> Feed<T> {
    pub fn new() -> Arc<Self> {
        let elements =
            Elements { list: VecDeque::new(), end: 0, senders: 0, fed: false, closed: false, waker: None };
        Arc::new(Feed(Mutex::new(elements)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Elements<T>> {
        self.0.lock().expect("nothing panics while this is locked")
    }
}

impl<T> Elements<T> {
    pub fn push(&mut self, records: Vec<T>) {
        let element = Element { start: self.end, records: Arc::new(records) };
        self.end = element.end();
        self.list.push_back(element);
    }

    /// The first element that ends behind `offset`, and those after it.
    pub fn from(&self, offset: u64) -> impl Iterator<Item = &Element<T>> {
        self.list.range(self.list.partition_point(|e| e.end() <= offset)..)
    }
}

/// Adds elements to a queue while a pipeline reads it, from any thread; made by [`Queue::sender`](super::Queue::sender).
/// When the last one is dropped, the queue ends with its last element.
pub struct QueueSender<T> {
    feed: Arc<Feed<T>>,
}

impl<T> QueueSender<T> {
    pub(super) fn new(feed: &Arc<Feed<T>>) -> Self {
        let mut elements = feed.lock();
        elements.senders += 1;
        elements.fed = true;
        QueueSender { feed: Arc::clone(feed) }
    }

    /// Adds an element. Never waits: elements that are not yet read are held in memory, however many.
    ///
    /// # Errors
    /// The pipeline has ended, so nobody would read it.
    pub fn push(&self, records: impl IntoIterator<Item = T>) -> Result<(), QueueClosed> {
        let records = records.into_iter().collect();
        let waker = {
            let mut elements = self.feed.lock();
            if elements.closed {
                return Err(QueueClosed);
            }
            elements.push(records);
            elements.waker.clone()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }
}

impl<T> Clone for QueueSender<T> {
    fn clone(&self) -> Self {
        QueueSender::new(&self.feed)
    }
}

impl<T> Drop for QueueSender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut elements = self.feed.lock();
            elements.senders -= 1;
            elements.waker.clone().filter(|_| elements.senders == 0)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> fmt::Debug for QueueSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueueSender")
    }
}

/// Nobody reads the queue any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the pipeline that read this queue has ended")]
pub struct QueueClosed;
