//! The aggregate of a sliding window whose function has an inverse.

use serde::{Deserialize, Serialize};

use super::panes::Panes;
use super::span::Span;

/// A total, to which panes that come are added and from which those that go are taken: a call each.
///
/// What was there once has a total for ever: with no values left, it is what the inverse makes of the last ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invertible<V> {
    /// With the ends of the panes.
    panes: Panes<V>,
    /// How many of them the total holds: those up to the end of the last window.
    counted: usize,
    total: Option<V>,
    /// The pane that ticks still add to.
    open: Option<(i64, V)>,
}

impl<V> Default for Invertible<V> {
    fn default() -> Self {
        Invertible { panes: Panes::default(), counted: 0, total: None, open: None }
    }
}

impl<V> Invertible<V> {
    /// Of a key of this key group: its blocks are full at other times than those of other groups.
    pub fn of_group(group: usize) -> Self {
        Invertible { panes: Panes::of_group(group), ..Invertible::default() }
    }

    fn push(&mut self, pane: i64, value: V) {
        self.panes.make_room();
        self.panes.push_back(pane, value);
    }
}

impl<V: Clone> Invertible<V> {
    /// Reads what the next slide meets, as [`Panes::warm`] does.
    #[inline]
    pub fn warm(&self) {
        self.panes.warm();
    }

    /// A value of the pane that ends at `pane`.
    #[inline]
    pub fn add(&mut self, pane: i64, value: V, f: &impl Fn(V, V) -> V) {
        self.open = Some(match self.open.take() {
            None => (pane, value),
            Some((same, before)) if same == pane => (pane, f(before, value)),
            Some((earlier, before)) => {
                debug_assert!(earlier < pane, "panes come in order");
                self.push(earlier, before);
                (pane, value)
            }
        });
    }

    /// The total of a window, if there ever was a value.
    #[inline]
    pub fn slide(&mut self, span: Span, f: &impl Fn(V, V) -> V, inverse: &impl Fn(V, V) -> V) -> Option<&V> {
        while self.panes.first_end().is_some_and(|pane| pane <= span.after) {
            let Some(gone) = self.panes.pop_front() else { break };
            if self.counted > 0 {
                self.counted -= 1;
                self.total = self.total.take().map(|total| inverse(total, gone));
            }
        }
        if let Some((pane, value)) = self.open.take_if(|(pane, _)| *pane <= span.end)
            && pane > span.after
        {
            self.push(pane, value);
        }
        while let Some(value) = self.panes.get(self.counted) {
            let value = value.clone();
            self.total = Some(match self.total.take() {
                Some(total) => f(total, value),
                None => value,
            });
            self.counted += 1;
        }
        self.total.as_ref()
    }

    /// Whether no value is left, but perhaps a total.
    pub fn is_over(&self) -> bool {
        self.panes.is_empty() && self.open.is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_window_is_the_sum_of_its_values(
            group in 0usize..200,
            panes in proptest::collection::vec((prop_oneof![Just(0usize), 0usize..4], any::<bool>()), 0..200),
            length in 1i64..100,
            breaks in any::<bool>(),
        ) {
            let (sum, minus) = (|a: i64, b: i64| a + b, |a: i64, b: i64| a - b);
            let (mut kept, mut all) = (Invertible::of_group(group), Vec::new());
            let mut met = false;
            for (end, (values, due)) in (1i64..).zip(panes) {
                for value in 0..values {
                    let n = 100 * end + value as i64;
                    kept.add(end, n, &sum);
                    all.push((end, n));
                }
                if due {
                    let after = end - length;
                    let left: Vec<i64> = all.iter().filter(|(pane, _)| *pane > after).map(|(_, n)| *n).collect();
                    met |= !left.is_empty();
                    let got = kept.slide(Span { after, end }, &sum, &minus).copied();
                    prop_assert_eq!(got, met.then(|| left.iter().sum()));
                    prop_assert_eq!(kept.is_over(), left.is_empty());
                }
                if breaks {
                    let bytes = postcard::to_io(&kept, Vec::new()).expect("it can be written");
                    kept = postcard::from_bytes(&bytes).expect("it can be read");
                }
            }
        }
    }

    #[test]
    fn a_tick_calls_each_function_once_however_long_the_window() {
        for length in [10i64, 3600] {
            let (sums, minuses) = (Cell::new(0), Cell::new(0));
            let count = |calls: &Cell<u64>| calls.set(calls.get() + 1);
            let sum = |a: u64, b: u64| {
                count(&sums);
                a + b
            };
            let minus = |a: u64, b: u64| {
                count(&minuses);
                a - b
            };
            let mut kept = Invertible::default();
            for end in 1..=3 * length {
                kept.add(end, 1, &sum);
                let window = kept.slide(Span { after: end - length, end }, &sum, &minus);
                assert_eq!(window, Some(&(end.min(length) as u64)));
            }
            assert_eq!((sums.get(), minuses.get()), (3 * length as u64 - 1, 2 * length as u64));
        }
    }

    #[test]
    fn what_is_ahead_of_a_late_window_waits_for_the_next_one() {
        let (sum, minus) = (|a: u64, b: u64| a + b, |a: u64, b: u64| a - b);
        let mut kept = Invertible::default();
        kept.add(1, 1, &sum);
        kept.add(5, 7, &sum);
        assert_eq!(kept.slide(Span { after: 0, end: 4 }, &sum, &minus), Some(&1));
        assert_eq!(kept.slide(Span { after: 4, end: 8 }, &sum, &minus), Some(&7));
        assert_eq!(kept.slide(Span { after: 8, end: 12 }, &sum, &minus), Some(&0));
        assert!(kept.is_over());
    }
}
