//! The aggregate of a sliding window whose function has no inverse.

use serde::{Deserialize, Serialize};

use super::daba::Daba;
use super::panes::{Panes, Refill};
use super::span::Span;

/// One key's panes, and enough partial aggregates that a window costs a few calls of the function, however many panes it has.
///
/// Two levels. Of the first panes, up to [`BLOCK`](super::panes::BLOCK), each has the aggregate from itself to the end of its block, and of the last ones
/// there is a running one: the two stacks of the folklore. Whole blocks between them have one aggregate each, in a [`Daba`]: so
/// no tick has to turn all panes of all keys at once, and what is between is touched only when a block is full or used up, which is
/// not in the same ticks for all key groups. A pane costs two calls, and a block five or six; a result costs two.
///
/// ```text
/// front              between                      back      open
/// Σ to its end │ Σ of a block, Σ of a block, … │ itself │ itself
///                 └─ `between`: Σ of all ─┘     `last`: Σ of all
/// ```
///
/// # Contract
/// - Panes come in order of time.
/// - The function is associative. It need not be commutative: panes are combined in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sliding<V> {
    /// With the ends of the panes.
    panes: Panes<V>,
    /// Σ of each block between; none, while there is none.
    blocks: Option<Box<Daba<V>>>,
    /// Σ of those.
    between: Option<V>,
    /// Σ of the panes of the back.
    last: Option<V>,
    /// The pane that ticks still add to.
    open: Option<(i64, V)>,
}

impl<V> Default for Sliding<V> {
    fn default() -> Self {
        Sliding::of(Panes::default())
    }
}

impl<V> Sliding<V> {
    /// Of a key of this key group: its blocks are full at other times than those of other groups.
    pub fn of_group(group: usize) -> Self {
        Sliding::of(Panes::of_group(group))
    }

    fn of(panes: Panes<V>) -> Self {
        Sliding { panes, blocks: None, between: None, last: None, open: None }
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
        while self.panes.first_end().is_some_and(|pane| pane <= span.after) {
            self.pop(f);
        }
        if let Some((pane, value)) = self.open.take_if(|(pane, _)| *pane <= span.end)
            && pane > span.after
        {
            self.push(pane, value, f);
        }
        let parts = [self.panes.front(), self.between.as_ref(), self.last.as_ref()];
        parts.into_iter().flatten().cloned().reduce(f)
    }

    /// Reads what the next slide meets, as [`Panes::warm`] does.
    #[inline]
    pub fn warm(&self) {
        self.panes.warm();
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.panes.is_empty() && self.open.is_none()
    }

    #[inline]
    fn push(&mut self, pane: i64, value: V, f: &impl Fn(V, V) -> V) {
        if self.panes.is_empty() {
            // It is its own Σ.
            self.panes.push_back(pane, value);
            return;
        }
        if self.panes.make_room() {
            self.close_block(f);
        }
        self.last = Some(match self.last.take() {
            Some(last) => f(last, value.clone()),
            None => value.clone(),
        });
        self.panes.push_back(pane, value);
    }

    #[inline]
    fn pop(&mut self, f: &impl Fn(V, V) -> V) {
        match self.panes.pop_front_with(|value, behind| f(value, behind.clone())) {
            Refill::None => {}
            Refill::Back => self.last = None,
            Refill::Block => self.open_block(f),
        }
    }

    /// The panes of the back are a block between.
    #[inline(never)]
    fn close_block(&mut self, f: &impl Fn(V, V) -> V) {
        let Some(sum) = self.last.take() else { return };
        let blocks = self.blocks.get_or_insert_default();
        blocks.push(sum, f);
        self.between = blocks.total(f);
    }

    /// The first block between has come to the front.
    #[inline(never)]
    fn open_block(&mut self, f: &impl Fn(V, V) -> V) {
        let Some(blocks) = &mut self.blocks else { return };
        blocks.pop(f);
        self.between = blocks.total(f);
        if self.between.is_none() {
            self.blocks = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::super::panes::BLOCK;
    use super::*;

    /// What happens at the end of a pane: how many values came in it, and whether a window ends there.
    fn panes() -> impl Strategy<Value = Vec<(usize, bool)>> {
        proptest::collection::vec((prop_oneof![Just(0usize), Just(1), 0usize..4], any::<bool>()), 0..300)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn a_window_is_the_function_over_its_values_in_order(
            group in 0usize..200,
            panes in panes(),
            length in prop_oneof![1i64..40, 1i64..200],
            breaks in any::<bool>(),
        ) {
            let concat = |a: String, b: String| a + &b;
            let (mut sliding, mut all) = (Sliding::of_group(group), Vec::new());
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
    fn a_tick_calls_the_function_as_often_however_long_the_window() {
        let mut all = Vec::new();
        for length in [10i64, 3600, 36_000] {
            let calls = Cell::new(0);
            let sum = |a: u64, b: u64| {
                calls.set(calls.get() + 1);
                a + b
            };
            let (mut sliding, mut most, mut total) = (Sliding::default(), 0, 0);
            for end in 1..=3 * length {
                calls.set(0);
                sliding.add(end, 1, &sum);
                assert_eq!(
                    sliding.slide(Span { after: end - length, end }, &sum),
                    Some(end.min(length) as u64)
                );
                most = most.max(calls.get());
                total += calls.get();
            }
            // At worst a block comes to the front, and one goes between: a call for each of its panes, and those of DABA.
            assert!(most <= BLOCK + 10, "{most} calls in a tick of a window of {length}");
            all.push(total as f64 / (3 * length) as f64);
        }
        assert!(all.iter().all(|calls| *calls < 4.5), "{all:?} calls a tick");
        assert!((all[2] - all[1]).abs() < 0.1, "{all:?} calls a tick");
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
