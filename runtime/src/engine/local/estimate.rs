//! When a tick is too small to be worth waking another thread for.

/// A tick that is predicted to take less than this many nanoseconds in all runs on the driver's thread: handing a
/// task to a sleeping thread and hearing back costs about half of it.
const SMALL: f64 = 100_000.0;

/// The weight of the newest measurement.
const NEWEST: f64 = 0.25;

/// Running estimates of what ticks cost. They decide where a tick runs, never what it gives.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    /// Nanoseconds of a tick without data.
    empty: f64,
    /// By source: nanoseconds in all stages for each unit of offset, once known.
    per_unit: Vec<Option<f64>>,
}

impl Estimate {
    pub fn new(sources: usize) -> Estimate {
        Estimate { empty: 0.0, per_unit: vec![None; sources] }
    }

    /// `units`: by source, how much the tick reads. What was never measured is not small.
    pub fn is_small(&self, units: &[u64]) -> bool {
        let cost = units.iter().zip(&self.per_unit).try_fold(self.empty, |sum, (&units, per_unit)| {
            if units == 0 { Some(sum) } else { per_unit.map(|cost| sum + cost * units as f64) }
        });
        cost.is_some_and(|cost| cost < SMALL)
    }

    /// A tick took `total` nanoseconds in all its tasks, `sources` of them in the stage of each source.
    pub fn learn(&mut self, units: &[u64], sources: impl Iterator<Item = u64> + Clone, total: u64) {
        let total = total as f64;
        let sum: u64 = sources.clone().sum();
        if units.iter().all(|&units| units == 0) {
            self.empty += NEWEST * (total - self.empty);
            return;
        }
        let data = (total - self.empty).max(0.0);
        for ((&units, nanos), cost) in units.iter().zip(sources).zip(&mut self.per_unit) {
            if units > 0 {
                // What later stages took is shared out as the source stages' times are.
                let measured = data * nanos as f64 / sum.max(1) as f64 / units as f64;
                *cost = Some(cost.map_or(measured, |cost| cost + NEWEST * (measured - cost)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tick_is_small_and_the_first_with_data_is_not() {
        let estimate = Estimate::new(1);
        assert!(estimate.is_small(&[0]));
        assert!(!estimate.is_small(&[1]));
    }

    #[test]
    fn what_was_measured_predicts_the_next_tick() {
        let mut estimate = Estimate::new(2);
        estimate.learn(&[1000, 0], [60_000, 0].into_iter(), 100_000); // 100 ns a unit
        assert!(estimate.is_small(&[900, 0]));
        assert!(!estimate.is_small(&[1100, 0]));
        assert!(!estimate.is_small(&[1, 1]), "nothing is known of the second source");
    }

    #[test]
    fn costly_empty_ticks_are_not_small() {
        let mut estimate = Estimate::new(1);
        for _ in 0..10 {
            estimate.learn(&[0], [0].into_iter(), 1_000_000);
        }
        assert!(!estimate.is_small(&[0]));
    }
}
