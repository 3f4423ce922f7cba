//! Whether a pipeline outlives crashes.

use std::fmt::Debug;

use crate::engine::{Engine, FaultPoint};
use crate::pipeline::Pipeline;
use crate::sink::MemorySink;

/// Holds a pipeline to giving the same after a crash as without one.
///
/// It runs once undisturbed. Then, for every tick of that run, it crashes before the tick's stages, before its outputs are
/// committed, and after, each in a run of its own, and is started again with another number of partitions. What the sink
/// has, tick by tick, must be the same each time; within a tick, the order is left open.
///
/// `pipeline` is called for each start with the sink of that run. It makes its sources anew, and they must end.
///
/// What it finds: a closure that keeps something outside of the operators' states (in an atomic, say), sources that give
/// something else when they are read again, state that does not survive being written and read.
///
/// ```
/// use millstream::prelude::*;
/// use millstream::testing::restarts_change_nothing;
///
/// restarts_change_nothing(|out| {
///     stream!(move {
///         let words = source(queue([vec!["a", "b", "a"], vec!["a"], vec![]]));
///         words.map(|word| (word, ())).running_count().sink(out);
///     })
/// });
/// ```
///
/// # Panics
/// If a run gives something else, or fails; and if there is nothing to compare, since no record reaches the sink.
#[track_caller]
pub fn restarts_change_nothing<T>(pipeline: impl Fn(MemorySink<T>) -> Pipeline<'static>)
where
    T: Clone + Debug + PartialEq + Send + 'static,
{
    let undisturbed = MemorySink::new();
    if let Err(error) = Engine::test().run(pipeline(undisturbed.clone())) {
        panic!("the pipeline fails undisturbed: {error}");
    }
    let expected = undisturbed.batches();
    assert!(
        expected.iter().any(|batch| !batch.is_empty()),
        "nothing would be compared: no record reached the sink. Does the pipeline write to the one that it is given, and do \
         its sources have records?"
    );
    for tick in 0..expected.len() as u64 {
        for point in [FaultPoint::BeforeStages, FaultPoint::BeforeCommit, FaultPoint::AfterCommit] {
            let out = MemorySink::new();
            let engine = Engine::test().seed(tick).fail_at(point, tick);
            let run = || {
                let mut job = engine.start(pipeline(out.clone()))?;
                // What else may fail there fails again below.
                assert!(
                    job.run_to_end().is_err(),
                    "the pipeline has no tick {tick} when it runs once more: its sources give something else each time"
                );
                let again = engine.clone().partitions(2);
                again.restart(job.crash(), pipeline(out.clone()))?.run_to_end()
            };
            let when = format!("after a crash {} of tick {tick}", words(point));
            if let Err(error) = run() {
                panic!("the pipeline fails {when}: {error}");
            }
            let got = out.batches();
            if let Some(at) =
                (0..expected.len().max(got.len())).find(|at| !same(expected.get(*at), got.get(*at)))
            {
                panic!(
                    "tick {at} is another one {when}:\n  undisturbed {:?}\n  restarted   {:?}\n\
                     closures that keep something themselves lose it with their process: keep it in a state",
                    expected.get(at),
                    got.get(at)
                );
            }
        }
    }
}

fn words(point: FaultPoint) -> &'static str {
    match point {
        FaultPoint::BeforeStages => "before the stages",
        FaultPoint::BeforeCommit => "before the commit",
        FaultPoint::AfterCommit => "behind the commit",
    }
}

/// The same records, in any order.
fn same<T: PartialEq>(a: Option<&Vec<T>>, b: Option<&Vec<T>>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let mut left: Vec<&T> = b.iter().collect();
    let found =
        |record: &T| left.iter().position(|other| *other == record).map(|at| left.swap_remove(at)).is_some();
    a.len() == b.len() && a.iter().all(found)
}
