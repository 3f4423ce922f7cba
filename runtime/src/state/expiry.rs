//! For how long something is remembered.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;

/// For how long an operator remembers: a `Duration`, or [`unbounded()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(Option<Duration>);

/// Remembers for ever: `.drop_duplicates(unbounded())`.
///
/// The state then grows for as long as new records come, up to the memory that there is. It has to be written, so
/// that nobody gets it by leaving something out.
pub fn unbounded() -> Expiry {
    Expiry(None)
}

impl From<Duration> for Expiry {
    fn from(duration: Duration) -> Expiry {
        Expiry(Some(duration))
    }
}

impl Expiry {
    /// When what came at `time` is forgotten.
    pub(crate) fn end(self, time: Timestamp) -> Timestamp {
        self.0.map_or(Timestamp::from_millis(i64::MAX), |duration| time.plus(duration))
    }

    /// How long it takes until a look for what has expired is worth it.
    pub(crate) fn pause(self) -> Option<Duration> {
        self.0.map(|duration| duration / 4)
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(duration) => write!(f, "within {duration:?}"),
            None => f.write_str("unbounded"),
        }
    }
}
