//! The open-loop generator: a thread that offers records when their time has come, and a source that reads what was offered.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use millstream::BoxError;
use millstream::batch::Batch;
use millstream::source::{Offer, Reader, Source, SourceContext, SourceInfo, Waker};
use millstream::tick::{OffsetRange, Positions};

use super::{histogram, nanos};
use crate::joins::mix;

/// How many words there are.
pub const KEYS: u64 = 1000;
/// The generator sleeps at least so long, so that its wake-ups don't cost more than the pipeline.
const PAUSE: Duration = Duration::from_micros(100);

/// When each record arrives: record `n` at `n / rate` seconds.
#[derive(Debug)]
pub struct Schedule {
    rate: u64,
    total: u64,
    started: OnceLock<Instant>,
}

impl Schedule {
    pub fn new(rate: u64, time: Duration) -> Schedule {
        let total = (rate as f64 * time.as_secs_f64()) as u64;
        Schedule { rate, total, started: OnceLock::new() }
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// Since the first arrival.
    pub fn elapsed(&self) -> Duration {
        self.started.get_or_init(Instant::now).elapsed()
    }

    /// When a record is to arrive, since the first.
    #[inline]
    pub fn arrival(&self, number: u64) -> Duration {
        Duration::new(number / self.rate, (number % self.rate * 1_000_000_000 / self.rate) as u32)
    }

    /// How many records are to have arrived by then.
    pub fn due(&self, since: Duration) -> u64 {
        let due = since.as_nanos() * u128::from(self.rate) / 1_000_000_000;
        u64::try_from(due).unwrap_or(u64::MAX).saturating_add(1).min(self.total)
    }
}

/// Words that arrive by a [`Schedule`], each with the number of its record. They can be read again.
#[derive(Debug)]
pub struct Arrivals {
    schedule: Arc<Schedule>,
    lag: Arc<Mutex<Histogram<u64>>>,
}

impl Arrivals {
    pub fn new(schedule: Arc<Schedule>) -> Arrivals {
        Arrivals { schedule, lag: Arc::new(Mutex::new(histogram())) }
    }

    /// By how much the generator was late.
    pub fn lag(&self) -> Arc<Mutex<Histogram<u64>>> {
        Arc::clone(&self.lag)
    }
}

#[derive(Debug)]
struct Shared {
    schedule: Arc<Schedule>,
    offered: AtomicU64,
    closed: AtomicBool,
}

#[derive(Debug)]
struct ArrivalsReader {
    shared: Arc<Shared>,
    next: AtomicU64,
    words: Arc<[String]>,
}

/// A run of records.
#[derive(Debug)]
pub struct ArrivalBatch {
    words: Arc<[String]>,
    range: Range<u64>,
}

impl Batch for ArrivalBatch {
    type Item<'a> = (&'a str, u64);
    type Iter<'a> = Words<'a>;
    fn items(&mut self) -> Words<'_> {
        Words { words: &self.words, range: self.range.clone() }
    }
}

#[derive(Debug)]
pub struct Words<'a> {
    words: &'a [String],
    range: Range<u64>,
}

impl<'a> Iterator for Words<'a> {
    type Item = (&'a str, u64);
    fn next(&mut self) -> Option<(&'a str, u64)> {
        let number = self.range.next()?;
        Some((&self.words[(mix(number + 1) % KEYS) as usize], number))
    }
}

impl Source for Arrivals {
    type Batch = ArrivalBatch;
    fn info(&self) -> SourceInfo {
        SourceInfo { name: "arrivals", detail: format!("{} records/s", self.schedule.rate), replayable: true }
    }
    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = ArrivalBatch>>, BoxError> {
        let shared = Arc::new(Shared {
            schedule: self.schedule,
            offered: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        let (theirs, waker, lag) = (Arc::clone(&shared), cx.waker.clone(), self.lag);
        std::thread::Builder::new()
            .name("generator".into())
            .spawn(move || generate(&theirs, &waker, &mut lag.lock().expect("nobody reads it meanwhile")))?;
        let words = (0..KEYS).map(|key| format!("word{key}")).collect();
        Ok(Arc::new(ArrivalsReader { shared, next: AtomicU64::new(0), words }))
    }
}

fn generate(shared: &Shared, waker: &Waker, lag: &mut Histogram<u64>) {
    let Shared { schedule, offered, closed } = shared;
    let counted = schedule.due(super::WARM_UP);
    let mut known = 0;
    while known < schedule.total && !closed.load(SeqCst) {
        let now = schedule.elapsed();
        let due = schedule.due(now);
        if due > known {
            offered.store(due, SeqCst);
            waker.wake();
            for number in known.max(counted)..due {
                lag.saturating_record(nanos(now.saturating_sub(schedule.arrival(number))));
            }
            known = due;
        }
        let until = schedule.arrival(due).saturating_sub(schedule.elapsed());
        std::thread::sleep(until.max(PAUSE));
    }
}

impl Reader for ArrivalsReader {
    type Batch = ArrivalBatch;
    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let offered = self.shared.offered.load(SeqCst);
        let start = self.next.load(SeqCst);
        let end = offered.min(start.saturating_add(limit));
        self.next.store(end, SeqCst);
        let ranges = if end > start { vec![OffsetRange { partition: 0, start, end }] } else { Vec::new() };
        let ended = end == self.shared.schedule.total;
        Ok(Offer { ranges, caught_up: end == offered, ended, waiting: false })
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut ArrivalBatch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        visit(&mut ArrivalBatch { words: Arc::clone(&self.words), range: range.start..range.end })
    }
    fn grain(&self) -> u64 {
        1024
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.next.store(positions.get(&0).copied().unwrap_or(0), SeqCst);
        Ok(())
    }
    fn close(&self) {
        self.shared.closed.store(true, SeqCst);
    }
}
