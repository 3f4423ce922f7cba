//! What a task knows of its tick, and of its place in it.

use crate::clock::Timestamp;
use crate::event_time::Watermarks;
use crate::tick::Tick;

/// What a task is told.
#[derive(Clone, Copy, Debug)]
pub struct TaskContext {
    pub tick: Tick,
    /// The batch time of the tick before, if there is one.
    pub before: Option<Timestamp>,
    /// What the operator judges event time by.
    pub watermarks: Watermarks,
    /// No operator behind the task's tails judges records late by a later watermark.
    pub late_behind: Timestamp,
    /// The tick is there only because event time went on: it is no batch.
    pub no_data: bool,
    /// The task's number among those of its stage and tick. For a keyed stage: the partition.
    pub task: usize,
    /// How many partitions key groups are spread over.
    pub partitions: usize,
}
