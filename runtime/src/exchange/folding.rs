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
    /// From nothing on, or from what there is.
    pub(crate) fn from<T>(&self, folded: Option<A>, record: T) -> A
    where
        A: Clone,
        F: Fn(A, T) -> A,
    {
        let folded = folded.unwrap_or_else(|| blame::at(self.function.node, || self.init.clone()));
        self.call(folded, record)
    }

    #[inline(always)]
    pub(crate) fn call<T>(&self, folded: A, record: T) -> A
    where
        F: Fn(A, T) -> A,
    {
        blame::at(self.function.node, || (self.function.function)(folded, record))
    }
}
