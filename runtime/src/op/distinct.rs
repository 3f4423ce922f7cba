//! `distinct`: merging what the tasks kept.

use std::any::Any;
use std::marker::PhantomData;

use super::merged;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::KeyTable;
use crate::key::Key;
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct MergeSets<K>(pub(crate) PhantomData<fn(K)>);

impl<K: Key<Owned = K> + Data> HeadOperator for MergeSets<K> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let merged: KeyTable<K, ()> = merged(inputs, |(), ()| ());
        let records: Vec<K> = merged.into_rows().into_iter().map(|(record, ())| record).collect();
        Ok(Box::new(Rows::new(records)))
    }
}
