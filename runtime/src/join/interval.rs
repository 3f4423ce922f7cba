//! How far apart in time two records may be that meet.

use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::time::Duration;

/// How far apart in event time two records may be that an
/// [`interval_join`](crate::dsl::Stream::interval_join) brings together: bounds on the right record's time less the left one's.
/// Both bounds belong to it.
///
/// ```
/// use millstream::Interval;
/// use millstream::clock::{minutes, secs};
///
/// let clicks = Interval::between(secs(0), minutes(5)); // the right one up to five minutes later, and never before
/// let near = Interval::around(secs(5)); // at most five seconds apart
/// assert_eq!(near, Interval::millis(-5000..=5000));
/// assert_eq!(Interval::millis(..=0).to_string(), "..=0s"); // the right one at any time before
/// # assert_eq!(clicks.to_string(), "0s..=300s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// In milliseconds; `i64::MIN` is none.
    from: i64,
    /// In milliseconds; `i64::MAX` is none.
    to: i64,
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Interval {
    /// The right record is by so much later than the left one: at least the first, at most the second.
    pub fn between(least: Duration, most: Duration) -> Interval {
        Interval { from: millis(least), to: millis(most) }
    }

    /// At most so far apart, whichever of the two is the earlier one.
    pub fn around(most: Duration) -> Interval {
        Interval { from: -millis(most), to: millis(most) }
    }

    /// A range of milliseconds. What has no bound on one side (`5000..`) keeps records of one side for ever: the join has to be
    /// `.unbounded()`.
    pub fn millis(range: impl RangeBounds<i64>) -> Interval {
        let from = match range.start_bound() {
            Bound::Included(from) => *from,
            Bound::Excluded(from) => from.saturating_add(1),
            Bound::Unbounded => i64::MIN,
        };
        let to = match range.end_bound() {
            Bound::Included(to) => *to,
            Bound::Excluded(to) => to.saturating_sub(1),
            Bound::Unbounded => i64::MAX,
        };
        Interval { from, to }
    }

    /// Whatever their times: all records are kept for ever, and the join has to be `.unbounded()`. It needs no event time.
    pub fn always() -> Interval {
        Interval { from: i64::MIN, to: i64::MAX }
    }

    fn is_bounded(self) -> bool {
        self.from > i64::MIN && self.to < i64::MAX
    }

    /// What no join can mean. `unbounded`: it is told to keep records for ever. `timed`: its records have a time.
    pub(crate) fn check(self, unbounded: bool, timed: bool) -> Result<(), String> {
        if self.from > self.to {
            return Err(format!(
                "has the interval {self}, in which there is no time: give it bounds in their order"
            ));
        }
        if !timed && self != Interval::always() {
            return Err(format!(
                "has the interval {self}, and its records have no event time: write `.event_time(|x| x.time, secs(10))` on both \
                 sides, or `Interval::always()`"
            ));
        }
        match (self.is_bounded(), unbounded) {
            (false, false) => Err(format!(
                "has the interval {self}, so records of one side at least might meet others at any later time, and would be kept for \
                 ever: give both bounds, or write `.unbounded()` behind it if the state may grow up to the memory that there is"
            )),
            (true, true) => {
                Err(format!("has the interval {self}, so what it keeps is bounded: leave out `.unbounded()`"))
            }
            _ => Ok(()),
        }
    }

    /// The first and the last time of right records that meet a left one.
    pub(crate) fn of_left(self, time: i64) -> (i64, i64) {
        let from = if self.from == i64::MIN { i64::MIN } else { time.saturating_add(self.from) };
        let to = if self.to == i64::MAX { i64::MAX } else { time.saturating_add(self.to) };
        (from, to)
    }

    /// The first and the last time of left records that meet a right one.
    pub(crate) fn of_right(self, time: i64) -> (i64, i64) {
        let from = if self.to == i64::MAX { i64::MIN } else { time.saturating_sub(self.to) };
        let to = if self.from == i64::MIN { i64::MAX } else { time.saturating_sub(self.from) };
        (from, to)
    }

    /// How far behind the watermark a record may be, at most, that leaves without a match.
    pub(crate) fn delay(self) -> Duration {
        let left = if self.to == i64::MAX { 0 } else { self.to };
        let right = if self.from == i64::MIN { 0 } else { self.from.saturating_neg() };
        let longest = left.max(right).max(0);
        // A record is due when the watermark is *behind* the last time at which another could meet it.
        Duration::from_millis(longest.unsigned_abs()) + Duration::from_millis(1)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |millis: i64| {
            let sign = if millis < 0 { "-" } else { "" };
            match millis.unsigned_abs() {
                0 => "0s".to_string(),
                millis => format!("{sign}{:?}", Duration::from_millis(millis)),
            }
        };
        if self.from > i64::MIN {
            f.write_str(&show(self.from))?;
        }
        f.write_str("..")?;
        if self.to < i64::MAX { write!(f, "={}", show(self.to)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::secs;

    #[test]
    fn both_sides_see_the_same_interval() {
        let intervals = [
            Interval::between(secs(1), secs(3)),
            Interval::around(secs(2)),
            Interval::millis(..500),
            Interval::millis(-300..),
            Interval::always(),
        ];
        for interval in intervals {
            for left in [-2000i64, 0, 700] {
                for right in [-4000i64, -100, 0, 200, 1700, 3700] {
                    let of = |(from, to): (i64, i64), time| (from..=to).contains(&time);
                    assert_eq!(
                        of(interval.of_left(left), right),
                        of(interval.of_right(right), left),
                        "{interval}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_no_join_can_mean_is_refused() {
        for (interval, unbounded, timed, why) in [
            (Interval::between(secs(3), secs(1)), false, true, "no time"),
            (Interval::around(secs(1)), false, false, "no event time"),
            (Interval::millis(5..), false, true, "`.unbounded()`"),
            (Interval::always(), false, false, "`.unbounded()`"),
            (Interval::around(secs(1)), true, true, "leave out `.unbounded()`"),
        ] {
            let error = interval.check(unbounded, timed).expect_err("it is refused");
            assert!(error.contains(why), "{error}");
        }
        assert_eq!(Interval::always().check(true, false), Ok(()));
        assert_eq!(Interval::millis(..0).check(true, true), Ok(()));
        assert_eq!(Interval::around(secs(1)).check(false, true), Ok(()));
    }

    #[test]
    fn the_plan_shows_its_bounds() {
        assert_eq!(Interval::around(secs(5)).to_string(), "-5s..=5s");
        assert_eq!(Interval::millis(5001..).to_string(), "5.001s..");
        assert_eq!(Interval::always().to_string(), "..");
    }

    #[test]
    fn what_has_no_match_is_so_far_behind() {
        assert_eq!(Interval::between(secs(1), secs(3)).delay(), Duration::from_millis(3001));
        assert_eq!(Interval::millis(-4000..=-2000).delay(), Duration::from_millis(4001));
        assert_eq!(Interval::millis(2000..).delay(), Duration::from_millis(1));
    }
}
