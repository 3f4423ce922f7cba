//! What has been fetched and is not yet done with: chunks, by partition.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, MutexGuard, PoisonError};
use std::time::Duration;

use super::cluster::Place;
use super::message::Chunk;
use crate::BoxError;
use crate::sync::Mutex;
use crate::tick::Positions;

/// A partition of the stream.
pub(super) struct Lane {
    pub place: Place,
    pub topic: Arc<str>,
    /// Each begins where the one before it ends.
    chunks: VecDeque<Arc<Chunk>>,
    /// Where the next offer begins.
    pub next: u64,
    /// Where what is fetched ends.
    pub end: u64,
    /// Nothing from here on is offered.
    pub frozen: u64,
    /// What the chunks weigh; seen by the thread that fetches without a lock.
    pub weight: Arc<AtomicUsize>,
    /// How many offsets it may give by its rate.
    pub allowance: f64,
}

impl Lane {
    pub fn new(place: Place, start: u64, frozen: u64) -> Lane {
        Lane {
            topic: place.topic.as_str().into(),
            place,
            chunks: VecDeque::new(),
            next: start,
            end: start,
            frozen,
            weight: Arc::default(),
            allowance: 0.0,
        }
    }

    pub fn push(&mut self, chunk: Chunk) {
        self.end = chunk.end;
        self.weight.fetch_add(chunk.weight(), Ordering::Relaxed);
        self.chunks.push_back(Arc::new(chunk));
    }

    /// Forgets what lies before.
    pub fn release(&mut self, position: u64) {
        while let Some(first) = self.chunks.front().filter(|chunk| chunk.end <= position) {
            self.weight.fetch_sub(first.weight(), Ordering::Relaxed);
            self.chunks.pop_front();
        }
    }

    /// Whether anything may be offered.
    pub fn has_more(&self) -> bool {
        self.next < self.end.min(self.frozen)
    }

    /// Takes a piece of at most so many offsets and bytes; at least one message, if there is one and `records` is not 0.
    /// Says how many bytes it has.
    pub fn take(&mut self, records: u64, bytes: u64, at_least_one: bool) -> u64 {
        let start = self.next;
        let until = start.saturating_add(records).min(self.frozen);
        let mut taken = 0;
        if records == 0 || start >= self.frozen {
            return 0;
        }
        for chunk in &self.chunks {
            if chunk.end <= self.next {
                continue;
            }
            let first = at_least_one && self.next == start;
            let (end, weight) = chunk.cut(self.next, until, bytes.saturating_sub(taken), first);
            self.next = end.min(self.frozen);
            taken += weight;
            if self.next < chunk.end {
                break;
            }
        }
        taken
    }

    /// The chunks that hold a range, if all of it is here.
    pub fn chunks(&self, start: u64, end: u64) -> Option<Vec<Arc<Chunk>>> {
        let first = self.chunks.front()?;
        let last = self.chunks.back()?;
        if first.start > start || last.end < end {
            return None;
        }
        let within = |chunk: &&Arc<Chunk>| chunk.end > start && chunk.start < end;
        Some(self.chunks.iter().filter(within).map(Arc::clone).collect())
    }
}

/// What the reader and the threads that fetch share.
#[derive(Default)]
pub(super) struct Lanes {
    /// By number in the stream. Grows only.
    pub list: Vec<Lane>,
    pub failed: Option<BoxError>,
    pub closed: bool,
    /// Up to where committed ticks have read, if the group has not been told.
    pub done: Option<Positions>,
    /// Whoever fetches has something to look at.
    rung: bool,
}

#[derive(Default)]
pub(super) struct Shared {
    lanes: Mutex<Lanes>,
    bell: Condvar,
}

impl Shared {
    /// A thread that fetches and panics leaves what it had handed over.
    pub fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever fetches.
    pub fn ring(&self) {
        self.lock().rung = true;
        self.bell.notify_all();
    }

    pub fn ring_with(&self, mut lanes: MutexGuard<'_, Lanes>) {
        lanes.rung = true;
        drop(lanes);
        self.bell.notify_all();
    }

    /// Until the bell rings, but no longer than this.
    pub fn wait(&self, timeout: Duration) {
        let lanes = self.lock();
        let (mut lanes, _) = self
            .bell
            .wait_timeout_while(lanes, timeout, |lanes| !lanes.rung && !lanes.closed)
            .unwrap_or_else(PoisonError::into_inner);
        lanes.rung = false;
    }

    /// Until the source is closed, but no longer than this. Says whether it is.
    pub fn closes_within(&self, timeout: Duration) -> bool {
        let (lanes, _) = self
            .bell
            .wait_timeout_while(self.lock(), timeout, |lanes| !lanes.closed)
            .unwrap_or_else(PoisonError::into_inner);
        lanes.closed
    }
}
