//! `fold_by_key`: the values of a key, folded one after the other. And `aggregate_by_key`'s merging half.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::gather::{self, Gather, Numbers};
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::{Entry, Folder};
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct FoldByKey<K, V, A, F> {
    pub(crate) folder: Arc<Folder<A, F>>,
    pub(crate) pairs: PhantomData<fn(K, V)>,
}

const FULL: &str = "an accumulator is gone only while the user's function runs, and a panic there ends the task";

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
        let mut numbers = Numbers::default();
        let mut rows: Vec<(K, A)> = Vec::new();
        let mut folded: Vec<(K::Slot, Option<A>)> = Vec::new();
        for group in groups {
            let pairs = input.take(group);
            numbers.number::<K, V, ()>(&pairs, &[]);
            for (Entry { slot, value, .. }, number) in
                pairs.into_iter().flatten().zip(numbers.of_pair.iter())
            {
                let number = *number as usize;
                if number == folded.len() {
                    folded.push((slot, Some(self.folder.first(value))));
                } else {
                    let so_far = &mut folded[number].1;
                    let before = so_far.take().expect(FULL);
                    *so_far = Some(self.folder.next(before, value));
                }
            }
            rows.extend(folded.drain(..).map(|(slot, a)| (K::from_slot(slot), a.expect(FULL))));
        }
        Ok(Box::new(Rows::new(rows)))
    }
}
