//! How much of the past a `MemorySink` holds, and asking for a part of it.

use std::time::Duration;

use super::{MemorySink, Shared};
use crate::clock::Timestamp;

/// What is not forgotten. By default everything is kept.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keep {
    span: Option<Duration>,
    ticks: Option<usize>,
}

impl<T> MemorySink<T> {
    /// Keeps the last ticks only: those whose time is less than `span` before that of the latest one. So memory is bounded, and the
    /// recent past can be asked for ([`slice`](MemorySink::slice)). Spark's `remember`.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let out = MemorySink::new().keep(secs(2));
    /// let pipeline = stream! { source(queue([vec![1], vec![2], vec![3]])).sink(out.clone()); };
    /// Engine::test().batch_interval(secs(1)).run(pipeline)?;
    /// out.assert_batches([vec![2], vec![3]]);
    /// # millstream::Result::<()>::Ok(())
    /// ```
    #[must_use]
    pub fn keep(self, span: Duration) -> Self {
        self.shared().keep.span = Some(span);
        self
    }

    /// Keeps so many of the last ticks only. With [`keep`](MemorySink::keep), those that both would keep.
    #[must_use]
    pub fn keep_ticks(self, count: usize) -> Self {
        self.shared().keep.ticks = Some(count);
        self
    }
}

impl<T: Clone> MemorySink<T> {
    /// The records of each committed tick with a time from `from` to `to`, both included, in order. Spark's `slice`.
    ///
    /// Ticks that are not kept any more, or not committed yet, are not among them.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let out = MemorySink::new();
    /// let pipeline = stream! { source(queue([vec![1], vec![2], vec![3]])).sink(out.clone()); };
    /// Engine::test().batch_interval(secs(1)).run(pipeline)?; // ticks at 1 s, 2 s and 3 s
    /// assert_eq!(out.slice(Timestamp::from_millis(2_000), Timestamp::from_millis(9_000)), [[2], [3]]);
    /// # millstream::Result::<()>::Ok(())
    /// ```
    pub fn slice(&self, from: Timestamp, to: Timestamp) -> Vec<Vec<T>> {
        let shared = self.shared();
        let ticks = shared.ticks.values().filter(|tick| (from..=to).contains(&tick.time));
        ticks.map(|tick| tick.records.clone()).collect()
    }
}

impl<T> Shared<T> {
    /// Drops what is not to be kept.
    pub(super) fn forget(&mut self) {
        let Some(latest) = self.ticks.last_key_value().map(|(_, tick)| tick.time) else { return };
        let Keep { span, ticks } = self.keep;
        while let Some((_, oldest)) = self.ticks.first_key_value() {
            let old = span.is_some_and(|span| oldest.time.plus(span) <= latest);
            if !old && ticks.is_none_or(|count| self.ticks.len() <= count) {
                return;
            }
            self.ticks.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{commit, tick};
    use super::*;
    use crate::clock::{millis, secs};

    /// Ticks at 1 s, 2 s, … that hold their numbers.
    fn filled(out: MemorySink<u64>, ticks: u64) -> MemorySink<u64> {
        for number in 0..ticks {
            commit(&mut out.clone(), &tick(number), vec![vec![number]]);
        }
        out
    }

    #[test]
    fn what_is_older_than_the_span_is_forgotten() {
        assert_eq!(filled(MemorySink::new().keep(secs(4)), 4).records(), [0, 1, 2, 3]);
        assert_eq!(filled(MemorySink::new().keep(secs(4)), 6).records(), [2, 3, 4, 5]);
        assert_eq!(filled(MemorySink::new().keep(millis(3999)), 6).records(), [2, 3, 4, 5]);
        assert_eq!(filled(MemorySink::new().keep(secs(0)), 3).records(), [0u64; 0]);
    }

    #[test]
    fn so_many_ticks_are_kept() {
        assert_eq!(filled(MemorySink::new().keep_ticks(2), 5).records(), [3, 4]);
        assert_eq!(filled(MemorySink::new().keep_ticks(2).keep(secs(1)), 5).records(), [4]);
        assert_eq!(filled(MemorySink::new().keep_ticks(0), 5).records(), [0u64; 0]);
    }

    #[test]
    fn a_slice_has_both_its_ends() {
        let out = filled(MemorySink::new(), 4);
        let at = |seconds| Timestamp::default().plus(secs(seconds));
        for (from, to, expected) in [(1, 1, 0..1), (2, 3, 1..3), (2, 5, 1..4), (0, 9, 0..4), (3, 2, 0..0)] {
            let expected: Vec<Vec<u64>> = expected.map(|n| vec![n]).collect();
            assert_eq!(out.slice(at(from), at(to)), expected, "{from} to {to}");
        }
    }
}
