//! A window on the scheduler for tests: when each task starts and ends.

use std::fmt;
use std::sync::Arc;

/// What happened to a task.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEvent {
    Started { tick: u64, stage: usize, task: usize },
    Finished { tick: u64, stage: usize, task: usize },
}

/// Called on the thread that runs the task, just before and just after.
#[derive(Clone)]
pub(crate) struct Trace(Arc<dyn Fn(&TraceEvent) + Send + Sync>);

impl Trace {
    pub fn new(call: impl Fn(&TraceEvent) + Send + Sync + 'static) -> Self {
        Trace(Arc::new(call))
    }

    pub fn call(&self, event: &TraceEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}
