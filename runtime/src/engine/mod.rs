//! Engines: what runs a pipeline.
//!
//! `runtime/src/engine/README.md` explains the scheduler.

mod bar;
pub(crate) mod checkpointing;
mod control;
mod guarantee;
mod job;
mod local;
mod rate;
mod run;
mod savepoint;
mod signals;
mod spans;
pub mod test;
mod trace;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_plan::Plan;

use self::checkpointing::Checkpointing;
use crate::clock::{Clock, SystemClock};
use crate::pipeline::Pipeline;
use crate::progress::{OnProgress, Progress};
use crate::state::StateBackend;
use crate::{Error, Result};

pub use job::Job;
pub use rate::{Backpressure, RateEstimator};
pub use savepoint::Savepoint;
pub use test::{Crashed, FaultPoint, TestEngine, TestJob};
#[doc(hidden)]
pub use trace::TraceEvent;

/// What the records of the ticks in flight may take between stages, unless it is told otherwise.
const MEMORY_BUDGET: u64 = 128 << 20;

/// The number of key groups: no more partitions than that could have work.
const MAX_PARTITIONS: usize = 128;

/// When ticks happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// At every multiple of this duration since 1970-01-01 00:00 UTC, with data or without; the first one is the
    /// next after the start. Whole milliseconds.
    Interval(Duration),
    /// As soon as a source has something. The batch time is the time then; it increases by a millisecond at
    /// least, so that above 1000 ticks a second it runs ahead of the clock.
    Eager,
    /// One after the other, until the input that exists at the start is done.
    AvailableNow,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trigger::Interval(interval) => write!(f, "every {interval:?}"),
            Trigger::Eager => f.write_str("eager"),
            Trigger::AvailableNow => f.write_str("available now"),
        }
    }
}

/// What happens to boundaries that pass while earlier ticks still run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overrun {
    /// Each becomes a tick of its own, late, with the boundary as its time. Only the times wait: a late tick reads
    /// what is there when there is room to run it, so the first of several may get what arrived during all of them,
    /// up to the source's limits for a tick, and the others what is left. At most 100 wait; beyond them, the oldest
    /// boundaries are skipped, with a warning in the log. When all sources have ended and are read, those that still
    /// wait make no tick.
    #[default]
    Queue,
    /// They are skipped: what arrived goes to the next tick.
    Skip,
}

/// Runs pipelines in this process.
///
/// An engine is a set of choices; it holds no thread. It may run any number of pipelines, also at the same time:
/// those with equal [`Engine::threads`] share one pool.
///
/// ```
/// use millstream::clock::millis;
/// use millstream::{Engine, Trigger};
///
/// let engine = Engine::local().batch_interval(millis(100)).partitions(4);
/// let once = Engine::local().trigger(Trigger::AvailableNow);
/// # let _ = (engine, once);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an engine does nothing until it is given a pipeline to `run` or `start`"]
pub struct Engine {
    settings: Settings,
}

/// All choices.
#[derive(Clone)]
pub(crate) struct Settings {
    pub partitions: usize,
    pub threads: usize,
    pub trigger: Trigger,
    pub overrun: Overrun,
    pub memory_budget: u64,
    pub state_backend: StateBackend,
    pub backpressure: Option<Backpressure>,
    pub clock: Arc<dyn Clock>,
    pub on_progress: Option<OnProgress>,
    pub progress_bar: bool,
    pub trace: Option<trace::Trace>,
    pub faults: Vec<(FaultPoint, u64)>,
    pub checkpointing: Checkpointing,
    pub flush_at_end: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Settings {
            partitions: cores.min(MAX_PARTITIONS),
            threads: cores,
            trigger: Trigger::Interval(Duration::from_secs(1)),
            overrun: Overrun::Queue,
            memory_budget: MEMORY_BUDGET,
            state_backend: StateBackend::memory(),
            backpressure: None,
            clock: Arc::new(SystemClock),
            on_progress: None,
            progress_bar: true,
            trace: None,
            faults: Vec::new(),
            checkpointing: Checkpointing::default(),
            flush_at_end: true,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("partitions", &self.partitions)
            .field("threads", &self.threads)
            .field("trigger", &self.trigger)
            .field("overrun", &self.overrun)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Whether something of the pipeline waits for the outside.
    fn needs_runtime(&self, pipeline: &Pipeline<'_>) -> bool {
        !pipeline.sources.is_empty()
            || self.checkpointing.place.is_some()
            || self.checkpointing.from.is_some()
    }

    fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::Config(message));
        if !(1..=MAX_PARTITIONS).contains(&self.partitions) {
            return wrong(format!(
                "{} partitions: it must be 1 to {MAX_PARTITIONS}, since keys are spread over {MAX_PARTITIONS} groups",
                self.partitions
            ));
        }
        if self.threads == 0 {
            return wrong("0 threads: a pipeline needs at least one".into());
        }
        if let Some(backpressure) = self.backpressure {
            let Trigger::Interval(interval) = self.trigger else {
                return wrong(
                    "back-pressure by rate is for ticks at intervals: with Trigger::Eager and Trigger::AvailableNow a tick \
                     reads as soon as the one before it lets it, and no faster"
                        .into(),
                );
            };
            backpressure.estimator(interval)?;
        }
        if let Trigger::Interval(interval) = self.trigger
            && (interval.is_zero() || interval.subsec_nanos() % 1_000_000 != 0)
        {
            return wrong(format!(
                "a batch interval of {interval:?}: it must be at least 1 ms, in whole milliseconds \
                 (for ticks as soon as data comes, use Trigger::Eager)"
            ));
        }
        Ok(())
    }
}

impl Engine {
    /// An engine on the threads of this process: ticks every second, as many threads and partitions as there are
    /// cores.
    pub fn local() -> Engine {
        Engine { settings: Settings::default() }
    }

    /// An engine for tests: time moves by hand, and the schedule follows from a seed.
    pub fn test() -> TestEngine {
        TestEngine::default()
    }

    /// A tick at every multiple of `interval`: short for `trigger(Trigger::Interval(interval))`.
    pub fn batch_interval(self, interval: Duration) -> Engine {
        self.trigger(Trigger::Interval(interval))
    }

    /// When ticks happen; by default, every second.
    pub fn trigger(mut self, trigger: Trigger) -> Engine {
        self.settings.trigger = trigger;
        self
    }

    /// Into how many partitions keyed streams are cut, and into how many tasks a source's part of a tick at most:
    /// 1 to 128; by default, the number of cores.
    ///
    /// The output of a tick, order included, follows from what the tick reads, whatever the number (keys come in the
    /// order of their key groups, and in a group of their hashes). The exception is a function that gives something
    /// else when it is grouped otherwise, since values of a key are combined task by task: floats may be rounded
    /// differently, and one that isn't associative has no single result.
    pub fn partitions(mut self, partitions: usize) -> Engine {
        self.settings.partitions = partitions;
        self
    }

    /// How many threads run tasks; by default, the number of cores. The output of a tick follows, bit for bit, from
    /// what the tick reads and from [`Engine::partitions`], never from the threads.
    pub fn threads(mut self, threads: usize) -> Engine {
        self.settings.threads = threads;
        self
    }

    /// Whether event time ends when all sources have ended for good: then windows and sessions that are still open are
    /// emitted, in one last tick without data. By default `true`; with `false`, what is open then stays open, as in Spark.
    ///
    /// A pipeline that is stopped ([`Job::stop`], a signal), or runs under [`Trigger::AvailableNow`], never does so: it goes on
    /// another time.
    pub fn flush_at_end(mut self, flush: bool) -> Engine {
        self.settings.flush_at_end = flush;
        self
    }

    /// What happens to boundaries that pass while earlier ticks still run; by default, they queue, as
    /// [`Overrun::Queue`] says.
    pub fn on_overrun(mut self, overrun: Overrun) -> Engine {
        self.settings.overrun = overrun;
        self
    }

    /// About how many bytes the records of the ticks in flight may take between stages and before outputs; by default,
    /// 128 MiB.
    ///
    /// Ticks are weighed ([`Progress::held`]), and later ones read as much as would have fitted, so a `flat_map` that makes
    /// a thousand records of one leads to smaller ticks and not to more memory. The first two ticks, of whose
    /// output nothing is known, read little (1 MiB of text, 4,096 records of an iterator), and from tick to tick it is
    /// eight times as much at most. Not counted: state, what sources buffer (each says how much), and
    /// what sinks keep. An element of a `queue` is a tick of its own, whatever it makes.
    pub fn memory_budget(mut self, bytes: u64) -> Engine {
        self.settings.memory_budget = bytes;
        self
    }

    /// Where the states of keys lie; by default in memory.
    pub fn state_backend(mut self, backend: StateBackend) -> Engine {
        self.settings.state_backend = backend;
        self
    }

    /// Limits what each source gives to a tick to what could be processed in an interval, as far as the ticks so far tell;
    /// by default, only the sources' own limits and the memory budget hold.
    ///
    /// For sources that bring more than the pipeline can do: ticks then stay as short as the interval, and what is too much
    /// waits in the source (in a file, or beyond a socket that is not read), instead of in ticks that begin ever
    /// later. Limits are in units of offset: bytes of text, records of other sources; an element of a `queue` is read
    /// whole. They take effect from the third tick with input on.
    ///
    /// Times are the engine's clock's, to the millisecond: ticks that take less have no say. With a clock that is set by
    /// hand, a tick takes the time by which it was set meanwhile. [`Engine::test`] has no back-pressure: there time stands
    /// still while a tick runs.
    ///
    /// # Errors
    /// [`Engine::run`] and [`Engine::start`] refuse other triggers than [`Trigger::Interval`], and settings that
    /// [`Backpressure::estimator`] refuses.
    ///
    /// Spark's `spark.streaming.backpressure.enabled`.
    pub fn backpressure(mut self, backpressure: Backpressure) -> Engine {
        self.settings.backpressure = Some(backpressure);
        self
    }

    /// Where the time comes from; by default, from the system.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Engine {
        self.settings.clock = clock;
        self
    }

    /// Calls `callback` after each committed tick, on the driver's thread: the next tick's outputs wait for it.
    pub fn on_progress(mut self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Engine {
        self.settings.on_progress = Some(OnProgress::new(callback));
        self
    }

    /// Whether [`Engine::run`] draws a progress bar. Default: yes, where there is a terminal to draw it on.
    ///
    /// It is a line on standard error with the part that is done, the rate, the time that is left and the number of ticks,
    /// drawn at most ten times a second after the first half second, and gone when the run ends. It is there only if
    ///
    /// - standard error is a terminal,
    /// - `run` was called on the main thread of a program (so never in tests),
    /// - all sources say how much they have ([`Reader::total`](crate::source::Reader::total)): `text_files`, `queue`,
    ///   `from_iter` where the iterator knows its length.
    ///
    /// It makes way for what `print` and `for_each` write on the same terminal. What closures within the pipeline or
    /// other threads write there may write over it: switch it off if that disturbs.
    pub fn progress_bar(mut self, show: bool) -> Engine {
        self.settings.progress_bar = show;
        self
    }

    /// Calls `callback` when a task starts and ends, on its thread.
    #[doc(hidden)]
    pub fn on_trace(mut self, callback: impl Fn(&TraceEvent) + Send + Sync + 'static) -> Engine {
        self.settings.trace = Some(trace::Trace::new(callback));
        self
    }

    /// The pipeline's plan with what depends on the engine: the guarantee, the partitions, the trigger. Nothing
    /// runs or connects for it.
    pub fn explain(&self, pipeline: &Pipeline<'_>) -> Plan {
        let mut plan = pipeline.plan();
        plan.add_fact("guarantee", guarantee::of(pipeline, self.settings.checkpointing.place.is_some()));
        plan.add_fact("partitions", self.settings.partitions.to_string());
        plan.add_fact("trigger", self.settings.trigger.to_string());
        plan
    }

    /// Runs the pipeline until its sources have ended, a signal comes, or something fails.
    ///
    /// SIGINT and SIGTERM stop it gracefully, as [`Job::stop`] does, and the result is `Ok`. A second
    /// signal ends the process at once, with exit code 130. Before sources and sinks are open, and when no `run` is active
    /// any more, these signals end the process as they do by default. (A program with handlers of its own uses [`Engine::start`], which leaves
    /// signals alone, and [`Job::stop`].)
    ///
    /// When nobody reads what `print` writes any more, as in `… | head`, the pipeline stops in the same way, with
    /// `Ok`.
    ///
    /// # Errors
    /// The first error of a source, sink or closure; it stops the pipeline. [`Error::Config`] if the engine's
    /// settings don't fit, or if this thread belongs to a tokio runtime, which must not be blocked: use
    /// [`Engine::start`] there.
    pub fn run(&self, pipeline: Pipeline<'_>) -> Result<()> {
        self.settings.check()?;
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(Error::Config(
                "`run` would block a thread of the tokio runtime that it is called in: \
                 use `let job = engine.start(pipeline)?;` and `job.join().await`"
                    .into(),
            ));
        }
        run::blocking(&self.settings, pipeline)
    }

    /// Starts the pipeline in the background, inside or outside a tokio runtime. Installs no signal handler.
    ///
    /// # Errors
    /// [`Error::Config`] if the engine's settings don't fit. Whether sources and sinks could be opened is for
    /// [`Job::join`] to say.
    pub fn start(&self, pipeline: Pipeline<'static>) -> Result<Job> {
        self.settings.check()?;
        run::background(&self.settings, pipeline)
    }
}
