//! `repartition`'s tail.

use std::sync::{Arc, OnceLock};

use super::Tail;
use super::codec::{BySerde, Crosses, Tailed, Wire};
use crate::batch::Data;
use crate::pipeline::{Bucket, TaskContext};

/// Deals records to a number of buckets, one after the other.
#[derive(Debug)]
pub struct Deal<T> {
    buckets: Vec<Vec<T>>,
    next: usize,
}

impl<T> Deal<T> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        self.buckets[self.next].push(record);
        self.next += 1;
        if self.next == self.buckets.len() {
            self.next = 0;
        }
    }
}

impl<T: Data> Tail for Deal<T> {
    type Shared = Arc<OnceLock<usize>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let buckets = *shared.get().expect("repartition gave its number when the pipeline was built");
        // Not each of many small tasks begins with the same bucket.
        Deal { buckets: (0..buckets).map(|_| Vec::new()).collect(), next: cx.task % buckets }
    }

    fn close(self) -> Vec<Bucket> {
        self.buckets.into_iter().map(|records| Box::new(records) as Bucket).collect()
    }
}

impl<T> Crosses for Deal<T> {
    type Records = T;
}
impl<T: Wire> BySerde for Tailed<Deal<T>> {
    type Crosses = Deal<T>;
    type Bucket = Vec<T>;
}
