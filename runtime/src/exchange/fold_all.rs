//! The tail of a `fold` that combines.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::{Reducer, Tail};
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, TaskContext};

/// What a `fold` begins with, and its function.
#[derive(Debug)]
pub struct Folder<A, F> {
    pub(crate) init: A,
    pub(crate) function: Reducer<F>,
}

impl<A, F> Folder<A, F> {
    #[inline(always)]
    pub(crate) fn call<T>(&self, folded: A, record: T) -> A
    where
        F: Fn(A, T) -> A,
    {
        blame::at(self.function.node, || (self.function.function)(folded, record))
    }
}

/// Folds a task's records as they come.
pub struct FoldAll<T, A, F> {
    /// Empty only while the user's function runs.
    folded: Option<A>,
    folder: Arc<Folder<A, F>>,
    records: PhantomData<fn(T)>,
}

const FULL: &str = "it is empty only while the user's function runs, and a panic there ends the task";

impl<T, A, F: Fn(A, T) -> A> FoldAll<T, A, F> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        let before = self.folded.take().expect(FULL);
        self.folded = Some(self.folder.call(before, record));
    }
}

impl<T, A, F> Tail for FoldAll<T, A, F>
where
    T: Data,
    A: Data + Clone + Sync,
    F: Fn(A, T) -> A + Send + Sync,
{
    type Shared = Arc<OnceLock<Arc<Folder<A, F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let folder = shared.get().expect("fold gave its function when the pipeline was built");
        let init = blame::at(folder.function.node, || folder.init.clone());
        FoldAll { folded: Some(init), folder: Arc::clone(folder), records: PhantomData }
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.folded)]
    }
}

impl<T, A, F> Crosses for FoldAll<T, A, F> {
    type Records = A;
}
impl<T, A: Wire, F> BySerde for Tailed<FoldAll<T, A, F>> {
    type Crosses = FoldAll<T, A, F>;
    type Bucket = Option<A>;
}
