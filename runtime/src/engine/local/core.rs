//! What the driver and the pool's threads share: the work, and the scheduler behind a lock that is taken once a
//! task, never once a record.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

use super::bell::Bell;
use super::failure::Failure;
use super::schedule::{Done, Scheduler, Task, TaskId};
use super::work::Work;
use crate::engine::spans::Spans;
use crate::engine::trace::{Trace, TraceEvent};
use crate::sync::Mutex;
use crate::table::{self, OfTick};

pub(crate) struct Core<'env> {
    work: Work<'env>,
    /// Of the ticks in flight, where the pipeline has some that are refreshed.
    tables: Mutex<BTreeMap<u64, Arc<OfTick>>>,
    has_tables: AtomicBool,
    pub spans: Spans,
    shared: Mutex<Shared>,
    /// Set with the first failure.
    failed: AtomicBool,
    /// Set if this engine itself panicked: no task starts any more.
    broken: AtomicBool,
    bell: Arc<Bell>,
    trace: Option<Trace>,
}

struct Shared {
    scheduler: Scheduler,
    failure: Option<Failure>,
}

impl<'env> Core<'env> {
    pub fn new(work: Work<'env>, scheduler: Scheduler, bell: Arc<Bell>, trace: Option<Trace>) -> Self {
        let shared = Mutex::new(Shared { scheduler, failure: None });
        Core {
            work,
            tables: Mutex::default(),
            has_tables: AtomicBool::new(false),
            spans: Spans::new(),
            shared,
            failed: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            bell,
            trace,
        }
    }

    /// Runs a task on this thread and returns those that it made ready, and whether there is news for the driver.
    ///
    /// After a failure only tasks before it still run, so that the error that is reported, and the ticks that are
    /// committed before it, don't depend on who was faster.
    pub fn execute(&self, task: Task) -> (Vec<Task>, bool) {
        let mut ready = Vec::new();
        let id = task.id;
        if self.is_doomed(id) {
            return (ready, false);
        }
        // Not even a mistake in this engine may leave the driver waiting.
        let alarm = Alarm(self);
        self.trace(|| TraceEvent::Started { tick: id.tick, stage: id.stage, task: id.task });
        let started = Instant::now();
        let entered = self.work.in_span(&self.spans, id);
        let result = table::during(self.tables_of(id.tick), || self.work.run(task));
        drop(entered);
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.trace(|| TraceEvent::Finished { tick: id.tick, stage: id.stage, task: id.task });
        let news = match result {
            Ok(done) => {
                let done = Done { nanos, ..done };
                self.with_scheduler(|scheduler| scheduler.complete(id, done, &mut ready))
            }
            Err(failure) => {
                self.fail(failure);
                true
            }
        };
        std::mem::forget(alarm);
        (ready, news)
    }

    /// A tick that begins has these tables.
    pub fn begin_tables(&self, tick: u64, tables: Arc<OfTick>) {
        self.has_tables.store(true, Ordering::SeqCst);
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(tick, tables);
    }

    /// A tick is done with its tables.
    pub fn end_tables(&self, tick: u64) {
        if self.has_tables.load(Ordering::SeqCst) {
            self.tables.lock().unwrap_or_else(PoisonError::into_inner).remove(&tick);
        }
    }

    fn tables_of(&self, tick: u64) -> Option<Arc<OfTick>> {
        if !self.has_tables.load(Ordering::SeqCst) {
            return None;
        }
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).get(&tick).cloned()
    }

    /// Tells the driver to look.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// Something failed: the lowest failure is kept.
    pub fn fail(&self, failure: Failure) {
        let mut shared = self.lock();
        let known = shared.failure.take();
        shared.failure = Some(failure.first(known));
        self.failed.store(true, Ordering::SeqCst);
    }

    /// The tick that failed; those before it may still be finished.
    pub fn failed_tick(&self) -> Option<u64> {
        if self.failed.load(Ordering::SeqCst) {
            self.lock().failure.as_ref().map(|f| f.at.tick)
        } else {
            None
        }
    }

    pub fn take_failure(&self) -> Option<Failure> {
        self.lock().failure.take()
    }

    /// From now on no task starts.
    pub fn break_off(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }

    pub fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    fn is_doomed(&self, id: TaskId) -> bool {
        self.is_broken()
            || self.failed.load(Ordering::SeqCst) && self.lock().failure.as_ref().is_some_and(|f| f.at <= id)
    }

    pub fn with_scheduler<R>(&self, f: impl FnOnce(&mut Scheduler) -> R) -> R {
        f(&mut self.lock().scheduler)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Users' code never runs under this lock; if our own panicked, the pipeline ends with that panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trace(&self, event: impl FnOnce() -> TraceEvent) {
        if let Some(trace) = &self.trace {
            trace.call(&event());
        }
    }
}

/// Wakes the driver if it is dropped, which only unwinding does.
struct Alarm<'a, 'env>(&'a Core<'env>);

impl Drop for Alarm<'_, '_> {
    #[cold]
    fn drop(&mut self) {
        self.0.break_off();
        self.0.ring();
    }
}
