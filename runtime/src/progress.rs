//! How far a pipeline is, tick by tick.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::tick::Tick;

/// What the latest committed tick did.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The latest committed tick; `None` before the first one.
    pub tick: Option<Tick>,
    /// How many ticks this run has committed.
    pub ticks: u64,
    /// What the tick read, in the order of the sources in the text.
    pub sources: Vec<SourceProgress>,
    /// The time that each stage's tasks took together, on all threads.
    pub stages: Vec<Duration>,
    /// What the tick's records took in memory between stages and before outputs, all of them together, in bytes. An
    /// estimate: a few records of each exchange are measured, by the length of their encoded form; a record that is not
    /// `Serialize` counts its own size only, without what it owns.
    pub held: u64,
    /// From the tick's beginning to its commit.
    pub duration: Duration,
    /// How long after its batch time the tick began. Grows if ticks take longer than the interval.
    pub delay: Duration,
}

/// One source's part of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceProgress {
    /// The stream's name.
    pub stream: &'static str,
    /// What was read, in the source's own unit: bytes of files and sockets, records of queues.
    pub input: u64,
}

/// A user's callback.
#[derive(Clone)]
pub(crate) struct OnProgress(Arc<dyn Fn(&Progress) + Send + Sync>);

impl OnProgress {
    pub fn new(call: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        OnProgress(Arc::new(call))
    }

    pub fn call(&self, progress: &Progress) {
        (self.0)(progress);
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}
