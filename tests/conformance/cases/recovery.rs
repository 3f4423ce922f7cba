//! Cases that stop and recover in a process. The test engine crashes there and is restarted; the real pool runs them
//! undisturbed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use millstream::BoxError;
use millstream::batch::Rows;
use millstream::engine::FaultPoint;
use millstream::prelude::*;
use millstream::source::{Offer, Queue, Reader, Source, SourceContext, SourceInfo};
use millstream::tick::{OffsetRange, Positions};

use super::Check;
use crate::case::Case;
use crate::compare;
use crate::engines::Under;
use crate::value::Value;

pub fn check(case: &Case) -> Option<Check> {
    match (case.op.as_str(), case.text("fn")) {
        ("map", "string length") => Some(the_last_tick_runs_again as Check),
        ("map", "x -> x+100") => Some(what_outputs_share_is_restored_once as Check),
        _ => None,
    }
}

/// A crash behind the first batch, of which nobody knows that it was committed: after the restart it runs again, and the
/// others follow.
fn the_last_tick_runs_again(case: &Case, under: Under) -> Result<(), String> {
    let pipeline = |out: &MemorySink<Value>| {
        let (input, out) = (case.source(1), out.clone());
        stream!(move { source(input).map(|v| Value::Int(v.text().len() as i64)).sink(out); })
    };
    let after = MemorySink::new();
    match under {
        Under::Local(_) => under.run(pipeline(&after)).map_err(|e| e.to_string())?,
        Under::Test(n) => {
            let engine = Engine::test().partitions(n).fail_at(FaultPoint::AfterCommit, 0);
            let before = MemorySink::new();
            let mut job = engine.start(pipeline(&before)).map_err(|e| e.to_string())?;
            if job.run_to_end().is_ok() || before.batches().len() != 1 {
                return Err(format!("it was to crash behind its first batch: {before:?}"));
            }
            let again = engine.restart(job.crash(), pipeline(&after));
            again.and_then(|mut job| job.run_to_end()).map_err(|e| e.to_string())?;
        }
    }
    compare::differ(case, &case.compare, after.batches()).map_or(Ok(()), Err)
}

/// Three outputs of one source: a recovery moves the source once, not three times.
fn what_outputs_share_is_restored_once(case: &Case, under: Under) -> Result<(), String> {
    let outs: [MemorySink<Value>; 3] = Default::default();
    let moved = Arc::new(AtomicUsize::new(0));
    let batches = case.batches(1).into_iter().map(Option::unwrap_or_default);
    let given: Vec<Vec<Value>> = batches.collect();
    let pipeline = |elements: Vec<Vec<Value>>| {
        let ([a, b, c], watched) =
            (outs.clone(), Watched { queue: queue(elements), moved: Arc::clone(&moved) });
        stream!(move {
            let plus = source(watched).map(|v| Value::Int(v.int() + 100));
            plus.sink(a);
            plus.sink(b);
            plus.sink(c);
        })
    };
    match under {
        Under::Local(_) => under.run(pipeline(given)).map_err(|e| e.to_string())?,
        Under::Test(n) => {
            let engine = Engine::test().partitions(n);
            let run = || -> millstream::Result<()> {
                // As many batches before the crash as behind it.
                let twice = [given.clone(), given.clone()].concat();
                let mut job = engine.start(pipeline(twice.clone()))?;
                for _ in &given {
                    job.tick()?;
                }
                let crashed = job.crash();
                moved.store(0, Relaxed);
                outs.iter().for_each(MemorySink::clear);
                engine.restart(crashed, pipeline(twice))?.run_to_end()
            };
            run().map_err(|e| e.to_string())?;
            if moved.load(Relaxed) != 1 {
                return Err(format!("the source was moved {} times", moved.load(Relaxed)));
            }
        }
    }
    outs.iter().try_for_each(|out| compare::differ(case, &case.compare, out.batches()).map_or(Ok(()), Err))
}

/// A queue that counts how often it is moved to where an earlier run stood.
struct Watched {
    queue: Queue<Value>,
    moved: Arc<AtomicUsize>,
}

struct WatchedReader {
    queue: Arc<dyn Reader<Batch = Rows<Value>>>,
    moved: Arc<AtomicUsize>,
}

impl Source for Watched {
    type Batch = Rows<Value>;

    fn info(&self) -> SourceInfo {
        self.queue.info()
    }

    fn open(self, cx: &SourceContext) -> Result<Arc<dyn Reader<Batch = Self::Batch>>, BoxError> {
        Ok(Arc::new(WatchedReader { queue: self.queue.open(cx)?, moved: self.moved }))
    }
}

impl Reader for WatchedReader {
    type Batch = Rows<Value>;

    fn available(&self, limit: u64) -> Result<Offer, BoxError> {
        self.queue.available(limit)
    }

    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut Rows<Value>) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        self.queue.read(range, visit)
    }

    fn seek(&self, positions: &Positions) -> Result<(), BoxError> {
        self.moved.fetch_add(1, Relaxed);
        self.queue.seek(positions)
    }
}
