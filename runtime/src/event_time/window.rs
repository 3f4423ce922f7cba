//! A window, as results name it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A window of event time, from `start` up to, but not including, `end`.
///
/// What a window's records came to is a record `(Window, A)`, or `(Window, K, A)` by key. A window is a key too
/// (`|(window, count)| (window, count)`), and is ordered by its start.
///
/// ```
/// use millstream::Window;
///
/// let window = Window::millis(60_000, 120_000);
/// assert_eq!(window.length().as_secs(), 60);
/// assert_eq!(window.to_string(), "[60000 ms, 120000 ms)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Window {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Window {
    pub const fn new(start: Timestamp, end: Timestamp) -> Window {
        Window { start, end }
    }

    /// From and to so many milliseconds since 1970.
    pub const fn millis(start: i64, end: i64) -> Window {
        Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) }
    }

    /// Whether a record of this time is in it.
    pub fn contains(self, time: Timestamp) -> bool {
        (self.start..self.end).contains(&time)
    }

    pub fn length(self) -> Duration {
        self.end.since(self.start)
    }

    /// The event time of what came of it: its last millisecond.
    pub fn event_time(self) -> Timestamp {
        Timestamp::from_millis(self.end.millis().saturating_sub(1))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}
