//! Where each case runs: the real pool and the test engine, at several numbers of partitions.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use millstream::clock::{Clock, Timestamp};
use millstream::{Engine, Pipeline, Trigger};

#[derive(Clone, Copy)]
pub enum Under {
    Local(usize),
    Test(usize),
}

pub const ALL: [Under; 6] =
    [Under::Test(1), Under::Test(2), Under::Test(7), Under::Local(1), Under::Local(2), Under::Local(7)];

impl Under {
    pub fn run(self, pipeline: Pipeline<'_>) -> millstream::Result<()> {
        match self {
            Under::Local(n) => {
                Engine::local().partitions(n).threads(2).trigger(Trigger::AvailableNow).run(pipeline)
            }
            Under::Test(n) => Engine::test().partitions(n).seed(n as u64).run(pipeline),
        }
    }

    /// To the end of the sources, from what the checkpoint has, which is left in it.
    pub fn run_with_checkpoint(self, pipeline: Pipeline<'_>, location: &str) -> millstream::Result<()> {
        match self {
            Under::Local(n) => {
                let engine = Engine::local().partitions(n).threads(2).trigger(Trigger::Eager);
                engine.checkpoint(location).run(pipeline)
            }
            Under::Test(n) => Engine::test().partitions(n).seed(n as u64).checkpoint(location).run(pipeline),
        }
    }

    /// As `run`, with a tick in every second, the first at 1 s, whatever the time it takes.
    pub fn run_every_second(self, pipeline: Pipeline<'_>) -> millstream::Result<()> {
        let Under::Local(n) = self else { return self.run(pipeline) };
        let clock = Arc::new(Hurrying::default());
        let told = Arc::clone(&clock);
        Engine::local()
            .partitions(n)
            .threads(2)
            .batch_interval(Duration::from_secs(1))
            .on_progress(move |progress| {
                let time = progress.tick.expect("a tick was committed").time;
                told.committed.store(time.millis(), SeqCst);
            })
            .clock(clock)
            .run(pipeline)
    }

    /// As `run_every_second`; what is open in event time when the input ends stays open, as in Spark.
    pub fn run_without_flush(self, pipeline: Pipeline<'_>) -> millstream::Result<()> {
        match self {
            Under::Local(n) => {
                let clock = Arc::new(Hurrying::default());
                let told = Arc::clone(&clock);
                Engine::local()
                    .partitions(n)
                    .threads(2)
                    .batch_interval(Duration::from_secs(1))
                    .flush_at_end(false)
                    .on_progress(move |progress| {
                        let time = progress.tick.expect("a tick was committed").time;
                        told.committed.store(time.millis(), SeqCst);
                    })
                    .clock(clock)
                    .run(pipeline)
            }
            Under::Test(n) => Engine::test().partitions(n).seed(n as u64).flush_at_end(false).run(pipeline),
        }
    }

    /// As `run`, with a tick in every interval.
    pub fn run_at_intervals(self, pipeline: Pipeline<'_>, interval: Duration) -> millstream::Result<()> {
        match self {
            Under::Local(n) => {
                Engine::local().partitions(n).threads(2).batch_interval(interval).run(pipeline)
            }
            Under::Test(_) => self.run(pipeline),
        }
    }
}

/// It stands at the second that the driver waits for, at most two behind the last committed tick: so every boundary makes a
/// tick, and nobody waits.
#[derive(Default)]
struct Hurrying {
    now: AtomicI64,
    committed: AtomicI64,
}

impl Clock for Hurrying {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(SeqCst))
    }

    fn until(&self, time: Timestamp) -> Option<Duration> {
        let wanted = time.millis();
        if wanted > self.committed.load(SeqCst) + 2000 {
            return None;
        }
        self.now.fetch_max(wanted, SeqCst);
        Some(Duration::ZERO)
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (engine, n) = match self {
            Under::Local(n) => ("local engine", n),
            Under::Test(n) => ("test engine", n),
        };
        write!(f, "{engine}, {n} partitions")
    }
}
