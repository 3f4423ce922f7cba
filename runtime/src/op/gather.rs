//! The input of a keyed operator, key group by key group.

use std::ops::Range;

use super::open;
use crate::batch::Data;
use crate::exchange::{Chunks, Owners, Scattered};
use crate::key::Key;
use crate::pipeline::{Bucket, TaskContext};

/// What the upstream tasks sent through one input.
pub struct Gather<K: Key, V> {
    tasks: Vec<Scattered<K, V>>,
}

impl<K: Key<Owned = K> + Data, V: Data> Gather<K, V> {
    pub(crate) fn new(buckets: Vec<Bucket>) -> Self {
        Gather { tasks: buckets.into_iter().map(open::<Scattered<K, V>>).collect() }
    }
}

impl<K: Key, V> Gather<K, V> {
    /// The pairs of a group: upstream tasks in their order, and the pairs of each in the order in which they came.
    pub(crate) fn take(&mut self, group: usize) -> Chunks<K, V> {
        let mut tasks = self.tasks.iter_mut();
        let mut all = tasks.next().map(|task| task.take(group)).unwrap_or_default();
        for task in tasks {
            all.append(&mut task.take(group));
        }
        all
    }
}

/// The groups of the partition that a task works for; none where nothing came.
pub(crate) fn groups(cx: &TaskContext, inputs: &[Vec<Bucket>]) -> Range<usize> {
    if inputs.iter().all(Vec::is_empty) { 0..0 } else { Owners::groups(cx.task, cx.partitions) }
}

/// The two inputs of an operator.
pub(crate) fn two(inputs: Vec<Vec<Bucket>>) -> [Vec<Bucket>; 2] {
    inputs.try_into().expect("an operator on two streams is built with two inputs")
}
