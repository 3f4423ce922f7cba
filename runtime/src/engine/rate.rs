//! Back-pressure by rate: how many records a second a pipeline could process, estimated from its ticks.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::{Error, Result};

/// How [`Engine::backpressure`](super::Engine::backpressure) finds the rate: a PID controller with Spark's settings.
///
/// Each committed tick says how fast it was processed: its input divided by the time from its beginning to its commit. The
/// new rate is the old one, less
/// - `proportional` × (old rate − that speed),
/// - `integral` × (the input that waits because ticks begin late, per interval),
/// - `derived` × (how much the difference has changed since the tick before, per second),
///
/// and `min_rate` at least. Rates are in units of offset a second: bytes of text, records of other sources.
///
/// ```
/// use millstream::Engine;
/// use millstream::clock::secs;
/// use millstream::engine::Backpressure;
///
/// let engine = Engine::local().batch_interval(secs(2)).backpressure(Backpressure::pid().min_rate(10_000.0));
/// # let _ = engine;
/// ```
///
/// Spark's `spark.streaming.backpressure.pid.*`, the settings of its `PIDRateEstimator`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backpressure {
    proportional: f64,
    integral: f64,
    derived: f64,
    min_rate: f64,
}

impl Backpressure {
    /// Weights of 1 (proportional), 0.2 (integral) and 0 (derived), and a rate of 100 at least.
    pub const fn pid() -> Self {
        Backpressure { proportional: 1.0, integral: 0.2, derived: 0.0, min_rate: 100.0 }
    }

    /// The weight of the difference between the rate and the speed of the last tick. Default: 1. Not negative.
    #[must_use]
    pub const fn proportional(mut self, weight: f64) -> Self {
        self.proportional = weight;
        self
    }

    /// The weight of the input that waits already. Default: 0.2. Not negative.
    #[must_use]
    pub const fn integral(mut self, weight: f64) -> Self {
        self.integral = weight;
        self
    }

    /// The weight of the trend: more follows changes sooner, and noise too. Default: 0. Not negative.
    #[must_use]
    pub const fn derived(mut self, weight: f64) -> Self {
        self.derived = weight;
        self
    }

    /// The least rate, in units of offset a second: bytes of text, records of other sources. Default: 100. More than 0.
    #[must_use]
    pub const fn min_rate(mut self, rate: f64) -> Self {
        self.min_rate = rate;
        self
    }

    /// The estimator of one source, for ticks at this interval.
    ///
    /// # Errors
    /// [`Error::Config`]: an interval below a millisecond, a weight that is negative, a least rate that is not positive; or
    /// one that is no finite number.
    pub fn estimator(self, interval: Duration) -> Result<RateEstimator> {
        let wrong = |message: String| Err(Error::Config(message));
        if interval < Duration::from_millis(1) {
            return wrong(format!("back-pressure at an interval of {interval:?}: it must be at least 1 ms"));
        }
        let weights =
            [("proportional", self.proportional), ("integral", self.integral), ("derived", self.derived)];
        for (name, weight) in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                return wrong(format!("back-pressure whose {name} weight is {weight}: it must be 0 or more"));
            }
        }
        if !(self.min_rate > 0.0 && self.min_rate.is_finite()) {
            return wrong(format!(
                "back-pressure with a least rate of {} a second: it must be more than 0, or a source might stop for good",
                self.min_rate
            ));
        }
        Ok(RateEstimator { settings: self, interval, last: None })
    }
}

impl Default for Backpressure {
    fn default() -> Self {
        Backpressure::pid()
    }
}

impl fmt::Display for Backpressure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Backpressure { proportional, integral, derived, min_rate } = self;
        write!(f, "pid({proportional}, {integral}, {derived}), at least {min_rate}/s")
    }
}

/// Estimates the rate that one source should have, from tick to tick: see [`Backpressure`], which makes it. It reads no
/// clock: what it says follows from what it is told.
#[derive(Clone, Debug)]
pub struct RateEstimator {
    settings: Backpressure,
    interval: Duration,
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    time: Timestamp,
    rate: f64,
    error: f64,
}

fn as_millis(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

impl RateEstimator {
    /// A tick is done: when, how much it read, how long it took from its beginning to its commit, and how late it began.
    ///
    /// The new rate, in units of offset a second. `None`, which leaves the old one as it is: for the first tick, which only
    /// shows the speed; and for a tick that read nothing, took no time or is not later than the last one.
    pub fn estimate(
        &mut self,
        time: Timestamp,
        read: u64,
        processing: Duration,
        scheduling: Duration,
    ) -> Option<f64> {
        if read == 0 || processing.is_zero() || self.last.is_some_and(|last| time <= last.time) {
            return None;
        }
        let speed = read as f64 / as_millis(processing) * 1000.0;
        let Some(last) = self.last else {
            self.last = Some(Last { time, rate: speed, error: 0.0 });
            return None;
        };
        let Backpressure { proportional, integral, derived, min_rate } = self.settings;
        let error = last.rate - speed;
        // What came in while ticks waited, spread over an interval.
        let waiting = as_millis(scheduling) * speed / as_millis(self.interval);
        let seconds = as_millis(time.since(last.time)) / 1000.0;
        let trend = (error - last.error) / seconds;
        let rate = (last.rate - proportional * error - integral * waiting - derived * trend).max(min_rate);
        self.last = Some(Last { time, rate, error });
        Some(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::millis;

    /// Time, read, processing delay, scheduling delay, all in ms.
    fn estimates(
        settings: Backpressure,
        ticks: impl IntoIterator<Item = (i64, u64, u64, u64)>,
    ) -> Vec<Option<f64>> {
        let mut estimator = settings.estimator(millis(20)).expect("it is right");
        let estimate = |(time, read, processing, scheduling)| {
            let time = Timestamp::from_millis(time);
            estimator.estimate(time, read, millis(processing), millis(scheduling))
        };
        ticks.into_iter().map(estimate).collect()
    }

    fn pid(proportional: f64, integral: f64, derived: f64) -> Backpressure {
        Backpressure::pid().proportional(proportional).integral(integral).derived(derived).min_rate(10.0)
    }

    #[test]
    fn the_first_tick_gives_no_estimate_and_the_second_does() {
        assert_eq!(estimates(pid(1.0, 0.0, 0.0), [(0, 10, 10, 0), (10, 10, 10, 0)]), [None, Some(1000.0)]);
    }

    #[test]
    fn ticks_without_records_or_without_a_delay_and_those_of_the_past_give_no_estimate() {
        let p = pid(1.0, 0.0, 0.0);
        assert_eq!(estimates(p, [(0, 10, 10, 0), (10, 0, 10, 0), (20, 0, 10, 0)]), [None; 3]);
        assert_eq!(estimates(p, [(0, 10, 10, 0), (10, 10, 0, 0), (20, 10, 0, 0)]), [None; 3]);
        assert_eq!(estimates(p, [(10, 10, 10, 0), (10, 10, 10, 0), (5, 10, 10, 0)]), [None; 3]);
    }

    #[test]
    fn an_estimate_is_never_less_than_the_least_rate() {
        let p = pid(1.0, 1.0, 0.0).min_rate(5.0);
        let all = estimates(p, (0..50).map(|i| (i * 20, 1, 20, 100)));
        assert_eq!(all[0], None);
        assert!(all[1..].iter().all(|rate| *rate == Some(5.0)), "{all:?}");
    }

    #[test]
    fn without_delay_the_rate_follows_the_speed() {
        let all = estimates(pid(1.0, 1.0, 0.0), (0..50).map(|i| (20 * i, (i as u64 + 1) * 20, 20, 0)));
        let expected = (1..=50).map(|i| (i > 1).then_some(f64::from(i) * 1000.0)).collect::<Vec<_>>();
        assert_eq!(all, expected);
    }

    #[test]
    fn each_weight_does_its_part() {
        // The second tick is at half the speed of the first, and begins an interval late.
        let ticks = [(0, 20, 10, 0), (20, 20, 20, 20)];
        assert_eq!(estimates(pid(0.5, 0.0, 0.0), ticks)[1], Some(2000.0 - 500.0));
        assert_eq!(estimates(pid(0.0, 0.2, 0.0), ticks)[1], Some(2000.0 - 200.0));
        assert_eq!(estimates(pid(0.0, 0.0, 0.01), ticks)[1], Some(2000.0 - 500.0));
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let refused = |settings: Backpressure, interval| {
            settings.estimator(millis(interval)).expect_err("it is refused").to_string()
        };
        let p = Backpressure::pid();
        let messages = [
            refused(p, 0),
            refused(p.proportional(-1.0), 20),
            refused(p.integral(-1.0), 20),
            refused(p.derived(-1.0), 20),
            refused(p.min_rate(0.0), 20),
            refused(p.min_rate(-10.0), 20),
            refused(p.min_rate(f64::NAN), 20),
            refused(p.integral(f64::INFINITY), 20),
        ];
        for (message, part) in messages.iter().zip([
            "an interval of 0ns",
            "proportional weight is -1:",
            "integral weight is -1:",
            "derived weight is -1:",
            "a least rate of 0 a second",
            "a least rate of -10 a second",
            "a least rate of NaN a second",
            "integral weight is inf:",
        ]) {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(p.to_string(), "pid(1, 0.2, 0), at least 100/s");
    }
}
