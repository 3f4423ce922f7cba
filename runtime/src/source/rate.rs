//! `rate`: numbered rows at a steady pace.

mod pace;

use std::fmt;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use self::pace::{MAX_RAMP_UP, Pace};
use super::{Offer, Reader, Source, SourceContext, SourceInfo};
use crate::BoxError;
use crate::batch::Rows;
use crate::clock::{Clock, Timestamp, millis};
use crate::engine::Trigger;
use crate::sync::Mutex;
use crate::tick::{OffsetRange, Positions};

/// So many rows a second: `(Timestamp, u64)`, the time of the row and its number from 0. For trials, load tests and
/// heartbeats. Without end, unless [`end_after`](Rate::end_after) says otherwise.
///
/// Row *n* has the time start + *n* / `rows_per_second`, to the millisecond. The start is the second in which the
/// pipeline starts, by the engine's clock (rounded down: with an interval of a second the first tick has a whole
/// second's rows). A tick reads the rows with times before its batch time. So what a tick holds follows from its batch
/// time alone; a late tick holds no more than it would have held in time.
///
/// # Defaults
/// 10 million rows a tick at most ([`max_records_per_tick`](Rate::max_records_per_tick)); full speed from the start
/// ([`ramp_up`](Rate::ramp_up)).
///
/// # Replay
/// Exact, as long as `rows_per_second` and `ramp_up` stay. One partition, whose number is the second of the start since
/// 1970, so that a restart knows it: after an outage the rows of that time follow, in ticks of at most the limit. Offsets
/// are row numbers. (For this reason it does not go into a [`merge`](super::merge()); `union` takes it.)
///
/// # `Trigger::Eager`
/// A tick for each row when rows are rare, and 100 ticks a second when they aren't. (More only while a backlog is longer
/// than [`max_records_per_tick`](Rate::max_records_per_tick).)
///
/// # `Trigger::AvailableNow`
/// The rows up to the time at which the pipeline starts: less than a second's, or those since the last run.
///
/// # Errors
/// At the start: a rate of 0; a clock before 1970 or after 2106.
///
/// # Cost
/// A division a row (while it ramps up, a square root), in the task that reads it; nothing is kept.
///
/// ```
/// use millstream::prelude::*;
///
/// let out = MemorySink::new();
/// let pipeline = stream! {
///     let rows = source(rate(2).end_after(3));
///     rows.map(|(time, n)| (time.millis(), n)).sink(out.clone());
/// };
/// Engine::test().run(pipeline)?; // its clock starts at 0
/// out.assert_batches([vec![(0, 0), (500, 1)], vec![(1000, 2)]]);
/// # millstream::Result::<()>::Ok(())
/// ```
///
/// The `rate` source of Spark's Structured Streaming; Flink's `DataGeneratorSource`.
pub fn rate(rows_per_second: u64) -> Rate {
    Rate {
        pace: Pace { rows_per_second, ramp_up_millis: 0 },
        end_after: u64::MAX,
        max_records_per_tick: 10_000_000,
    }
}

/// Made by [`rate`].
#[derive(Clone)]
pub struct Rate {
    pace: Pace,
    end_after: u64,
    max_records_per_tick: u64,
}

impl Rate {
    /// Starts at no rows a second and gets faster evenly, until `duration` after the start it has its full speed. Until
    /// then it gives half the rows. To the millisecond, and at most a century. Default: zero, so full speed at once.
    #[must_use]
    pub fn ramp_up(mut self, duration: Duration) -> Self {
        self.pace.ramp_up_millis =
            u64::try_from(duration.as_millis()).map_or(MAX_RAMP_UP, |d| d.min(MAX_RAMP_UP));
        self
    }

    /// How many rows a tick reads at most (0 counts as 1). Default: 10 million. With fewer than an interval brings, the
    /// rows lag ever farther behind the clock; none is left out.
    #[must_use]
    pub fn max_records_per_tick(mut self, records: u64) -> Self {
        self.max_records_per_tick = records.max(1);
        self
    }

    /// Ends after so many rows. Default: never.
    #[must_use]
    pub fn end_after(mut self, rows: u64) -> Self {
        self.end_after = rows;
        self
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows/s", self.pace.rows_per_second)?;
        match self.pace.ramp_up_millis {
            0 => Ok(()),
            millis => write!(f, " after {:?}", Duration::from_millis(millis)),
        }
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate({self})")
    }
}

impl Source for Rate {
    type Batch = Rows<(Timestamp, u64)>;

    fn info(&self) -> SourceInfo {
        SourceInfo { name: "rate", detail: self.to_string(), replayable: true }
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Self::Batch>>, BoxError> {
        if self.pace.rows_per_second == 0 {
            return Err("`rate(0)` would never give a row: it needs at least 1 row a second".into());
        }
        let now = cx.clock.now();
        let start = u32::try_from(now.millis().div_euclid(1000))
            .map_err(|_| format!("the clock shows {now}, but `rate` starts between 1970 and 2106 only"))?;
        let state = State { start, next: 0, time: now, caught_up_at: None, frozen: None };
        let pause = if cx.trigger == Trigger::Eager { MIN_PAUSE } else { Duration::ZERO };
        Ok(Arc::new(RateReader { rate: self, clock: Arc::clone(&cx.clock), pause, state: Mutex::new(state) }))
    }
}

/// Under `Trigger::Eager` rows make no two ticks that are closer than this.
const MIN_PAUSE: Duration = millis(10);

/// How many rows a batch has.
const BATCH: u64 = 4096;

struct RateReader {
    rate: Rate,
    clock: Arc<dyn Clock>,
    /// So long no row is offered after those before have caught up with the clock.
    pause: Duration,
    state: Mutex<State>,
}

struct State {
    /// In seconds since 1970; also the partition's number.
    start: u32,
    /// The row that the next offer starts at.
    next: u64,
    /// Rows before it are there.
    time: Timestamp,
    /// The time of the last offer of rows that left none behind.
    caught_up_at: Option<Timestamp>,
    /// No row is offered that is not before this time.
    frozen: Option<Timestamp>,
}

fn start_of(partition: u32) -> Timestamp {
    Timestamp::from_millis(i64::from(partition) * 1000)
}

impl RateReader {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while this is locked")
    }

    /// How many rows have times before `time`.
    fn rows_before(&self, start: u32, time: Timestamp) -> u64 {
        let elapsed = u64::try_from(time.since(start_of(start)).as_millis()).unwrap_or(u64::MAX);
        self.rate.pace.rows_before(elapsed).min(self.rate.end_after)
    }
}

impl Reader for RateReader {
    type Batch = Rows<(Timestamp, u64)>;

    fn at(&self, time: Timestamp) {
        self.state().time = time;
    }

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        let mut state = self.state();
        let time = state.frozen.map_or(state.time, |frozen| frozen.min(state.time));
        let pauses = state.caught_up_at.is_some_and(|last| time < last.plus(self.pause));
        let there = if pauses { state.next } else { self.rows_before(state.start, time).max(state.next) };
        let limit = self.rate.max_records_per_tick.min(limit).max(1);
        let range = OffsetRange {
            partition: state.start,
            start: state.next,
            end: there.min(state.next.saturating_add(limit)),
        };
        state.next = range.end;
        let mut ranges = Vec::new();
        if !range.is_empty() {
            state.caught_up_at = (range.end == there).then_some(time);
            ranges.push(range);
        }
        Ok(Offer {
            ranges,
            caught_up: range.end == there,
            ended: range.end >= self.rate.end_after,
            waiting: false,
        })
    }

    fn due(&self) -> Option<Timestamp> {
        let state = self.state();
        if state.frozen.is_some() || state.next >= self.rate.end_after {
            return None;
        }
        // A tick has the rows before its time.
        let row = start_of(state.start).plus(millis(self.rate.pace.time_of(state.next).saturating_add(1)));
        Some(state.caught_up_at.map_or(row, |last| row.max(last.plus(self.pause))))
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Self::Batch) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        let start = start_of(range.partition);
        let mut from = range.start;
        while from < range.end {
            let till = range.end.min(from.saturating_add(BATCH));
            let row = |n| (start.plus(millis(self.rate.pace.time_of(n))), n);
            visit(&mut Rows::new((from..till).map(row).collect()))?;
            from = till;
        }
        Ok(())
    }

    fn grain(&self) -> u64 {
        BATCH
    }

    fn freeze(&self) {
        self.state().frozen = Some(self.clock.now());
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        let mut state = self.state();
        match positions.iter().next_back() {
            None => Ok(()),
            Some((&start, &next)) if positions.len() == 1 => {
                (state.start, state.next) = (start, next);
                Ok(())
            }
            Some(_) => Err(format!(
                "`rate` has one partition, but {} were read before: this is another source's position; give each \
                 source an `.id(\"…\")`, or start without the checkpoint",
                positions.len()
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests;
