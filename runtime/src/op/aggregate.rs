//! `aggregate`: merges what the tasks folded.

use std::any::Any;
use std::sync::Arc;

use super::open;
use crate::batch::{Data, Rows};
use crate::exchange::{Folding, Reducer};
use crate::pipeline::{Bucket, HeadOperator, TaskContext};
use crate::state::Store;
use crate::{BoxError, blame};

pub(crate) struct MergeFolded<A, F, C> {
    pub(crate) folding: Arc<Folding<A, F>>,
    pub(crate) combine: Reducer<C>,
}

impl<A, F, C> HeadOperator for MergeFolded<A, F, C>
where
    A: Data + Clone + Sync,
    F: Send + Sync,
    C: Fn(A, A) -> A + Send + Sync,
{
    fn tick(
        &self,
        _cx: &TaskContext,
        _store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let folded = inputs.into_iter().flatten().filter_map(open::<Option<A>>);
        let merged = folded.reduce(|a, b| self.combine.call(a, b));
        let merged = merged.unwrap_or_else(|| blame::at(self.combine.node, || self.folding.init.clone()));
        Ok(Box::new(Rows::new(vec![merged])))
    }
}
