//! How far a pipeline is, tick by tick.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timestamp;
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
    /// The counters that were given to the pipeline, in that order, as they stood when the tick was committed.
    pub counters: Vec<CounterProgress>,
    /// How far event time is: one for each `event_time`, in the order of the text.
    pub watermarks: Vec<WatermarkProgress>,
    /// How many records came too late, for each operator that goes by event time, in the order of the stages.
    pub late: Vec<LateProgress>,
    /// How long after its batch time the tick began. Grows if ticks take longer than the interval.
    pub delay: Duration,
    /// The newest checkpoint that this run has written; `None` before the first one, and where there are none.
    pub checkpoint: Option<CheckpointProgress>,
}

/// A checkpoint that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointProgress {
    /// It holds the state as of the end of this tick.
    pub tick: u64,
    /// What was written for it: only what has changed since the one before, mostly.
    pub bytes: u64,
    /// What writing it took, beside the ticks that ran meanwhile.
    pub duration: Duration,
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

/// How far event time is at one `event_time`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatermarkProgress {
    /// The stream's name.
    pub stream: &'static str,
    /// What the tick was judged by; `None` before the first record. [`Timestamp::MAX`] at the end of input.
    pub watermark: Option<Timestamp>,
    /// Who is behind all others, and so holds it back; `None` where nothing is being read.
    pub held_back: Option<HeldBack>,
}

/// The source partition that a watermark waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldBack {
    /// The source's number for it: a file, a partition of a topic.
    pub partition: u32,
    /// Its latest event time.
    pub latest: Timestamp,
    /// For how long, in batch time, it has been there.
    pub since: Duration,
}

/// The late records of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateProgress {
    /// The operator, as messages and checkpoints call it.
    pub operator: String,
    /// In this tick.
    pub records: u64,
    /// Since the pipeline began, over restarts too.
    pub total: u64,
}

/// A [`Counter`](crate::Counter) at the commit of a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CounterProgress {
    pub name: Arc<str>,
    /// May have a part of the next tick in it, if that one is in flight.
    pub value: u64,
}

impl Progress {
    /// How far event time is: the lowest of all watermarks. `None` before each has had a record, and where there are none.
    pub fn watermark(&self) -> Option<Timestamp> {
        self.watermarks.iter().map(|clock| clock.watermark).min().flatten()
    }

    /// The value of the first counter of that name; `None` if the pipeline has none.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let long = Counter::new("long lines");
    /// let counted = long.clone(); // the pipeline is to own what it captures
    /// let pipeline = stream!(move {
    ///     let lines = source(queue([vec!["a", "a long line"]]));
    ///     lines.filter(|line| line.len() > 5).for_each(|_| counted.add(1));
    /// });
    /// let mut job = Engine::test().start(pipeline.counter(&long))?;
    /// job.tick()?;
    /// assert_eq!(job.progress().counter("long lines"), Some(1));
    /// assert_eq!(job.progress().counter("short lines"), None);
    /// # millstream::Result::<()>::Ok(())
    /// ```
    pub fn counter(&self, name: &str) -> Option<u64> {
        self.counters.iter().find(|c| &*c.name == name).map(|c| c.value)
    }
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
