//! What the folds share: `fold`, `fold_by_key`, `aggregate` and `aggregate_by_key`.

use super::Reducer;
use crate::blame;

/// What folding begins with, and its function.
#[derive(Debug)]
pub struct Folding<A, F> {
    pub(crate) init: A,
    pub(crate) function: Reducer<F>,
}

impl<A, F> Folding<A, F> {
    #[inline(always)]
    pub(crate) fn call<T>(&self, folded: A, record: T) -> A
    where
        F: Fn(A, T) -> A,
    {
        blame::at(self.function.node, || (self.function.function)(folded, record))
    }
}
