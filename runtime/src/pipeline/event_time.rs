//! What a pipeline has of event time: clocks, windows, and what operators wait for.

use std::time::Duration;

use millstream_plan::NodeId;

use crate::clock::Timestamp;

/// An `event_time`.
pub(crate) struct ClockNode {
    pub node: NodeId,
    /// Where its tail is.
    pub stage: usize,
    /// How far records may be out of order.
    pub bound: Duration,
    /// After how long without records a source partition holds nothing back; `None`: never.
    pub idle_after: Option<Duration>,
}

/// An operator whose results may have a time that the watermark has passed.
pub(crate) struct DelayNode {
    pub node: NodeId,
    /// By so much, at the watermark that makes them due.
    pub delay: Duration,
}

/// What a timed operator waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timing {
    /// The watermark at which it has something to do next.
    pub due: Option<Timestamp>,
    /// How many records were late since the pipeline began.
    pub late: u64,
}

impl Timing {
    /// It has something to do at `time`, too.
    pub fn wait_for(&mut self, time: Option<Timestamp>) {
        self.due = self.due.into_iter().chain(time).min();
    }

    pub fn and(mut self, other: Timing) -> Timing {
        self.wait_for(other.due);
        Timing { late: self.late + other.late, ..self }
    }
}
