//! The boundaries of `Trigger::Interval`: when ticks are due.

use std::time::Duration;

use crate::clock::Timestamp;

/// Boundaries are the multiples of the interval since the clock's zero (1970 for the system's), so that two runs,
/// and two machines, cut time at the same points.
#[derive(Clone, Debug)]
pub(crate) struct Timer {
    /// Milliseconds; at least 1.
    interval: i64,
    next: Timestamp,
}

impl Timer {
    /// The first boundary is the next one after `now`.
    pub fn new(interval: Duration, now: Timestamp) -> Timer {
        let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
        let before = now.millis().div_euclid(interval).saturating_mul(interval);
        Timer { interval, next: Timestamp::from_millis(before.saturating_add(interval)) }
    }

    /// The earliest boundary that has not been taken.
    pub fn next(&self) -> Timestamp {
        self.next
    }

    /// The boundary that comes so many after [`Timer::next`].
    pub fn after(&self, boundaries: u64) -> Timestamp {
        let mut timer = self.clone();
        timer.skip(boundaries);
        timer.next
    }

    /// How many boundaries have passed and were not taken.
    pub fn due(&self, now: Timestamp) -> u64 {
        match now.millis().saturating_sub(self.next.millis()) {
            late if late < 0 => 0,
            late => (late / self.interval) as u64 + 1,
        }
    }

    /// No boundary is up to `time`.
    pub fn start_behind(&mut self, time: Timestamp) {
        let behind = time.millis().div_euclid(self.interval).saturating_add(1).saturating_mul(self.interval);
        self.next = self.next.max(Timestamp::from_millis(behind));
    }

    /// The boundaries behind `time` that had passed when this began, the newest ones, at most so many.
    pub fn missed(&self, time: Timestamp, at_most: u64) -> Vec<Timestamp> {
        let all = (self.next.millis().saturating_sub(time.millis()) - 1).div_euclid(self.interval);
        let missed = all.clamp(0, i64::try_from(at_most).unwrap_or(i64::MAX));
        let before = |n: i64| Timestamp::from_millis(self.next.millis() - n * self.interval);
        (1..=missed).rev().map(before).collect()
    }

    pub fn take(&mut self) -> Timestamp {
        let time = self.next;
        self.skip(1);
        time
    }

    /// Passes over boundaries: what arrived before them belongs to the tick that is taken next.
    pub fn skip(&mut self, boundaries: u64) {
        let by = i64::try_from(boundaries).unwrap_or(i64::MAX).saturating_mul(self.interval);
        self.next = Timestamp::from_millis(self.next.millis().saturating_add(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{millis, secs};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_first_boundary_is_the_next_multiple_after_the_start() {
        assert_eq!(Timer::new(secs(1), at(1_700_000_000_250)).next(), at(1_700_000_001_000));
        assert_eq!(Timer::new(secs(1), at(2000)).next(), at(3000));
        assert_eq!(Timer::new(secs(1), at(-1)).next(), at(0));
    }

    #[test]
    fn boundaries_that_passed_while_nobody_was_there_are_known() {
        let timer = Timer::new(millis(10), at(57));
        let missed = |time, most| timer.missed(at(time), most).iter().map(|t| t.millis()).collect::<Vec<_>>();
        assert_eq!(missed(20, 100), [30, 40, 50]);
        assert_eq!(missed(25, 100), [30, 40, 50]);
        assert_eq!(missed(20, 2), [40, 50]);
        assert_eq!((missed(50, 100), missed(60, 100), missed(1000, 100)), (vec![], vec![], vec![]));
    }

    #[test]
    fn no_time_comes_twice_when_the_clock_was_set_back() {
        let mut timer = Timer::new(millis(10), at(5));
        timer.start_behind(at(40));
        assert_eq!(timer.next(), at(50));
        timer.start_behind(at(12));
        assert_eq!(timer.next(), at(50));
    }

    #[test]
    fn boundaries_are_due_one_by_one() {
        let mut timer = Timer::new(millis(10), at(0));
        assert_eq!((timer.due(at(9)), timer.due(at(10)), timer.due(at(35))), (0, 1, 3));
        assert_eq!((timer.take(), timer.take()), (at(10), at(20)));
        assert_eq!(timer.due(at(35)), 1);
        timer.skip(1);
        assert_eq!(timer.next(), at(40));
    }
}
