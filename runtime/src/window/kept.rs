//! The values of a window, as they are.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::span::Span;

/// Values in the order in which they came, and how many of them each pane has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept<V> {
    values: VecDeque<V>,
    /// With the ends of the panes; none is empty.
    panes: VecDeque<(i64, usize)>,
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Kept { values: VecDeque::new(), panes: VecDeque::new() }
    }
}

impl<V> Kept<V> {
    /// A value of the pane that ends at `pane`.
    #[inline]
    pub fn add(&mut self, pane: i64, value: V) {
        self.extend(pane, std::iter::once(value));
    }

    /// Values of the pane that ends at `pane`.
    pub fn extend(&mut self, pane: i64, values: impl IntoIterator<Item = V>) {
        let before = self.values.len();
        self.values.extend(values);
        let count = self.values.len() - before;
        match self.panes.back_mut() {
            Some((last, of_pane)) if *last == pane => *of_pane += count,
            last if count > 0 => {
                debug_assert!(last.is_none_or(|(last, _)| *last < pane), "panes come in order");
                self.panes.push_back((pane, count));
            }
            _ => {}
        }
    }

    /// How many values a window has, which are the first ones here; and forgets what is before it.
    pub fn slide(&mut self, span: Span) -> usize {
        while let Some(count) = span.pop_passed(&mut self.panes) {
            self.values.drain(..count);
        }
        // What was needed for a crowd that is gone is given back.
        if self.values.capacity() > 4 * self.values.len() + 16 {
            self.values.shrink_to(2 * self.values.len());
        }
        let ahead = self.panes.iter().rev().take_while(|(pane, _)| *pane > span.end);
        self.values.len() - ahead.map(|(_, count)| count).sum::<usize>()
    }

    pub fn values(&self) -> &VecDeque<V> {
        &self.values
    }

    /// Whether no value is left.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_window_has_its_values_in_order(
            panes in proptest::collection::vec((0usize..4, any::<bool>()), 0..60),
            length in 1i64..20,
            late in 0i64..3,
        ) {
            let (mut kept, mut all) = (Kept::default(), Vec::new());
            for (pane, (values, due)) in (1i64..).zip(panes) {
                let new: Vec<i64> = (0..values as i64).map(|n| 10 * pane + n).collect();
                all.extend(new.iter().map(|n| (pane, *n)));
                kept.extend(pane, new);
                if due {
                    let span = Span { after: pane - late - length, end: pane - late };
                    let model = all.iter().filter(|(pane, _)| (span.after + 1..=span.end).contains(pane)).map(|(_, n)| *n);
                    let count = kept.slide(span);
                    prop_assert_eq!(kept.values().iter().take(count).copied().collect::<Vec<_>>(), model.collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn what_a_crowd_needed_is_given_back() {
        let mut kept = Kept::default();
        kept.extend(1, 0..10_000);
        kept.add(2, 1);
        assert_eq!(kept.slide(Span { after: 1, end: 2 }), 1);
        assert!(kept.values.capacity() < 100, "{}", kept.values.capacity());
    }
}
