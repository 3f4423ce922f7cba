//! Queries of Nexmark over events in memory, ten thousand a second of event time; the sum of the marks of all results.

mod by_hand;
pub mod on_timely;
mod ours;

use std::collections::BTreeMap;
use std::ops::Range;
use std::slice;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream::BoxError;
use millstream::batch::Batch;
use millstream::prelude::*;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};
use millstream_examples::nexmark::{Event, Nexmark};

pub use by_hand::{q1_by_hand, q2_by_hand, q3_by_hand, q4_by_hand, q5_by_hand, q7_by_hand, q8_by_hand};
pub use ours::{q1, q2, q3, q4, q5, q7, q8};

/// How many events there are in a second.
const RATE: u64 = 10_000;
const PER_TICK: u64 = 100_000;
const OUT_OF_ORDER: Duration = secs(1);
/// The longest that an auction lasts at that rate.
const LONGEST_AUCTION: Duration = millis(340);

pub type Events = Arc<Vec<Event>>;

pub fn events(n: u64) -> Events {
    Arc::new(Nexmark::new(1).per_second(RATE).events(n).collect())
}

/// The events, which are only lent.
#[derive(Debug)]
struct Stored {
    events: Events,
    next: Mutex<u64>,
}

#[derive(Debug)]
struct StoredBatch {
    events: Events,
    range: Range<usize>,
}

impl Batch for StoredBatch {
    type Item<'a> = &'a Event;
    type Iter<'a> = slice::Iter<'a, Event>;
    fn items(&mut self) -> slice::Iter<'_, Event> {
        self.events[self.range.clone()].iter()
    }
}

impl Source for Stored {
    type Batch = StoredBatch;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "stored", detail: self.events.len().to_string(), replayable: true }
    }
    fn open(self, _: &SourceContext) -> Result<Arc<dyn Reader<Batch = StoredBatch>>, BoxError> {
        Ok(Arc::new(self))
    }
}

impl Reader for Stored {
    type Batch = StoredBatch;
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let total = self.events.len() as u64;
        let mut next = self.next.lock().map_err(|e| e.to_string())?;
        let end = (*next + PER_TICK.min(limit)).min(total);
        let ranges = vec![OffsetRange { partition: 0, start: *next, end }];
        *next = end;
        Ok(Offer { ranges, caught_up: end == total, ended: end == total, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut StoredBatch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let range = range.start as usize..range.end as usize;
        visit(&mut StoredBatch { events: Arc::clone(&self.events), range })
    }
    /// A tick is one piece for each of two threads.
    fn grain(&self) -> u64 {
        PER_TICK.div_ceil(2)
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        *self.next.lock().map_err(|e| e.to_string())? = positions.get(&0).copied().unwrap_or(0);
        Ok(())
    }
}

fn stored(events: &Events) -> Stored {
    Stored { events: Arc::clone(events), next: Mutex::new(0) }
}

/// What a result adds to the sum.
#[inline(always)]
fn mark(a: u64, b: u64, c: u64) -> u64 {
    (a ^ b.rotate_left(21) ^ c.rotate_left(42)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline(always)]
fn start(window: Window) -> u64 {
    window.start.millis() as u64
}

type Seller = (String, String, String);

fn mark_seller(seller: &Seller, auction: u64) -> u64 {
    mark(auction, seller.0.len() as u64, (seller.1.len() + 64 * seller.2.len()) as u64)
}

fn is_near(state: &str) -> bool {
    ["OR", "ID", "CA"].contains(&state)
}

/// The largest count of each window, and who has it.
type Hottest = BTreeMap<i64, (u32, Vec<u64>)>;

fn hotter(hottest: &mut (u32, Vec<u64>), count: u32, auction: u64) {
    if count > hottest.0 {
        *hottest = (count, Vec::new());
    }
    if count == hottest.0 {
        hottest.1.push(auction);
    }
}
