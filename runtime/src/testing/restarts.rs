//! Whether a pipeline outlives crashes.

use std::fmt::Debug;
use std::sync::Arc;

use object_store::memory::InMemory;

use crate::Result;
use crate::clock::secs;
use crate::engine::{Engine, FaultPoint, TestEngine, TestJob};
use crate::pipeline::Pipeline;
use crate::sink::MemorySink;

/// Holds a pipeline to giving the same after a crash as without one.
///
/// It runs once undisturbed. Then, for every tick of that run, it crashes before the tick's stages, before its outputs are
/// committed, and after, each in a run of its own, and is started again with another number of partitions: with what the
/// process still holds, and then with nothing but the bytes of a checkpoint. What the sink has, tick by tick, must be the same
/// each time; within a tick, the order is left open.
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
            for kept in [Kept::InMemory, Kept::AsBytes] {
                let out = MemorySink::new();
                let when = format!("after a crash {} of tick {tick}{}", words(point), kept.words());
                if let Err(error) = kept.run(tick, point, &|| pipeline(out.clone())) {
                    panic!("the pipeline fails {when}: {error}");
                }
                compare(&expected, &out.batches(), &when);
            }
        }
    }
}

/// What a restart goes on from.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// The log and the states, as the crashed job leaves them.
    InMemory,
    /// The objects of a checkpoint.
    AsBytes,
}

impl Kept {
    fn words(self) -> &'static str {
        match self {
            Kept::InMemory => "",
            Kept::AsBytes => ", from its checkpoint",
        }
    }

    fn run(self, tick: u64, point: FaultPoint, pipeline: &dyn Fn() -> Pipeline<'static>) -> Result<()> {
        let engine = Engine::test().seed(tick);
        let crashes = |engine: TestEngine, pipeline| -> Result<TestJob> {
            let mut job = engine.fail_at(point, tick).start(pipeline)?;
            // What else may fail there fails again behind it.
            assert!(
                job.run_to_end().is_err(),
                "the pipeline has no tick {tick} when it runs once more: its sources give something else each time"
            );
            Ok(job)
        };
        match self {
            Kept::InMemory => {
                let job = crashes(engine.clone(), pipeline())?;
                engine.fail_at(point, tick).partitions(2).restart(job.crash(), pipeline())?.run_to_end()
            }
            // They would have no checkpoint.
            Kept::AsBytes if pipeline().plan().graph().sources_of_one_name().is_some() => {
                Kept::InMemory.run(tick, point, pipeline)
            }
            Kept::AsBytes => {
                let named = || match pipeline() {
                    pipeline if pipeline.name().is_some() => pipeline,
                    pipeline => pipeline.named("Restarted"),
                };
                // Some ticks are in a checkpoint, and others in its log only.
                let engine = engine.checkpoint_store(Arc::new(InMemory::new())).checkpoint_interval(secs(2));
                drop(crashes(engine.clone(), named())?);
                engine.partitions(2).start(named())?.run_to_end()
            }
        }
    }
}

#[track_caller]
fn compare<T: Debug + PartialEq>(expected: &[Vec<T>], got: &[Vec<T>], when: &str) {
    let differs = |at: &usize| !same(expected.get(*at), got.get(*at));
    let Some(at) = (0..expected.len().max(got.len())).find(differs) else { return };
    panic!(
        "tick {at} is another one {when}:\n  undisturbed {:?}\n  restarted   {:?}\n\
         closures that keep something themselves lose it with their process: keep it in a state",
        expected.get(at),
        got.get(at)
    );
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
