//! `group_by_key`: all values of a key, in the order in which they came.

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

pub(crate) struct GroupByKey<K, V>(pub(crate) PhantomData<fn(K, V)>);

/// A tick's groups, made one key group at a time.
pub struct Grouping<K: Key, V> {
    input: Gather<K, V>,
    groups: Range<usize>,
    /// The keys of the group at hand, with how many values they have.
    keys: Arrivals<K, usize>,
    /// Its values, with the numbers of their keys.
    values: Vec<(u32, V)>,
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
        Ok(Box::new(Blocks(Grouping { input, groups, keys: Arrivals::default(), values: Vec::new() })))
    }
}

impl<K: Key<Owned = K> + Data, V: Data> ByBlock for Grouping<K, V> {
    type Out = (K, Vec<V>);

    fn next_block(&mut self, block: &mut Vec<Self::Out>) {
        while block.is_empty()
            && let Some(group) = self.groups.next()
        {
            for entry in self.input.take(group).into_iter().flatten() {
                let number = self.keys.number(entry.hash(), entry.slot, || 0);
                *self.keys.own(number) += 1;
                self.values.push((number, entry.value));
            }
            // Counted first, the lists are as long as they have to be, and never grow.
            block.extend(self.keys.drain().map(|(key, count)| (key, Vec::with_capacity(count))));
            for (number, value) in self.values.drain(..) {
                block[number as usize].1.push(value);
            }
        }
    }
}
