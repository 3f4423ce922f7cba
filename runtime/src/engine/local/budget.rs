//! How much a tick may read, so that what its stages make of it fits in memory.

use std::collections::VecDeque;

use super::schedule::MAX_IN_FLIGHT;

/// What the first ticks may read of a source, in grains ([`crate::source::Reader::grain`]): nothing is known of what
/// becomes of it.
const FIRST: u64 = 16;

/// A limit grows by no more than this from tick to tick.
const GROWTH: u64 = 8;

/// Limits by source, learned from what earlier ticks held.
///
/// A record that a `flat_map` makes a thousand of, or one of 7 bytes that becomes a `String` of 40, takes more memory
/// between stages than it did in its source. So each tick is weighed, and the next ones read as much as would have
/// fitted: in proportion, and never much more than has been tried.
///
/// # Contract
/// - No limit is less than its source's grain. What a tick holds whatever it reads (the states of `update_state_by_key`) would
///   else bring a limit down to nothing, and hold no less for it.
/// - The limits of tick `n` follow from ticks up to `n - 2` alone, which are committed by then, however fast tasks run. So
///   what a tick reads does not depend on the schedule.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    /// For each source of a tick.
    bytes: u64,
    limits: Vec<u64>,
    /// The grains.
    least: Vec<u64>,
    /// What is not used yet, oldest first.
    news: VecDeque<Weighed>,
    warned: bool,
}

/// A committed tick.
#[derive(Clone, Debug)]
pub(crate) struct Weighed {
    pub tick: u64,
    /// By source: how much was read, and how many bytes became of it.
    pub sources: Vec<(u64, u64)>,
}

impl Budget {
    /// `bytes`: for all ticks in flight.
    /// With the grain of each source.
    pub fn new(bytes: u64, grains: impl Iterator<Item = u64>) -> Budget {
        let least: Vec<u64> = grains.map(|grain| grain.max(1)).collect();
        let limits = least.iter().map(|grain| grain.saturating_mul(FIRST)).collect();
        let shares = (MAX_IN_FLIGHT * least.len().max(1)) as u64;
        Budget { bytes: (bytes / shares).max(1), limits, least, news: VecDeque::new(), warned: false }
    }

    /// What the sources may offer for this tick.
    pub fn limits(&mut self, tick: u64) -> &[u64] {
        while self.news.front().is_some_and(|news| news.tick + MAX_IN_FLIGHT as u64 <= tick) {
            if let Some(news) = self.news.pop_front() {
                self.learn(&news);
            }
        }
        &self.limits
    }

    pub fn committed(&mut self, weighed: Weighed) {
        self.news.push_back(weighed);
    }

    fn learn(&mut self, weighed: &Weighed) {
        for ((limit, &least), &(read, held)) in self.limits.iter_mut().zip(&self.least).zip(&weighed.sources)
        {
            if read == 0 {
                continue;
            }
            let fits = u128::from(read) * u128::from(self.bytes) / u128::from(held.max(1));
            let fits = u64::try_from(fits).unwrap_or(u64::MAX).max(least);
            *limit = fits.min(limit.saturating_mul(GROWTH));
            if read <= least && held > self.bytes && !self.warned {
                self.warned = true;
                tracing::warn!(
                    target: "millstream::tick",
                    tick = weighed.tick, held, budget = self.bytes,
                    "a tick that reads as little as it may holds more than its part of the memory budget: ticks get no \
                     shorter, and take more memory than that (what an operator gives in each tick, whatever comes, does \
                     not get less; a larger memory_budget would fit it)"
                );
            }
        }
    }
}

/// A tick's bytes by source: those of its source stages, and those of later stages in the same proportions.
pub(crate) fn share(sources: &[u64], total: u64) -> Vec<u64> {
    let sum: u64 = sources.iter().sum();
    if sum == 0 {
        return vec![total / sources.len().max(1) as u64; sources.len()];
    }
    let part = |bytes: u64| (u128::from(bytes) * u128::from(total) / u128::from(sum)) as u64;
    sources.iter().map(|&bytes| part(bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs ticks that read what they may of an endless source, and returns what each held.
    fn run(budget: u64, source_limit: u64, held: impl Fn(u64, u64) -> u64) -> Vec<u64> {
        let mut limits = Budget::new(budget, [1 << 10].into_iter());
        (0..40)
            .map(|tick| {
                let read = limits.limits(tick)[0].min(source_limit);
                let held = held(tick, read);
                limits.committed(Weighed { tick, sources: vec![(read, held)] });
                held
            })
            .collect()
    }

    #[test]
    fn what_becomes_of_a_tick_comes_to_fit() {
        for factor in [1, 10, 1000] {
            let held = run(100 << 20, u64::MAX, |_, read| read * factor);
            assert!(held[2..].iter().all(|&held| held <= 50 << 20), "{factor}: {held:?}");
            assert!(held[20..].iter().all(|&held| held > 40 << 20), "{factor}: {held:?}");
        }
    }

    #[test]
    fn what_a_tick_holds_whatever_it_reads_does_not_bring_its_limit_below_a_grain() {
        let mut budget = Budget::new(1000, [64, 0].into_iter());
        let mut read = Vec::new();
        for tick in 0..20 {
            let limits = budget.limits(tick).to_vec();
            budget.committed(Weighed { tick, sources: limits.iter().map(|&limit| (limit, 5000)).collect() });
            read.push(limits);
        }
        assert_eq!(read[0], [64 * FIRST, FIRST]);
        assert_eq!(read[19], [64, 1]);
        assert!(budget.warned);
    }

    #[test]
    fn a_pipeline_that_begins_to_multiply_is_held_within_two_ticks() {
        let held = run(100 << 20, 8 << 20, |tick, read| if tick < 10 { read } else { read * 100 });
        assert!(held[12..].iter().all(|&held| held <= 50 << 20), "{held:?}");
    }

    #[test]
    fn a_pipeline_that_gives_little_reads_what_its_source_allows() {
        let held = run(100 << 20, 8 << 20, |_, read| read / 1000);
        assert_eq!(held[4], (8 << 20) / 1000);
    }

    #[test]
    fn limits_follow_from_ticks_two_before() {
        let mut early = Budget::new(1000, [100].into_iter());
        let mut late = early.clone();
        let weighed = |tick| Weighed { tick, sources: vec![(100, 1000 * (tick + 1))] };
        for tick in 0..10 {
            // The one hears of a tick as soon as it can, the other as late as it may.
            let a = early.limits(tick).to_vec();
            early.committed(weighed(tick));
            if let Some(before) = tick.checked_sub(2) {
                late.committed(weighed(before));
            }
            assert_eq!(a, late.limits(tick), "{tick}");
        }
    }

    #[test]
    fn a_source_without_records_keeps_its_limit_and_others_are_judged_by_their_own() {
        let mut budget = Budget::new(4000, [7, 1].into_iter());
        budget.committed(Weighed { tick: 0, sources: vec![(0, 0), (10, 500)] });
        assert_eq!(budget.limits(2), [7 * FIRST, 20]);
        assert_eq!(share(&[10, 30], 80), [20, 60]);
        assert_eq!(share(&[0, 0], 80), [40, 40]);
        assert_eq!(share(&[], 80), [0; 0]);
    }
}
