//! What may be the time of a record.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Window;
use crate::clock::Timestamp;

/// What the closure of [`event_time`](crate::dsl::Stream::event_time) may return: a [`Timestamp`], milliseconds since 1970 as
/// an `i64` or a `u64`, or a [`SystemTime`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event time",
    label = "the closure of `event_time` returns a time, and this is `{Self}`",
    note = "a time is a `Timestamp`, milliseconds since 1970 (`i64`, `u64`), or a `SystemTime`: of seconds write `|x| 1000 * x.seconds`"
)]
pub trait EventTime {
    fn timestamp(self) -> Timestamp;
}

impl EventTime for Timestamp {
    #[inline(always)]
    fn timestamp(self) -> Timestamp {
        self
    }
}

impl EventTime for i64 {
    #[inline(always)]
    fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self)
    }
}

impl EventTime for u64 {
    #[inline(always)]
    fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self).unwrap_or(i64::MAX))
    }
}

impl EventTime for SystemTime {
    fn timestamp(self) -> Timestamp {
        let millis = match self.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            // Towards the past, as for every other time.
            Err(before) => {
                let nanos = before.duration().as_nanos();
                i64::try_from(nanos.div_ceil(1_000_000)).map_or(i64::MIN, |millis| -millis)
            }
        };
        Timestamp::from_millis(millis)
    }
}

/// What a record's closure returned, as a time.
#[inline(always)]
pub fn timestamp(time: impl EventTime) -> Timestamp {
    time.timestamp()
}

/// What came of a window: its time is the window's last millisecond.
pub trait OfWindow {
    fn window(&self) -> Window;
}

impl<A> OfWindow for (Window, A) {
    fn window(&self) -> Window {
        self.0
    }
}

impl<K, A> OfWindow for (Window, K, A) {
    fn window(&self) -> Window {
        self.0
    }
}

/// The event time of what came of a window.
#[inline(always)]
pub fn time_of_result(result: &impl OfWindow) -> Timestamp {
    result.window().event_time()
}
