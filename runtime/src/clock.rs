//! Time: the system's, or a manual one in tests. Operators never read a clock; they get the batch time.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::source::Waker;
use crate::sync::Mutex;

/// A point in time: milliseconds since 1970-01-01 00:00 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Timestamp(millis)
    }

    /// Before every other: where nothing is known of event time yet.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// Behind every other: where no record is expected any more.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This time, `duration` later (to the millisecond; saturating).
    pub fn plus(self, duration: Duration) -> Self {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This time, `duration` earlier (to the millisecond; saturating). [`Timestamp::MIN`] and [`Timestamp::MAX`] stay what they
    /// are.
    pub fn minus(self, duration: Duration) -> Self {
        if self == Timestamp::MAX {
            return self;
        }
        Timestamp(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// Where an engine gets the time from.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// How long it takes, in real time, until this clock shows `time`. `None`: it does not move by itself.
    fn until(&self, time: Timestamp) -> Option<Duration> {
        Some(time.since(self.now()))
    }

    /// A clock that is set by hand calls `waker` whenever it is; others ignore it.
    fn watch(&self, waker: &Waker) {
        let _ = waker;
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// To the nanosecond: whole milliseconds would make ticks of one millisecond late by up to another.
    fn until(&self, time: Timestamp) -> Option<Duration> {
        let time = Duration::from_millis(u64::try_from(time.millis()).unwrap_or(0));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(time.saturating_sub(now))
    }
}

/// A clock that stands still until it is told to move. Starts at zero.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
    watchers: Mutex<Vec<Waker>>,
}

impl ManualClock {
    /// Moves to `to`; never backwards.
    pub fn set(&self, to: Timestamp) {
        self.change(|now| to.max(now));
    }

    pub fn advance(&self, by: Duration) {
        self.change(|now| now.plus(by));
    }

    fn change(&self, f: impl FnOnce(Timestamp) -> Timestamp) {
        {
            let mut now = self.now.lock().expect("no code panics while it holds the clock");
            *now = f(*now);
        }
        let watchers = self.watchers.lock().expect("no waker panics");
        watchers.iter().for_each(Waker::wake);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("no code panics while it holds the clock")
    }

    fn until(&self, time: Timestamp) -> Option<Duration> {
        (time <= self.now()).then_some(Duration::ZERO)
    }

    fn watch(&self, waker: &Waker) {
        self.watchers.lock().expect("no waker panics").push(waker.clone());
    }
}

/// `n` seconds.
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// `n` milliseconds.
pub const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// `n` minutes.
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// `n` hours.
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(3600 * n)
}
