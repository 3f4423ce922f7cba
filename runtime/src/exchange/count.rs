//! `count`'s tail.

use super::Tail;
use crate::pipeline::{Bucket, TaskContext};

/// Counts what is pushed.
#[derive(Debug)]
pub struct Count(u64);

impl Count {
    #[inline(always)]
    pub fn push<T>(&mut self, _record: T) {
        self.0 += 1;
    }
}

impl Tail for Count {
    type Shared = ();

    fn share() {}

    fn open((): &(), _cx: &TaskContext) -> Self {
        Count(0)
    }

    fn close(self) -> Vec<Bucket> {
        vec![Box::new(self.0)]
    }
}
