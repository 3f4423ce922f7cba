//! `fold_by_key`: the values of a key, folded one after the other. And what is exact.

use std::any::Any;
use std::marker::PhantomData;

use super::arrivals::Arrivals;
use super::gather::{self, Gather};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

/// `fold` makes of what a key has so far, nothing at its first value, and of a value what it has then.
pub(crate) struct FoldByKey<K, V, A, F> {
    fold: F,
    types: PhantomData<fn(K, V) -> A>,
}

impl<K, V, A, F: Fn(Option<A>, V) -> A> FoldByKey<K, V, A, F> {
    pub(crate) fn new(fold: F) -> Self {
        FoldByKey { fold, types: PhantomData }
    }
}

const FULL: &str =
    "an accumulator is gone only while the user's function runs, and a panic there ends the task";

impl<K, V, A, F> HeadOperator for FoldByKey<K, V, A, F>
where
    K: Key<Owned = K> + Data,
    V: Data,
    A: Data,
    F: Fn(Option<A>, V) -> A + Send + Sync,
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
                *so_far = Some((self.fold)(so_far.take(), entry.value));
            }
            rows.extend(keys.drain().map(|(key, a)| (key, a.expect(FULL))));
        }
        Ok(Box::new(Rows::new(rows)))
    }
}
