//! Counters that closures add to, and that are read from outside.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A named count that any closure may add to, and that is read while the pipeline runs.
///
/// A clone counts in the same place. Given to [`Pipeline::counter`](crate::Pipeline::counter), it stands in the
/// [`Progress`](crate::Progress) of each tick.
///
/// ```
/// use millstream::prelude::*;
///
/// let bad = Counter::new("bad lines");
/// let out = MemorySink::new();
/// let pipeline = stream! {
///     let lines = source(queue([vec!["1", "x", "2"], vec!["y"]]));
///     let numbers = lines.filter_map(|line| line.parse::<u32>().inspect_err(|_| bad.add(1)).ok());
///     numbers.sink(out.clone());
/// }
/// .counter(&bad);
/// Engine::test().run(pipeline)?;
/// assert_eq!(bad.get(), 2);
/// # millstream::Result::<()>::Ok(())
/// ```
///
/// # What it is not
/// A counter is a look at the work, not a result of it:
///
/// - It counts what closures *did*. A tick that runs again after a crash, or because a pipeline is restarted at its
///   checkpoint, counts again; a tick that failed has counted for what it did before. What must be counted exactly once
///   is a stream: `count()`, or a `reduce_by_key`, into a sink.
/// - Two ticks may be in flight: the value in a tick's progress may have a part of the next tick in it. When the
///   pipeline has ended, nothing is missing.
/// - It is not kept in checkpoints. It belongs to the program: it starts at 0 with it, and goes on counting if the same
///   counter is given to a second run.
///
/// # Cost
/// An atomic addition without order. Several threads that count every record in the same counter wait for each other's
/// cache line: count in a tail of rare records, or add once for many.
///
/// Spark's accumulators (`LongAccumulator`), with the same warning about tasks that run again.
#[derive(Clone)]
pub struct Counter {
    name: Arc<str>,
    value: Arc<Slot>,
}

/// Alone on its cache line, so that two counters don't slow each other.
#[repr(align(128))]
#[derive(Default)]
struct Slot(AtomicU64);

impl Counter {
    /// A counter at 0. The name stands in [`Progress`](crate::Progress).
    pub fn new(name: impl Into<Arc<str>>) -> Counter {
        Counter { name: name.into(), value: Arc::default() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Adds `n`. Wraps around beyond `u64::MAX`.
    pub fn add(&self, n: u64) {
        self.value.0.fetch_add(n, Relaxed);
    }

    /// The count now. While a pipeline runs it may be behind by what other threads have just added.
    pub fn get(&self) -> u64 {
        self.value.0.load(Relaxed)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.get())
    }
}
