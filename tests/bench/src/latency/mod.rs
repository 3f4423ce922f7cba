//! Latency under load: records arrive at fixed times, whatever the pipeline does, and a record's latency is from the time at which it
//! was to arrive to the time at which the sink has a count that it is part of. So a pipeline that stalls pays for all that should
//! have arrived meanwhile (what is left out otherwise is called coordinated omission).

mod arrivals;
mod disk;
mod idle;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use millstream::prelude::*;

pub use arrivals::{Arrivals, KEYS, Schedule};
pub use disk::fsync;
pub use idle::{Idle, idle};

/// What is not counted: how long it takes until all is warm.
pub const WARM_UP: Duration = Duration::from_secs(2);

/// Of one run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Nanoseconds from when a record was to arrive to when the sink had it.
    pub latency: Histogram<u64>,
    /// Nanoseconds from when a record was to arrive to when the generator offered it.
    pub lag: Histogram<u64>,
    pub ticks: u64,
    pub checkpoints: u64,
    /// What the whole process ran, in cores.
    pub cores: f64,
}

/// Nanoseconds, up to a minute, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are sound")
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).clamp(1, 60_000_000_000)
}

/// Word count by key (a state for each of a thousand words), eager, at so many records a second; with a checkpoint every second in a
/// folder, or without any.
pub fn word_count(rate: u64, time: Duration, checkpoint: Option<&Path>) -> Measured {
    let schedule = Arc::new(Schedule::new(rate, time));
    let told = Arc::new(Mutex::new((0u64, None::<u64>, 0u64)));
    let tells = Arc::clone(&told);
    let mut engine =
        Engine::local().threads(2).partitions(2).trigger(Trigger::Eager).on_progress(move |progress| {
            let mut told = tells.lock().expect("no panics");
            told.0 += 1;
            let newest = progress.checkpoint.map(|checkpoint| checkpoint.tick);
            if newest != told.1 {
                told.1 = newest;
                told.2 += 1;
            }
        });
    if let Some(folder) = checkpoint {
        engine = engine.checkpoint(folder.display().to_string()).checkpoint_interval(secs(1));
    }
    let mut latency = histogram();
    let (mut seen, counted) = (0u64, schedule.due(WARM_UP));
    let arrivals = Arrivals::new(Arc::clone(&schedule));
    let lag = arrivals.lag();
    let pipeline = stream! { <Latency>
        // Each word with its count of one, and the number of its record.
        let words = source(arrivals).map(|(word, number)| (word, (1u64, number)));
        let counts = words.running_reduce(|a, b| (a.0 + b.0, a.1.max(b.1)));
        counts.for_each_batch(|batch, _tick| {
            let Some(newest) = batch.iter().map(|(_, (_, number))| *number).max() else { return };
            // A tick is a run of records; all of them are counted in what it emits.
            let now = schedule.elapsed();
            for number in seen.max(counted)..=newest {
                latency.saturating_record(nanos(now.saturating_sub(schedule.arrival(number))));
            }
            seen = newest + 1;
        });
    };
    let (before, began) = (crate::processor_time(), Instant::now());
    engine.run(pipeline).expect("it runs");
    let cores = (crate::processor_time() - before).as_secs_f64() / began.elapsed().as_secs_f64();
    assert_eq!(seen, schedule.total(), "all records reach the sink");
    let (ticks, _, checkpoints) = *told.lock().expect("no panics");
    let lag = lag.lock().expect("no panics").clone();
    Measured { latency, lag, ticks, checkpoints, cores }
}
