//! A job whose ticks come one by one, on either engine, so that a case can do something before each of them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use millstream::clock::ManualClock;
use millstream::engine::TestJob;
use millstream::prelude::*;

use crate::engines::Under;

/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub enum Steps {
    Test(Box<TestJob>),
    Local { job: Job, clock: Arc<ManualClock>, ticked: Receiver<()> },
}

impl Steps {
    /// Ticks every second, from 1 s on, by a clock that is moved by hand.
    pub fn start(under: Under, pipeline: Pipeline<'static>) -> millstream::Result<Steps> {
        Ok(match under {
            Under::Test(n) => Steps::Test(Box::new(Engine::test().partitions(n).start(pipeline)?)),
            Under::Local(n) => {
                let clock = Arc::new(ManualClock::default());
                let (tell, ticked) = channel();
                let engine = Engine::local().partitions(n).threads(2).batch_interval(secs(1));
                let engine = engine.clock(clock.clone()).on_progress(move |_| {
                    // The case may have ended.
                    let _ = tell.send(());
                });
                let job = engine.start(pipeline)?;
                // Until it has chosen its first boundary, by the time at which it started.
                while job.progress().sources.is_empty() && job.is_running() {
                    std::thread::yield_now();
                }
                Steps::Local { job, clock, ticked }
            }
        })
    }

    /// One tick.
    pub fn tick(&mut self) -> Result<(), String> {
        match self {
            Steps::Test(job) => job.tick().map_err(|e| e.to_string()),
            Steps::Local { job, clock, ticked } => {
                let begun = Instant::now();
                clock.advance(secs(1));
                while begun.elapsed() < PATIENCE {
                    if ticked.recv_timeout(millis(20)).is_ok() {
                        return Ok(());
                    }
                    if !job.is_running() {
                        let ended =
                            |job: &Job| job.wait().map_or_else(|e| e.to_string(), |()| "it has ended".into());
                        return ticked.try_recv().map_err(|_| ended(job));
                    }
                }
                Err(format!("no tick for {PATIENCE:?}"))
            }
        }
    }

    pub fn stop(self) -> Result<(), String> {
        match self {
            Steps::Test(job) => job.stop(),
            Steps::Local { job, .. } => {
                job.stop();
                job.wait()
            }
        }
        .map_err(|e| e.to_string())
    }
}
