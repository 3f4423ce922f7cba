//! Tails that hand records on as they are.

use std::sync::{Arc, OnceLock};

use super::Tail;
use crate::batch::Data;
use crate::pipeline::{Bucket, TaskContext};

/// Keeps every record, in order.
#[derive(Debug)]
pub struct Give<T>(Vec<T>);

impl<T> Give<T> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        self.0.push(record);
    }
}

impl<T: Data> Tail for Give<T> {
    type Shared = ();

    fn share() {}

    fn open((): &(), _cx: &TaskContext) -> Self {
        Give(Vec::new())
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.0)]
    }
}

/// Keeps the first records only: `print`'s tail.
#[derive(Debug)]
pub struct First<T> {
    limit: usize,
    records: Vec<T>,
}

impl<T> First<T> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        if self.records.len() < self.limit {
            self.records.push(record);
        }
    }
}

impl<T: Data> Tail for First<T> {
    type Shared = Arc<OnceLock<usize>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, _cx: &TaskContext) -> Self {
        let limit = *shared.get().expect("print gave its length when the pipeline was built");
        First { limit, records: Vec::new() }
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.records)]
    }
}
