//! `reduce`'s tail.

use std::sync::{Arc, OnceLock};

use super::codec::{AsRecords, BySerde, Crosses, Tailed, Wire};
use super::{Reducer, Tail};
use crate::batch::Data;
use crate::pipeline::{Bucket, TaskContext};

/// Reduces a task's records as they come: one is kept.
pub struct ReduceAll<T, F> {
    /// Empty before the first record, and while the user's function runs.
    reduced: Option<T>,
    reducer: Arc<Reducer<F>>,
}

impl<T, F: Fn(T, T) -> T> ReduceAll<T, F> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        self.reduced = Some(match self.reduced.take() {
            Some(before) => self.reducer.call(before, record),
            None => record,
        });
    }
}

impl<T: Data, F: Fn(T, T) -> T + Send + Sync> Tail for ReduceAll<T, F> {
    type Shared = Arc<OnceLock<Arc<Reducer<F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let reducer = shared.get().expect("reduce gave its function when the pipeline was built");
        ReduceAll { reduced: None, reducer: Arc::clone(reducer) }
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.reduced)]
    }
}

impl<T, F> Crosses for ReduceAll<T, F> {
    type Records = T;
}
impl<T: Wire, F> BySerde for Tailed<ReduceAll<T, F>> {
    type Crosses = ReduceAll<T, F>;
    type Bucket = Option<T>;
}

impl<T: Wire> AsRecords for Option<T> {
    type Records = Option<T>;

    fn into_records(self) -> Option<T> {
        self
    }

    fn from_records(records: Option<T>) -> Self {
        records
    }
}
