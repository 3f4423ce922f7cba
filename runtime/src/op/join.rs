//! `join` and the outer joins: a hash join for each key group.
//!
//! The right side of a group goes into an index, the left side meets it in order of arrival. So matches leave in the
//! order of (key group, left arrival, right arrival), and in outer joins a group's right records without match
//! follow.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;
use std::vec;

use super::blocks::{BLOCK, Blocks, ByBlock};
use super::gather::{self, Gather};
use super::index::{Index, NONE};
use crate::BoxError;
use crate::batch::Data;
use crate::exchange::Entry;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

/// Which records a join keeps, and as what.
pub trait How<V, W>: Send + 'static {
    /// The value of a result.
    type Out;
    /// Keeps left records without match.
    const LEFT: bool;
    /// Keeps right records without match.
    const RIGHT: bool;
    /// A left record comes once, however many it matches.
    const ONCE: bool = false;

    /// Of a match, or of one side alone; both are there where the constants allow nothing else.
    fn out(left: Option<V>, right: Option<W>) -> Self::Out;
}

const BOTH: &str = "this join keeps no record of that side without a match";

macro_rules! how {
    ($($name:ident $left:literal $right:literal: |$v:ident, $w:ident| $out:expr => $type:ty;)+) => {$(
        /// Which records it keeps is said by its constants.
        #[derive(Debug)]
        pub struct $name;

        impl<V, W> How<V, W> for $name {
            type Out = $type;
            const LEFT: bool = $left;
            const RIGHT: bool = $right;
            #[inline(always)]
            fn out($v: Option<V>, $w: Option<W>) -> $type {
                $out
            }
        }
    )+};
}

how! {
    Inner false false: |v, w| (v.expect(BOTH), w.expect(BOTH)) => (V, W);
    LeftOuter true false: |v, w| (v.expect(BOTH), w) => (V, Option<W>);
    RightOuter false true: |v, w| (v, w.expect(BOTH)) => (Option<V>, W);
    FullOuter true true: |v, w| (v, w) => (Option<V>, Option<W>);
}

/// Left records that match, alone.
#[derive(Debug)]
pub struct LeftSemi;

impl<V, W> How<V, W> for LeftSemi {
    type Out = V;
    const LEFT: bool = false;
    const RIGHT: bool = false;
    const ONCE: bool = true;

    fn out(left: Option<V>, _: Option<W>) -> V {
        left.expect(BOTH)
    }
}

/// `Clone`; the place where what a join brings together is not.
#[diagnostic::on_unimplemented(
    message = "the keys and values that a join brings together must be `Clone`, and `{Self}` is not",
    label = "a record may have many matches, and each gets a copy of it",
    note = "derive `Clone`, or share the value: `.map_values(std::sync::Arc::new)` before the join",
    note = "`left_semi_join`, `left_anti_join` and `cogroup` need no copies"
)]
pub trait Matched {
    fn again(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Matched for T {
    #[inline(always)]
    fn again(&self) -> T {
        self.clone()
    }
}

pub(crate) struct Join<K, V, W, H>(pub(crate) PhantomData<fn(K, V, W, H)>);

/// A tick's matches, made while they are read.
pub struct Joining<K: Key, V, W, H> {
    left: Gather<K, V>,
    right: Gather<K, W>,
    groups: Range<usize>,
    /// Of the group at hand: what is left of its left records,
    probes: std::iter::Flatten<vec::IntoIter<Vec<Entry<K, V>>>>,
    /// its right records, indexed,
    right_pairs: Index<K, W>,
    /// which of them had a match (kept only where it matters),
    matched: Vec<bool>,
    /// and, once the left ones are through, those that had none.
    lone: vec::IntoIter<Entry<K, W>>,
    /// A left record with its next match.
    pending: Option<(K, V, u32)>,
    how: PhantomData<fn(H)>,
}

impl<K, V, W, H> HeadOperator for Join<K, V, W, H>
where
    K: Key<Owned = K> + Data + Matched,
    V: Data + Matched,
    W: Data + Matched,
    H: How<V, W>,
{
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let [left, right] = gather::two(inputs);
        Ok(Box::new(Blocks(Joining::<K, V, W, H> {
            left: Gather::new(left),
            right: Gather::new(right),
            groups,
            probes: Vec::new().into_iter().flatten(),
            right_pairs: Index::default(),
            matched: Vec::new(),
            lone: Vec::new().into_iter(),
            pending: None,
            how: PhantomData,
        })))
    }
}

impl<K, V, W, H> Joining<K, V, W, H>
where
    K: Key<Owned = K> + Data + Matched,
    V: Data + Matched,
    W: Data + Matched,
    H: How<V, W>,
{
    /// The next group's records, if there is one.
    fn next_group(&mut self) -> bool {
        let Some(group) = self.groups.next() else { return false };
        let (left, right) = (self.left.take(group), self.right.take(group));
        // Without a counterpart some joins give nothing.
        if (left.is_empty() && !H::RIGHT) || (right.is_empty() && !H::LEFT) {
            return true;
        }
        self.right_pairs.build(right);
        self.probes = left.into_iter().flatten();
        if H::RIGHT {
            self.matched.clear();
            self.matched.resize(self.right_pairs.len(), false);
        }
        true
    }

    /// The value of a match, and the position of the next one.
    #[inline(always)]
    fn right(&mut self, at: u32) -> (Option<W>, u32) {
        if H::RIGHT {
            self.matched[at as usize] = true;
        }
        let (value, next) = self.right_pairs.value(at);
        (Some(value.again()), next)
    }

    /// The matches of one left record, from `at` on, until the block is full.
    #[inline(never)]
    fn matches(&mut self, key: K, value: V, mut at: u32, block: &mut Vec<(K, H::Out)>) {
        loop {
            let (right, next) = self.right(at);
            if next == NONE {
                block.push((key, H::out(Some(value), right)));
                return;
            }
            block.push((key.again(), H::out(Some(value.again()), right)));
            if block.len() >= BLOCK {
                self.pending = Some((key, value, next));
                return;
            }
            at = next;
        }
    }

    /// The left records that are next, until the block is full or they are through.
    fn probe(&mut self, block: &mut Vec<(K, H::Out)>) {
        while block.len() < BLOCK
            && let Some(entry) = self.probes.next()
        {
            let at = self.right_pairs.find(&entry);
            let Entry { slot, value, .. } = entry;
            if at == NONE {
                if H::LEFT {
                    block.push((K::from_slot(slot), H::out(Some(value), None)));
                }
                continue;
            }
            if self.right_pairs.value(at).1 == NONE {
                let (right, _) = self.right(at);
                block.push((K::from_slot(slot), H::out(Some(value), right)));
            } else {
                self.matches(K::from_slot(slot), value, at, block);
            }
        }
    }

    /// The right records without match.
    fn lone(&mut self, block: &mut Vec<(K, H::Out)>) {
        let room = BLOCK - block.len();
        block.extend(
            self.lone.by_ref().take(room).map(|e| (K::from_slot(e.slot), H::out(None, Some(e.value)))),
        );
    }
}

impl<K, V, W, H> ByBlock for Joining<K, V, W, H>
where
    K: Key<Owned = K> + Data + Matched,
    V: Data + Matched,
    W: Data + Matched,
    H: How<V, W>,
{
    type Out = (K, H::Out);

    fn next_block(&mut self, block: &mut Vec<Self::Out>) {
        loop {
            if let Some((key, value, at)) = self.pending.take() {
                self.matches(key, value, at, block);
            }
            if block.len() < BLOCK {
                self.probe(block);
            }
            if block.len() >= BLOCK {
                return;
            }
            if H::RIGHT {
                // All the left records have been through.
                if self.right_pairs.len() > 0 {
                    let pairs = self.right_pairs.take().zip(self.matched.drain(..));
                    let lone = pairs.filter(|(_, matched)| !matched).map(|(entry, _)| entry);
                    self.lone = lone.collect::<Vec<_>>().into_iter();
                }
                self.lone(block);
                if block.len() >= BLOCK {
                    return;
                }
            }
            if !self.next_group() {
                return;
            }
        }
    }
}
