//! The panes of one key's window.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::ends::Ends;

/// A queue of panes: their values, and their ends.
///
/// A tick takes a pane from the front of each key's queue and puts one to its back. In one long queue those two places lie far
/// from each other, and from those of the next key: where windows have many panes, each is a miss of all caches, of that for
/// pages too. So panes move through the queue in blocks: ticks work on the first and on the last block, which stay where they
/// are, and only every [`BLOCK`] ticks a key has one put to those between, and one taken from there.
///
/// # Contract
/// - While there is any pane, `front` has one.
/// - While `between` has some, `back` has some.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Panes<V> {
    ends: Ends,
    /// Backwards: so the first one is popped.
    front: Vec<V>,
    back: Vec<V>,
    /// Whole blocks.
    between: VecDeque<V>,
    /// How many panes the first of them has, and how many the next one takes: [`BLOCK`], but for the first one of a key, which
    /// may be short, so that not all keys have theirs full in the same ticks.
    first: u8,
    next: u8,
}

/// How many panes move at a time.
pub(super) const BLOCK: usize = 32;

/// Up to how many lie in no room for a whole block.
const FEW: usize = 16;

/// What came to the front when its last pane had gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refill {
    /// Nothing: it has some yet.
    None,
    /// A block of those between.
    Block,
    /// The back, as there are no blocks between; or nothing, as there is no pane at all.
    Back,
}

impl<V> Default for Panes<V> {
    fn default() -> Self {
        Panes::with_first(BLOCK as u8)
    }
}

impl<V> Panes<V> {
    /// Of the key of this hash, on which it depends when its blocks are full.
    pub fn of_key(hash: u64) -> Self {
        Panes::with_first(1 + (hash % BLOCK as u64) as u8)
    }

    fn with_first(first: u8) -> Self {
        Panes {
            ends: Ends::default(),
            front: Vec::new(),
            back: Vec::new(),
            between: VecDeque::new(),
            first,
            next: first,
        }
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.front.is_empty()
    }

    /// The end of the first pane.
    #[inline]
    pub fn first_end(&self) -> Option<i64> {
        self.ends.first()
    }

    /// The value of the first pane.
    #[inline]
    pub fn front(&self) -> Option<&V> {
        self.front.last()
    }

    /// Takes out the first pane. When it was the last one of the front, others come there: the last one as it is, and each one
    /// before as `with` makes it of its value and of what was made of the one behind it.
    #[inline]
    pub fn pop_front(&mut self, with: impl FnMut(V, &V) -> V) -> (Option<V>, Refill) {
        self.ends.pop();
        let gone = self.front.pop();
        (gone, if self.front.is_empty() { self.refill(with) } else { Refill::None })
    }

    fn refill(&mut self, mut with: impl FnMut(V, &V) -> V) -> Refill {
        let front = &mut self.front;
        let put = |value: V| {
            let value = match front.last() {
                Some(behind) => with(value, behind),
                None => value,
            };
            front.push(value);
        };
        if self.between.is_empty() {
            self.back.drain(..).rev().for_each(put);
            return Refill::Back;
        }
        self.between.drain(..usize::from(self.first)).rev().for_each(put);
        self.first = BLOCK as u8;
        // What was needed when there were more is given back.
        if self.between.capacity() > 4 * self.between.len() + 2 * BLOCK {
            self.between.shrink_to(2 * self.between.len());
        }
        Refill::Block
    }

    /// Puts the panes of the back to the blocks between, if they are one. Says whether they were.
    #[inline]
    pub fn close_block(&mut self) -> bool {
        let is_full = self.back.len() >= usize::from(self.next);
        if is_full {
            self.between.extend(self.back.drain(..));
            self.next = BLOCK as u8;
        }
        is_full
    }

    /// # Contract
    /// No block is full.
    #[inline]
    pub fn push_back(&mut self, end: i64, value: V) {
        debug_assert!(self.back.len() < usize::from(self.next), "the block was closed");
        self.ends.push(end);
        if self.front.is_empty() {
            self.front.push(value);
            return;
        }
        if self.back.len() == FEW && self.back.capacity() < BLOCK {
            self.make_room();
        }
        self.back.push(value);
    }

    /// For whole blocks: for both at once, so that what ticks work on lies together, and not between what lies idle.
    #[cold]
    fn make_room(&mut self) {
        self.front.reserve_exact(BLOCK - self.front.len());
        self.back.reserve_exact(BLOCK - self.back.len());
    }

    /// A value.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&V> {
        match at.checked_sub(self.front.len()) {
            None => self.front.get(self.front.len() - 1 - at),
            Some(at) => self.between.get(at).or_else(|| self.back.get(at - self.between.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Runs of panes that come and go: so the queue is long at times, and empty at others.
        #[test]
        fn they_are_a_queue(hash: u64, runs in proptest::collection::vec((any::<bool>(), 0usize..100), 0..30)) {
            let (mut panes, mut model) = (Panes::of_key(hash), VecDeque::new());
            let mut next = 0i64;
            for (comes, run) in runs {
                for _ in 0..run {
                    if comes {
                        next += 1;
                        panes.close_block();
                        panes.push_back(next, 10 * next);
                        model.push_back(next);
                    } else {
                        prop_assert_eq!(panes.pop_front(|value, _| value).0, model.pop_front().map(|end| 10 * end));
                    }
                    prop_assert_eq!(panes.is_empty(), model.is_empty());
                    prop_assert_eq!(panes.first_end(), model.front().copied());
                    prop_assert_eq!(panes.front().copied(), model.front().map(|end| 10 * end));
                }
                let bytes = postcard::to_io(&panes, Vec::new()).expect("it can be written");
                panes = postcard::from_bytes(&bytes).expect("it can be read");
                for at in 0..=model.len() {
                    prop_assert_eq!(panes.get(at).copied(), model.get(at).map(|end| 10 * end));
                }
            }
        }
    }

    #[test]
    fn each_pane_comes_to_the_front_once_with_those_behind_it_in_its_block() {
        let mut panes = Panes::default();
        let (mut sums, mut blocks) = (0, 0);
        for n in 0..100 * BLOCK as i64 {
            blocks += usize::from(panes.close_block());
            panes.push_back(n, 1);
        }
        let mut refills = Vec::new();
        while !panes.is_empty() {
            let (_, refill) = panes.pop_front(|value, behind| {
                sums += 1;
                value + behind
            });
            if refill != Refill::None {
                refills.push((refill, panes.front().copied()));
            }
        }
        // The first pane was alone at the front.
        assert_eq!(blocks, 99);
        assert!(refills[..99].iter().all(|refill| *refill == (Refill::Block, Some(BLOCK as i64))));
        assert_eq!(refills[99..], [(Refill::Back, Some(BLOCK as i64 - 1)), (Refill::Back, None)]);
        assert_eq!(sums, 100 * BLOCK - 1 - 100);
    }
}
