//! `left_semi_join` and `left_anti_join`: left records by whether their key is on the right.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;

use super::blocks::{Blocks, ByBlock};
use super::gather::{self, Gather};
use super::index::{Index, NONE};
use crate::BoxError;
use crate::batch::Data;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

/// Keeps those whose key is on the right (`true`), or is not.
pub(crate) struct SemiJoin<K, V, const MATCHED: bool>(pub(crate) PhantomData<fn(K, V)>);

/// A tick's results, made one key group at a time.
pub struct SemiJoining<K: Key, V, const MATCHED: bool> {
    left: Gather<K, V>,
    right: Gather<K, ()>,
    groups: Range<usize>,
    known: Index<K, ()>,
}

impl<K: Key<Owned = K> + Data, V: Data, const MATCHED: bool> HeadOperator for SemiJoin<K, V, MATCHED> {
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let [left, right] = gather::two(inputs);
        Ok(Box::new(Blocks(SemiJoining::<K, V, MATCHED> {
            left: Gather::new(left),
            right: Gather::new(right),
            groups,
            known: Index::default(),
        })))
    }
}

impl<K: Key<Owned = K> + Data, V: Data, const MATCHED: bool> ByBlock for SemiJoining<K, V, MATCHED> {
    type Out = (K, V);

    fn next_block(&mut self, block: &mut Vec<(K, V)>) {
        while block.is_empty()
            && let Some(group) = self.groups.next()
        {
            let (pairs, known) = (self.left.take(group), self.right.take(group));
            if pairs.is_empty() || (MATCHED && known.is_empty()) {
                continue;
            }
            self.known.build(known);
            for entry in pairs.into_iter().flatten() {
                if (self.known.find(&entry) != NONE) == MATCHED {
                    block.push((K::from_slot(entry.slot), entry.value));
                }
            }
        }
    }
}
