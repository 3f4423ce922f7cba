//! For how long something is remembered.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;

/// For how long an operator remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry(Option<Duration>);

impl Expiry {
    /// From when it came on.
    pub fn after(duration: Duration) -> Expiry {
        Expiry(Some(duration))
    }

    /// For ever.
    pub fn never() -> Expiry {
        Expiry(None)
    }

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
            None => f.write_str("state grows with the keys"),
        }
    }
}
