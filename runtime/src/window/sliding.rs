//! The aggregate of a sliding window whose function has no inverse.

use serde::{Deserialize, Serialize};

use super::Panes;
use super::span::Span;

/// One key's panes, and enough partial aggregates that a window costs a few calls of the function, however many panes it has.
///
/// DABA Lite: Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case constant time" (The VLDB
/// Journal, 2021). It is the folklore queue of two stacks, but the work of turning the back stack round is spread over the
/// panes that come and go meanwhile, so no tick has to turn all panes of all keys at once. At most three calls for a pane
/// that comes, two for one that goes, one for a result.
///
/// The panes lie in one queue, in five parts; `Σ` is the function over panes, in order:
///
/// ```text
/// front ── left ── right ── built ── back ── end
///   Σ to back │ Σ to right │ itself │ Σ to back │ itself
/// ```
///
/// # Contract
/// - Panes come in order of time.
/// - The function is associative. It need not be commutative: panes are combined in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sliding<V> {
    /// With the ends of the panes.
    panes: Panes<V>,
    /// Where the parts begin, counted from the front.
    left: u32,
    right: u32,
    built: u32,
    back: u32,
    /// Σ from `right` to `built`, as it was when `right` last moved to the old `back`.
    middle: Option<V>,
    /// Σ of the part `back`.
    last: Option<V>,
    /// The pane that ticks still add to.
    open: Option<(i64, V)>,
}

impl<V> Default for Sliding<V> {
    fn default() -> Self {
        Sliding {
            panes: Panes::default(),
            left: 0,
            right: 0,
            built: 0,
            back: 0,
            middle: None,
            last: None,
            open: None,
        }
    }
}

impl<V: Clone> Sliding<V> {
    /// A value of the pane that ends at `pane`.
    #[inline]
    pub fn add(&mut self, pane: i64, value: V, f: &impl Fn(V, V) -> V) {
        self.open = Some(match self.open.take() {
            None => (pane, value),
            Some((same, before)) if same == pane => (pane, f(before, value)),
            Some((earlier, before)) => {
                debug_assert!(earlier < pane, "panes come in order");
                self.push(earlier, before, f);
                (pane, value)
            }
        });
    }

    /// The aggregate of a window, if it has a value, and forgets what is before it.
    #[inline]
    pub fn slide(&mut self, span: Span, f: &impl Fn(V, V) -> V) -> Option<V> {
        while self.panes.front().is_some_and(|(pane, _)| *pane <= span.after) {
            self.pop(f);
        }
        if let Some((pane, value)) = self.open.take_if(|(pane, _)| *pane <= span.end)
            && pane > span.after
        {
            self.push(pane, value, f);
        }
        let front = self.panes.front().filter(|_| self.back > 0).map(|(_, front)| front.clone());
        match (front, self.last.clone()) {
            (Some(front), Some(last)) => Some(f(front, last)),
            (front, last) => front.or(last),
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.panes.is_empty() && self.open.is_none()
    }

    fn push(&mut self, pane: i64, value: V, f: &impl Fn(V, V) -> V) {
        self.last = Some(match self.last.take() {
            Some(last) => f(last, value.clone()),
            None => value.clone(),
        });
        self.panes.push_back((pane, value));
        self.step(f);
    }

    fn pop(&mut self, f: &impl Fn(V, V) -> V) {
        self.panes.pop_front();
        // The first part holds the front, while there is one: each step gives it a pane.
        self.left -= 1;
        self.right -= 1;
        self.built -= 1;
        self.back -= 1;
        self.step(f);
    }

    /// Moves on by a pane.
    fn step(&mut self, f: &impl Fn(V, V) -> V) {
        let end = u32::try_from(self.panes.len()).expect("fewer than 2^32 panes fit into memory");
        if self.back == 0 {
            // Nothing, or a single pane, which is its own Σ.
            debug_assert!(end <= 1);
            (self.left, self.right, self.built, self.back) = (end, end, end, end);
            (self.middle, self.last) = (None, None);
            return;
        }
        if self.left == self.back {
            (self.left, self.right, self.built, self.back) = (0, self.back, end, end);
            self.middle = self.last.take();
        }
        if self.left == self.right {
            self.left += 1;
            self.right += 1;
            self.built += 1;
            return;
        }
        if let Some(middle) = &self.middle {
            let value = self.panes.value_mut(self.left as usize);
            *value = f(value.clone(), middle.clone());
        }
        self.left += 1;
        if self.built < self.back {
            let behind = self.panes.value_mut(self.built as usize).clone();
            let value = self.panes.value_mut(self.built as usize - 1);
            *value = f(value.clone(), behind);
        }
        self.built -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    /// What happens at the end of a pane: how many values came in it, and whether a window ends there.
    fn panes() -> impl Strategy<Value = Vec<(usize, bool)>> {
        proptest::collection::vec((prop_oneof![Just(0usize), Just(1), 0usize..4], any::<bool>()), 0..120)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_window_is_the_function_over_its_values_in_order(panes in panes(), length in 1i64..40, breaks in any::<bool>()) {
            let concat = |a: String, b: String| a + &b;
            let (mut sliding, mut all) = (Sliding::default(), Vec::new());
            for (end, (values, due)) in (1i64..).zip(panes) {
                for value in 0..values {
                    let text = format!("{end}.{value} ");
                    sliding.add(end, text.clone(), &concat);
                    all.push((end, text));
                }
                if due {
                    let after = end - length;
                    let model: String = all.iter().filter(|(pane, _)| *pane > after).map(|(_, text)| text.as_str()).collect();
                    let got = sliding.slide(Span { after, end }, &concat).unwrap_or_default();
                    prop_assert_eq!(got, model);
                    prop_assert_eq!(sliding.is_empty(), all.iter().all(|(pane, _)| *pane <= after));
                }
                if breaks {
                    let bytes = postcard::to_io(&sliding, Vec::new()).expect("it can be written");
                    sliding = postcard::from_bytes(&bytes).expect("it can be read");
                }
            }
        }
    }

    #[test]
    fn no_tick_calls_the_function_often_however_long_the_window() {
        for length in [10i64, 3600] {
            let calls = Cell::new(0);
            let sum = |a: u64, b: u64| {
                calls.set(calls.get() + 1);
                a + b
            };
            let (mut sliding, mut most) = (Sliding::default(), 0);
            for end in 1..=3 * length {
                calls.set(0);
                sliding.add(end, 1, &sum);
                assert_eq!(
                    sliding.slide(Span { after: end - length, end }, &sum),
                    Some(end.min(length) as u64)
                );
                most = most.max(calls.get());
            }
            // Three for the pane that comes, two for the one that goes, one for the result.
            assert!(most <= 6, "{most} calls in a tick of a window of {length}");
        }
    }

    #[test]
    fn what_is_ahead_of_a_late_window_waits_for_the_next_one() {
        let sum = |a: u64, b: u64| a + b;
        let mut sliding = Sliding::default();
        sliding.add(1, 1, &sum);
        sliding.add(5, 7, &sum);
        assert_eq!(sliding.slide(Span { after: 0, end: 4 }, &sum), Some(1));
        assert_eq!(sliding.slide(Span { after: 4, end: 8 }, &sum), Some(7));
        assert_eq!(sliding.slide(Span { after: 8, end: 12 }, &sum), None);
        assert!(sliding.is_empty());
    }
}
