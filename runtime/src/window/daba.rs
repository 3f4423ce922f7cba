//! The aggregate of a queue, in worst-case constant time.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Values that come at the back and go at the front, and enough partial aggregates that their total costs one call of the
/// function, however many they are.
///
/// DABA Lite: Tangwongsan, Hirzel, Schneider, "In-order sliding-window aggregation in worst-case constant time" (The VLDB
/// Journal, 2021). It is the folklore queue of two stacks, but the work of turning the back stack round is spread over the
/// values that come and go meanwhile. At most three calls for a value that comes, two for one that goes, one for a total.
///
/// The values lie in one queue, in five parts; `Σ` is the function over values, in order:
///
/// ```text
/// front ── left ── right ── built ── back ── end
///   Σ to back │ Σ to right │ itself │ Σ to back │ itself
/// ```
///
/// # Contract
/// The function is associative. It need not be commutative: values are combined in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Daba<V> {
    values: VecDeque<V>,
    /// Where the parts begin, counted from the front.
    left: u32,
    right: u32,
    built: u32,
    back: u32,
    /// Σ from `right` to `built`, as it was when `right` last moved to the old `back`.
    middle: Option<V>,
    /// Σ of the part `back`.
    last: Option<V>,
}

impl<V> Default for Daba<V> {
    fn default() -> Self {
        Daba { values: VecDeque::new(), left: 0, right: 0, built: 0, back: 0, middle: None, last: None }
    }
}

impl<V: Clone> Daba<V> {
    pub fn push(&mut self, value: V, f: &impl Fn(V, V) -> V) {
        self.last = Some(match self.last.take() {
            Some(last) => f(last, value.clone()),
            None => value.clone(),
        });
        self.values.push_back(value);
        self.step(f);
    }

    /// Takes out the first value.
    ///
    /// # Contract
    /// There is one.
    pub fn pop(&mut self, f: &impl Fn(V, V) -> V) {
        self.values.pop_front();
        // The first part holds the front, while there is one: each step gives it a value.
        self.left -= 1;
        self.right -= 1;
        self.built -= 1;
        self.back -= 1;
        self.step(f);
    }

    /// Σ of all.
    pub fn total(&self, f: &impl Fn(V, V) -> V) -> Option<V> {
        let front = self.values.front().filter(|_| self.back > 0).cloned();
        match (front, self.last.clone()) {
            (Some(front), Some(last)) => Some(f(front, last)),
            (front, last) => front.or(last),
        }
    }

    /// Moves on by a value.
    fn step(&mut self, f: &impl Fn(V, V) -> V) {
        let end = u32::try_from(self.values.len()).expect("fewer than 2^32 values fit into memory");
        if self.back == 0 {
            // Nothing, or a single value, which is its own Σ.
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
            let value = &mut self.values[self.left as usize];
            *value = f(value.clone(), middle.clone());
        }
        self.left += 1;
        if self.built < self.back {
            let behind = self.values[self.built as usize].clone();
            let value = &mut self.values[self.built as usize - 1];
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Runs of values that come and go: so the queue is long at times, and empty at others.
        #[test]
        fn a_total_is_the_function_over_the_values_in_order(
            runs in proptest::collection::vec((any::<bool>(), 0usize..60), 0..20),
        ) {
            let calls = Cell::new(0);
            let concat = |a: String, b: String| {
                calls.set(calls.get() + 1);
                a + &b
            };
            let (mut daba, mut model, mut next) = (Daba::default(), VecDeque::new(), 0);
            for (comes, run) in runs {
                for _ in 0..run {
                    calls.set(0);
                    if comes {
                        next += 1;
                        let text = format!("{next} ");
                        model.push_back(text.clone());
                        daba.push(text, &concat);
                    } else if model.pop_front().is_some() {
                        daba.pop(&concat);
                    }
                    let most = if comes { 3 } else { 2 };
                    prop_assert!(calls.get() <= most);
                    let expected = (!model.is_empty()).then(|| Vec::from_iter(model.clone()).concat());
                    prop_assert_eq!(daba.total(&concat), expected);
                }
                let bytes = postcard::to_io(&daba, Vec::new()).expect("it can be written");
                daba = postcard::from_bytes(&bytes).expect("it can be read");
            }
        }
    }
}
