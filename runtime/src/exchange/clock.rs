//! A tail that only looks at the time: how far each source partition is in event time.

use super::Tail;
use crate::clock::Timestamp;
use crate::pipeline::{Bucket, TaskContext};

/// What a task's clock saw: of each source partition the latest time, in the order in which they were read.
pub(crate) type Seen = Vec<(u32, Timestamp)>;

/// Keeps the latest event time of each source partition.
#[derive(Debug)]
pub struct Clock {
    /// Of the partition that is being read. A local of the loops, so that a record costs a comparison.
    latest: Timestamp,
    partition: u32,
    /// Of those before it.
    seen: Seen,
}

impl Clock {
    #[inline(always)]
    pub fn observe(&mut self, time: Timestamp) {
        self.latest = self.latest.max(time);
    }

    /// What was seen of the partition that is being read. (The least time there is says as much as none.)
    fn note(&mut self) {
        if self.latest > Timestamp::MIN {
            self.seen.push((self.partition, self.latest));
            self.latest = Timestamp::MIN;
        }
    }
}

impl Tail for Clock {
    type Shared = ();

    fn share() {}

    fn open((): &(), _: &TaskContext) -> Self {
        Clock { latest: Timestamp::MIN, partition: 0, seen: Seen::new() }
    }

    fn partition(&mut self, partition: u32) {
        self.note();
        self.partition = partition;
    }

    fn close(mut self) -> Vec<Bucket> {
        self.note();
        vec![Box::new(self.seen)]
    }
}
