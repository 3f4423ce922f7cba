//! `cogroup`: the values of a key of two streams, side by side.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;

use super::arrivals::Arrivals;
use super::blocks::{Blocks, ByBlock};
use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::Data;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct Cogroup<K, V, W>(pub(crate) PhantomData<fn(K, V, W)>);

/// A tick's groups, made one key group at a time.
pub struct Cogrouping<K: Key, V, W> {
    left: Gather<K, V>,
    right: Gather<K, W>,
    groups: Range<usize>,
    keys: Arrivals<K, (Vec<V>, Vec<W>)>,
}

impl<K: Key<Owned = K> + Data, V: Data, W: Data> HeadOperator for Cogroup<K, V, W> {
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let [left, right] = gather::two(inputs);
        Ok(Box::new(Blocks(Cogrouping::<K, V, W> {
            left: Gather::new(left),
            right: Gather::new(right),
            groups,
            keys: Arrivals::default(),
        })))
    }
}

impl<K: Key<Owned = K> + Data, V: Data, W: Data> ByBlock for Cogrouping<K, V, W> {
    type Out = (K, (Vec<V>, Vec<W>));

    fn next_block(&mut self, block: &mut Vec<Self::Out>) {
        while block.is_empty()
            && let Some(group) = self.groups.next()
        {
            for entry in self.left.take(group).into_iter().flatten() {
                let number = self.keys.number(entry.hash(), entry.slot, Default::default);
                self.keys.own(number).0.push(entry.value);
            }
            for entry in self.right.take(group).into_iter().flatten() {
                let number = self.keys.number(entry.hash(), entry.slot, Default::default);
                self.keys.own(number).1.push(entry.value);
            }
            block.extend(self.keys.drain());
        }
    }
}
