//! `cogroup`: the values of a key of two streams, side by side.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Range;

use super::blocks::{Blocks, ByBlock};
use super::gather::{self, Gather, Numbers};
use crate::BoxError;
use crate::batch::Data;
use crate::exchange::Entry;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct Cogroup<K, V, W>(pub(crate) PhantomData<fn(K, V, W)>);

/// A tick's groups, made one key group at a time.
pub struct Cogrouping<K: Key, V, W> {
    left: Gather<K, V>,
    right: Gather<K, W>,
    groups: Range<usize>,
    numbers: Numbers,
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
            numbers: Numbers::default(),
        })))
    }
}

impl<K: Key<Owned = K> + Data, V: Data, W: Data> ByBlock for Cogrouping<K, V, W> {
    type Out = (K, (Vec<V>, Vec<W>));

    fn next_block(&mut self, block: &mut Vec<Self::Out>) {
        while block.is_empty()
            && let Some(group) = self.groups.next()
        {
            let (left, right) = (self.left.take(group), self.right.take(group));
            self.numbers.number::<K, V, W>(&left, &right);
            let mut numbers = self.numbers.of_pair.iter().map(|number| *number as usize);
            for Entry { slot, value, .. } in left.into_iter().flatten() {
                let number = numbers.next().expect("every pair has a number");
                if number == block.len() {
                    block.push((K::from_slot(slot), (Vec::new(), Vec::new())));
                }
                block[number].1.0.push(value);
            }
            for Entry { slot, value, .. } in right.into_iter().flatten() {
                let number = numbers.next().expect("every pair has a number");
                if number == block.len() {
                    block.push((K::from_slot(slot), (Vec::new(), Vec::new())));
                }
                block[number].1.1.push(value);
            }
        }
    }
}
