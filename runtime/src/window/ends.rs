//! The ends of one key's panes.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// A queue of times that grow, as runs in which each is as far from the next: of a key with a value in every pane, one run.
///
/// # Contract
/// `last` has some, while any has; `before` is there while it has some, and none of its runs is empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ends {
    last: Run,
    #[allow(clippy::box_collection, reason = "three words less for most keys, which have one run")]
    before: Option<Box<VecDeque<Run>>>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Run {
    first: i64,
    /// From each to the next; of no meaning where there is one.
    step: i64,
    count: u32,
}

impl Ends {
    #[inline]
    pub fn first(&self) -> Option<i64> {
        let run = match &self.before {
            Some(before) => before.front().unwrap_or(&self.last),
            None => &self.last,
        };
        (run.count > 0).then_some(run.first)
    }

    pub fn last(&self) -> Option<i64> {
        let Run { first, step, count } = self.last;
        let steps = i64::from(count.checked_sub(1)?);
        Some(if steps == 0 { first } else { first + steps * step })
    }

    /// # Contract
    /// It is behind all others.
    #[inline]
    pub fn push(&mut self, end: i64) {
        debug_assert!(self.last().is_none_or(|last| last < end), "panes come in order");
        let Run { first, step, count } = self.last;
        match count {
            0 => self.last = Run { first: end, step: 0, count: 1 },
            1 => self.last = Run { first, step: end - first, count: 2 },
            _ if end == first + i64::from(count) * step && count < u32::MAX => self.last.count += 1,
            _ => {
                self.before.get_or_insert_default().push_back(self.last);
                self.last = Run { first: end, step: 0, count: 1 };
            }
        }
    }

    /// Takes out the first one, if there is one.
    #[inline]
    pub fn pop(&mut self) {
        let run = match &mut self.before {
            Some(before) => before.front_mut().unwrap_or(&mut self.last),
            None => &mut self.last,
        };
        run.count = run.count.saturating_sub(1);
        run.first = run.first.saturating_add(run.step);
        let is_over = run.count == 0;
        if let Some(before) = &mut self.before
            && is_over
        {
            before.pop_front();
            if before.is_empty() {
                self.before = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn they_are_a_queue(
            runs in proptest::collection::vec((any::<bool>(), prop_oneof![Just(1i64), 1i64..4], 0usize..20), 0..30),
        ) {
            let (mut ends, mut model, mut next) = (Ends::default(), VecDeque::new(), -50);
            for (comes, step, run) in runs {
                for _ in 0..run {
                    if comes {
                        next += step;
                        ends.push(next);
                        model.push_back(next);
                    } else {
                        ends.pop();
                        model.pop_front();
                    }
                    prop_assert_eq!(ends.first(), model.front().copied());
                    prop_assert_eq!(ends.last(), model.back().copied());
                }
                let bytes = postcard::to_io(&ends, Vec::new()).expect("it can be written");
                ends = postcard::from_bytes(&bytes).expect("it can be read");
            }
        }
    }

    #[test]
    fn ends_one_behind_the_other_are_one_run() {
        let mut ends = Ends::default();
        (1..=5000).for_each(|n| ends.push(1000 * n));
        (0..1400).for_each(|_| ends.pop());
        assert_eq!((ends.first(), ends.last()), (Some(1_401_000), Some(5_000_000)));
        assert!(ends.before.is_none());
    }
}
