//! Back-pressure: limits on what the next tick may read, from how fast the last ones were.

use std::time::Duration;

use crate::Result;
use crate::clock::Timestamp;
use crate::engine::rate::{Backpressure, RateEstimator};
use crate::engine::{Settings, Trigger};

pub(crate) struct Throttle {
    interval: Duration,
    sources: Vec<Tap>,
}

struct Tap {
    estimator: RateEstimator,
    /// In units of offset a tick.
    limit: u64,
}

impl Throttle {
    fn new(settings: Backpressure, interval: Duration, sources: usize) -> Result<Throttle> {
        let estimator = settings.estimator(interval)?;
        let tap = || Tap { estimator: estimator.clone(), limit: u64::MAX };
        Ok(Throttle { interval, sources: std::iter::repeat_with(tap).take(sources).collect() })
    }

    /// None, unless the settings ask for it.
    pub fn of(settings: &Settings, sources: usize) -> Result<Option<Throttle>> {
        match (settings.backpressure, settings.trigger) {
            (Some(backpressure), Trigger::Interval(interval)) => {
                Throttle::new(backpressure, interval, sources).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What each source may offer for the next tick, within other limits.
    pub fn within(&self, limits: &[u64]) -> Vec<u64> {
        limits.iter().zip(&self.sources).map(|(limit, tap)| tap.limit.min(*limit)).collect()
    }

    /// A tick is committed. `read`: by source.
    pub fn committed(&mut self, now: Timestamp, read: &[u64], processing: Duration, scheduling: Duration) {
        for (source, (tap, &read)) in self.sources.iter_mut().zip(read).enumerate() {
            if let Some(rate) = tap.estimator.estimate(now, read, processing, scheduling) {
                // A float beyond the largest integer becomes that.
                tap.limit = ((rate * self.interval.as_secs_f64()) as u64).max(1);
                tracing::debug!(target: "millstream::backpressure", source, rate, limit = tap.limit, "a new rate");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{millis, secs};

    #[test]
    fn each_source_has_its_own_limit_of_as_much_as_an_interval_can_process() {
        let settings = Backpressure::pid().min_rate(0.1);
        let mut throttle = Throttle::new(settings, secs(2), 3).expect("it is right");
        assert_eq!(throttle.within(&[7, 8, 9]), [7, 8, 9]);
        for time in [1000, 2000] {
            throttle.committed(Timestamp::from_millis(time), &[100, 0, 1], millis(500), Duration::ZERO);
        }
        assert_eq!(throttle.within(&[u64::MAX, u64::MAX, u64::MAX]), [400, u64::MAX, 4]);
        throttle.committed(Timestamp::from_millis(3000), &[100, 0, 1], secs(100), secs(100));
        assert_eq!(throttle.within(&[300, 5, u64::MAX]), [1, 5, 1]);
    }
}
