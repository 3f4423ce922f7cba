//! `group_by_key`: all values of a key, in the order in which they came.

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

pub(crate) struct GroupByKey<K, V>(pub(crate) PhantomData<fn(K, V)>);

/// A tick's groups, made one key group at a time.
pub struct Grouping<K: Key, V> {
    input: Gather<K, V>,
    groups: Range<usize>,
    numbers: Numbers,
}

impl<K: Key<Owned = K> + Data, V: Data> HeadOperator for GroupByKey<K, V> {
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        Ok(Box::new(Blocks(Grouping { input, groups, numbers: Numbers::default() })))
    }
}

impl<K: Key<Owned = K> + Data, V: Data> ByBlock for Grouping<K, V> {
    type Out = (K, Vec<V>);

    fn next_block(&mut self, block: &mut Vec<Self::Out>) {
        while block.is_empty()
            && let Some(group) = self.groups.next()
        {
            let pairs = self.input.take(group);
            self.numbers.number::<K, V, ()>(&pairs, &[]);
            block.reserve(self.numbers.counts.len());
            let numbers = self.numbers.of_pair.iter();
            for (Entry { slot, value, .. }, number) in pairs.into_iter().flatten().zip(numbers) {
                let number = *number as usize;
                if number == block.len() {
                    let values = Vec::with_capacity(self.numbers.counts[number] as usize);
                    block.push((K::from_slot(slot), values));
                }
                block[number].1.push(value);
            }
        }
    }
}
