//! `for_each_partition`'s tail: the user's closure, at the end of each task.

use std::sync::{Arc, OnceLock};

use millstream_plan::NodeId;

use super::Tail;
use crate::BoxError;
use crate::batch::Data;
use crate::blame;
use crate::op::for_each::Outcome;
use crate::pipeline::{Bucket, TaskContext};
use crate::tick::Tick;

/// A user's function of a partition, and the operator that it belongs to.
#[derive(Debug)]
pub struct OfPartition<F> {
    pub(crate) node: NodeId,
    pub(crate) function: F,
}

/// Keeps every record, and calls the function with all of them. What leaves is how that went.
pub struct PerPartition<T, F> {
    records: Vec<T>,
    partition: usize,
    tick: Tick,
    function: Arc<OfPartition<F>>,
}

/// What a task's call came to.
pub(crate) type Went = Result<(), BoxError>;

impl<T, F> PerPartition<T, F> {
    #[inline(always)]
    pub fn push(&mut self, record: T) {
        self.records.push(record);
    }
}

impl<T: Data, R: Outcome, F: Fn(Vec<T>, usize, Tick) -> R + Send + Sync> Tail for PerPartition<T, F> {
    type Shared = Arc<OnceLock<Arc<OfPartition<F>>>>;

    fn share() -> Self::Shared {
        Arc::default()
    }

    fn open(shared: &Self::Shared, cx: &TaskContext) -> Self {
        let function =
            shared.get().expect("for_each_partition gave its function when the pipeline was built");
        PerPartition {
            records: Vec::new(),
            partition: cx.task,
            tick: cx.tick,
            function: Arc::clone(function),
        }
    }

    fn close(self) -> Vec<Bucket> {
        let PerPartition { records, partition, tick, function } = self;
        let went: Went =
            blame::at(function.node, || (function.function)(records, partition, tick)).into_result();
        vec![Box::new(went)]
    }
}
