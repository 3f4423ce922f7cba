//! How often, and after what pauses, something is tried again.

use std::time::Duration;

/// Pauses between attempts, and how many there are.
///
/// ```
/// use millstream::clock::{millis, secs};
/// use millstream::source::{Backoff, text_socket};
///
/// // After 100 ms, 200 ms, 400 ms, … and at last every 5 s; gives up after 20 attempts in a row.
/// let lines = text_socket("127.0.0.1:7777").reconnect(Backoff::exponential(millis(100), secs(5), 20));
/// # let _ = lines;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    attempts: u32,
}

impl Backoff {
    /// Pauses `first` before the first attempt, then twice as long each time, but never longer than `max`. Gives up when
    /// so many attempts in a row have failed (`u32::MAX`: practically never). To the millisecond.
    pub const fn exponential(first: Duration, max: Duration, attempts: u32) -> Self {
        Backoff { first, max, attempts }
    }

    /// The same pause before each of so many attempts. (Spark restarts a receiver after 2 s, for ever.)
    pub const fn constant(pause: Duration, attempts: u32) -> Self {
        Backoff { first: pause, max: pause, attempts }
    }

    /// How long to wait after so many attempts have failed. `None`: there is no further one.
    pub(crate) fn pause(&self, failed: u32) -> Option<Duration> {
        let factor = 1u32.checked_shl(failed).unwrap_or(u32::MAX);
        (failed < self.attempts).then(|| self.first.saturating_mul(factor).min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{millis, secs};

    #[test]
    fn pauses_double_up_to_the_longest_and_end_after_the_last_attempt() {
        let backoff = Backoff::exponential(millis(100), secs(1), 6);
        let pauses: Vec<_> = (0..7).map(|failed| backoff.pause(failed)).collect();
        let expected = [100, 200, 400, 800, 1000, 1000].map(|pause| Some(millis(pause)));
        assert_eq!(pauses, [&expected[..], &[None]].concat());
        assert_eq!(Backoff::exponential(millis(1), secs(9), u32::MAX).pause(u32::MAX - 1), Some(secs(9)));
        assert_eq!(Backoff::constant(secs(2), 2).pause(1), Some(secs(2)));
        assert_eq!(Backoff::constant(secs(2), 0).pause(0), None);
    }
}
