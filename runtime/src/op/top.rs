//! `top`: the largest of the tasks' largest.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use super::open;
use crate::BoxError;
use crate::batch::{Data, Rows};
use crate::exchange::{Rank, Ranking, Top};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;

pub(crate) struct MergeTops<T, R> {
    ranking: Arc<Ranking<R>>,
    records: PhantomData<fn(T)>,
}

impl<T, R> MergeTops<T, R> {
    pub(crate) fn new(ranking: Arc<Ranking<R>>) -> Self {
        MergeTops { ranking, records: PhantomData }
    }
}

impl<T: Data, R: Rank<T>> HeadOperator for MergeTops<T, R> {
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let mut top = Top::new(Arc::clone(&self.ranking));
        for record in inputs.into_iter().flatten().flat_map(open::<Vec<T>>) {
            top.push(record);
        }
        Ok(Box::new(Rows::new(top.into_records())))
    }
}
