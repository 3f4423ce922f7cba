//! The tail of `aggregate`.

use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use super::codec::{BySerde, Crosses, Tailed, Wire};
use super::{Folding, Tail};
use crate::batch::Data;
use crate::blame;
use crate::pipeline::{Bucket, TaskContext};

/// Folds a task's records as they come.
pub struct AggregateAll<T, A, F> {
    /// Empty only while the user's function runs.
    folded: Option<A>,
    folding: Arc<Folding<A, F>>,
    records: PhantomData<fn(T)>,
}

const FULL: &str = "it is empty only while the user's function runs, and a panic there ends the task";

impl<T, A, F: Fn(A, T) -> A> AggregateAll<T, A, F> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        let before = self.folded.take().expect(FULL);
        self.folded = Some(self.folding.call(before, record));
    }
}

impl<T, A, F> Tail for AggregateAll<T, A, F>
where
    T: Data,
    A: Data + Clone + Sync,
    F: Fn(A, T) -> A + Send + Sync,
{
    type Shared = Arc<OnceLock<Arc<Folding<A, F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let folding = shared.get().expect("aggregate gave its function when the pipeline was built");
        let init = blame::at(folding.function.node, || folding.init.clone());
        AggregateAll { folded: Some(init), folding: Arc::clone(folding), records: PhantomData }
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.folded)]
    }
}

impl<T, A, F> Crosses for AggregateAll<T, A, F> {
    type Records = A;
}
impl<T, A: Wire, F> BySerde for Tailed<AggregateAll<T, A, F>> {
    type Crosses = AggregateAll<T, A, F>;
    type Bucket = Option<A>;
}
