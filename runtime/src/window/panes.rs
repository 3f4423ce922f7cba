//! The panes of one key's window.

use std::collections::VecDeque;
use std::hint::black_box;
use std::mem::needs_drop;

use serde::{Deserialize, Serialize};

use super::ends::Ends;

/// A queue of panes: their values, and their ends.
///
/// A tick takes a pane from the front of each key's queue and puts one to its back. In one long queue those two places lie far
/// from each other, and from those of the next key: where windows have many panes, each is a miss of all caches, of that for
/// pages too. So the queue is one of blocks: ticks work on the first and on the last one, and only every [`BLOCK`] ticks a key
/// has one put to those between, and one taken from there. Blocks move as a whole, no pane is copied; the room of a block that is
/// used up is that of the next one. What a tick will miss can be read before, for many keys at once ([`Panes::warm`]).
///
/// # Contract
/// While there is any pane, `front` has one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Panes<V> {
    ends: Ends,
    front: VecDeque<V>,
    back: VecDeque<V>,
    between: Option<Box<Between<V>>>,
    len: u32,
    /// How many panes make the back a block: [`BLOCK`], but for the first one of a key.
    whole: u8,
}

/// # Contract
/// There is a block.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Between<V> {
    blocks: VecDeque<VecDeque<V>>,
    /// The room of the block that was used up last.
    #[serde(skip, default = "VecDeque::new")]
    used: VecDeque<V>,
}

/// How many a block has.
pub(super) const BLOCK: usize = 32;

/// What came to the front when its last pane had gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refill {
    /// Nothing: it has some yet. Or more of the same block.
    None,
    /// The begin of the next block.
    Block,
    /// The begin of all that was left; or nothing, as there is no pane at all.
    Back,
}

impl<V> Default for Panes<V> {
    fn default() -> Self {
        Panes::of_group(BLOCK - 1)
    }
}

impl<V> Panes<V> {
    /// Of a key of this key group. The groups have their blocks full in different ticks, the keys of a group that come in the
    /// same ticks at once: so they miss together.
    pub fn of_group(group: usize) -> Self {
        Panes {
            ends: Ends::default(),
            front: VecDeque::new(),
            back: VecDeque::new(),
            between: None,
            len: 0,
            whole: 1 + (group % BLOCK) as u8,
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
        self.front.front()
    }

    /// Takes out the first pane.
    #[inline]
    pub fn pop_front(&mut self) -> Option<V> {
        self.pop::<false>(|value, _| value).0
    }

    /// Takes out the first pane. When a block begins to come to the front, its last pane stays as it is, and each one before is
    /// what `with` makes of its value and of what was made of the one behind it.
    #[inline]
    pub fn pop_front_with(&mut self, with: impl FnMut(V, &V) -> V) -> Refill {
        self.pop::<true>(with).1
    }

    #[inline]
    fn pop<const WITH: bool>(&mut self, with: impl FnMut(V, &V) -> V) -> (Option<V>, Refill) {
        self.ends.pop();
        let gone = self.front.pop_front();
        self.len -= u32::from(gone.is_some());
        (gone, if self.front.is_empty() { self.refill::<WITH>(with) } else { Refill::None })
    }

    #[inline(never)]
    fn refill<const WITH: bool>(&mut self, mut with: impl FnMut(V, &V) -> V) -> Refill {
        let refill = self.open_block();
        if WITH {
            let front = &mut self.front;
            for n in 0..front.len() {
                let Some(value) = front.pop_back() else { break };
                let behind = front.front().filter(|_| n > 0);
                let value = match behind {
                    Some(behind) => with(value, behind),
                    None => value,
                };
                front.push_front(value);
            }
        }
        refill
    }

    /// The next block is the front.
    fn open_block(&mut self) -> Refill {
        let Some(between) = &mut self.between else {
            std::mem::swap(&mut self.front, &mut self.back);
            self.back.clear();
            return Refill::Back;
        };
        if let Some(block) = between.blocks.pop_front() {
            between.used = std::mem::replace(&mut self.front, block);
        }
        if between.blocks.is_empty() {
            self.between = None;
        } else if between.blocks.capacity() > 4 * between.blocks.len() + 8 {
            // What was needed when there were more is given back.
            between.blocks.shrink_to(2 * between.blocks.len());
        }
        Refill::Block
    }

    /// Makes room at the back for one more. Says whether it was a block.
    #[inline]
    pub fn make_room(&mut self) -> bool {
        let is_whole = self.back.len() >= usize::from(self.whole);
        if is_whole {
            self.close_block();
        }
        is_whole
    }

    #[inline(never)]
    fn close_block(&mut self) {
        let between = self
            .between
            .get_or_insert_with(|| Box::new(Between { blocks: VecDeque::new(), used: VecDeque::new() }));
        let mut room = std::mem::take(&mut between.used);
        // So it is filled from its begin, and is one run.
        room.clear();
        room.reserve_exact(BLOCK);
        between.blocks.push_back(std::mem::replace(&mut self.back, room));
        self.whole = BLOCK as u8;
    }

    /// Reads the values that the next call of `pop_front` meets, where that costs nothing but the read: over many keys, many misses
    /// are under way at once.
    #[inline]
    pub fn warm(&self)
    where
        V: Clone,
    {
        if needs_drop::<V>() {
            return;
        }
        black_box(self.front().cloned());
        if let (1, Some(between)) = (self.front.len(), &self.between) {
            let a_line = (64 / size_of::<V>().max(1)).max(1);
            let next = between.blocks.front().into_iter().flatten().step_by(a_line);
            next.cloned().for_each(|value| {
                black_box(value);
            });
        }
    }

    /// # Contract
    /// Room was made.
    #[inline]
    pub fn push_back(&mut self, end: i64, value: V) {
        debug_assert!(self.back.len() < usize::from(self.whole), "room was made");
        self.ends.push(end);
        self.len += 1;
        if self.front.is_empty() {
            self.front.push_back(value);
        } else {
            self.back.push_back(value);
        }
    }

    /// A value.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&V> {
        let behind = (self.len as usize).checked_sub(at)?;
        match self.back.len().checked_sub(behind) {
            Some(at) => self.back.get(at),
            None => self.get_before(at),
        }
    }

    /// One that is not at the back.
    #[inline(never)]
    fn get_before(&self, mut at: usize) -> Option<&V> {
        let between = self.between.iter().flat_map(|between| &between.blocks);
        for part in std::iter::once(&self.front).chain(between) {
            match at.checked_sub(part.len()) {
                None => return part.get(at),
                Some(behind) => at = behind,
            }
        }
        None
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
        fn they_are_a_queue(group in 0usize..200, runs in proptest::collection::vec((any::<bool>(), 0usize..100), 0..30)) {
            let (mut panes, mut model) = (Panes::of_group(group), VecDeque::new());
            let mut next = 0i64;
            for (comes, run) in runs {
                for _ in 0..run {
                    if comes {
                        next += 1;
                        panes.make_room();
                        panes.push_back(next, 10 * next);
                        model.push_back(next);
                    } else {
                        prop_assert_eq!(panes.pop_front(), model.pop_front().map(|end| 10 * end));
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
        let (mut calls, mut blocks, mut refills) = (0, 0, Vec::new());
        for n in 0..100 * BLOCK as i64 {
            blocks += usize::from(panes.make_room());
            panes.push_back(n, 1);
        }
        while !panes.is_empty() {
            let refill = panes.pop_front_with(|value, behind| {
                calls += 1;
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
        assert_eq!(calls, 100 * BLOCK - 1 - 100);
    }
}
