//! A task, and what it gives back.

use crate::pipeline::{Bucket, TaskContext, Timing};
use crate::state::{Piece, Store};
use crate::tick::OffsetRange;

/// The order is that in which errors are reported: the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId {
    pub tick: u64,
    pub stage: usize,
    pub task: usize,
}

/// A task that may run now.
pub(crate) struct Task {
    pub id: TaskId,
    pub cx: TaskContext,
    pub input: TaskInput,
}

pub(crate) enum TaskInput {
    /// Of a source stage: what to read, in order.
    Ranges(Vec<OffsetRange>),
    /// Of a stage behind an exchange. The store travels with the task and comes back in [`Done`]: whoever has it
    /// is the only one who may touch it, so it needs no lock.
    Buckets {
        inputs: Vec<Vec<Bucket>>,
        store: Store,
        /// The store is frozen behind this task; all of it, or what has changed.
        freeze: Option<Freeze>,
    },
}

/// How much of a store is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freeze {
    /// What has changed since the last time.
    Changes,
    All,
}

/// What a task gives back.
#[derive(Default)]
pub(crate) struct Done {
    /// For each tail its buckets.
    pub outputs: Vec<Vec<Bucket>>,
    pub store: Store,
    /// What its operator waits for, if it goes by event time.
    pub timing: Timing,
    /// The store, as far as it was to be frozen.
    pub frozen: Vec<Piece>,
    /// What the buckets take in memory, about.
    pub bytes: u64,
    pub nanos: u64,
}

/// What a stage's tasks of one tick took together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub bytes: u64,
    pub nanos: u64,
}

/// What is left of a tick that is committed: of each stage what it took, and what was frozen of its state.
pub(crate) struct Retired {
    pub costs: Vec<Cost>,
    pub frozen: Vec<Vec<Piece>>,
}
