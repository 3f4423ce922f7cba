//! `fold_by_key`: the values of a key, folded one after the other. And `aggregate_by_key`'s merging half.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::arrivals::Arrivals;
use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::Folding;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct FoldByKey<K, V, A, F> {
    pub(crate) folding: Arc<Folding<A, F>>,
    pub(crate) pairs: PhantomData<fn(K, V)>,
}

const FULL: &str =
    "an accumulator is gone only while the user's function runs, and a panic there ends the task";

impl<K, V, A, F> HeadOperator for FoldByKey<K, V, A, F>
where
    K: Key<Owned = K> + Data,
    V: Data,
    A: Data + Clone + Sync,
    F: Fn(A, V) -> A + Send + Sync,
{
    fn tick(
        &self,
        cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let groups = gather::groups(cx, &inputs);
        let mut input = Gather::<K, V>::new(inputs.into_iter().flatten().collect());
        let mut keys = Arrivals::<K, Option<A>>::default();
        let mut rows: Vec<(K, A)> = Vec::new();
        for group in groups {
            for entry in input.take(group).into_iter().flatten() {
                let number = keys.number(entry.hash(), entry.slot, || None);
                let so_far = keys.own(number);
                let before = so_far.take().unwrap_or_else(|| self.folding.init.clone());
                *so_far = Some(self.folding.call(before, entry.value));
            }
            rows.extend(keys.drain().map(|(key, a)| (key, a.expect(FULL))));
        }
        Ok(Box::new(Rows::new(rows)))
    }
}
