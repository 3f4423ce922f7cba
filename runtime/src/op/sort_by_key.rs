//! `sort_by_key`: merging what the tasks sorted.

use std::any::Any;
use std::marker::PhantomData;

use super::open;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::Sorting;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct MergeSorted<K, V> {
    sorting: Sorting,
    pairs: PhantomData<fn(K, V)>,
}

impl<K, V> MergeSorted<K, V> {
    pub(crate) fn new(sorting: Sorting) -> Self {
        MergeSorted { sorting, pairs: PhantomData }
    }
}

impl<K: Ord + Data, V: Data> HeadOperator for MergeSorted<K, V> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut runs = inputs.into_iter().flatten().map(open::<Vec<(K, V)>>).filter(|run| !run.is_empty());
        let mut pairs = runs.next().unwrap_or_default();
        let first = pairs.len();
        pairs.extend(runs.flatten());
        if pairs.len() > first {
            // It finds the runs again, and merges them.
            self.sorting.sort(&mut pairs);
        }
        Ok(Box::new(Rows::new(pairs)))
    }
}
