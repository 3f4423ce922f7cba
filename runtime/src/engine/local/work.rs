//! Running one task: from its input to its buckets. Knows nothing of other tasks.

use std::sync::Arc;

use tokio::runtime::Handle;
use tracing::span::EnteredSpan;

use super::failure::{Failure, Places};
use super::schedule::{Done, Freeze, Task, TaskId, TaskInput};
use crate::engine::spans::Spans;
use crate::exchange::Weigh;
use crate::pipeline::{Bucket, ErasedReader, Head, HeadOperator, Route, StageBody, StageNode, Timing};
use crate::state::{Backend, Store};
use crate::{BoxError, blame};

/// All that tasks share. Nothing in it changes while the pipeline runs.
pub(crate) struct Work<'env> {
    stages: Vec<Stage<'env>>,
    readers: Vec<Arc<dyn ErasedReader>>,
    places: Places,
    /// Where sources and futures wait.
    runtime: Option<Handle>,
    /// Where tasks keep their states.
    backend: Backend,
}

struct Stage<'env> {
    head: StageHead<'env>,
    body: Box<dyn StageBody + 'env>,
    /// By tail.
    weigh: Vec<Option<Weigh>>,
}

enum StageHead<'env> {
    Source(usize),
    Operator(Box<dyn HeadOperator + 'env>),
}

impl<'env> Work<'env> {
    /// `weigh`: of each outlet.
    pub fn new(
        stages: Vec<StageNode<'env>>,
        weigh: &[Option<Weigh>],
        readers: Vec<Arc<dyn ErasedReader>>,
        places: Places,
        runtime: Option<Handle>,
        backend: Backend,
    ) -> Self {
        let weighs: Vec<Vec<_>> = stages.iter().map(|node| tails(node, &stages, weigh)).collect();
        let stages = stages.into_iter().zip(weighs).map(|(node, weigh)| Stage {
            weigh,
            head: match node.head {
                Head::Source(source) => StageHead::Source(source),
                Head::Operator { op, .. } => StageHead::Operator(op),
            },
            body: node.body,
        });
        Work { stages: stages.collect(), readers, places, runtime, backend }
    }

    /// Runs a task. A panic in it becomes an error like any other.
    pub fn run(&self, task: Task) -> Result<Done, Failure> {
        let at = task.id;
        let result = blame::catch(|| self.attempt(task));
        self.places
            .judge(result, self.places.head(at.stage), Some(at.stage), Some(at.tick))
            .map_err(|error| Failure { at, error })
    }

    /// Enters the span of a task.
    pub fn in_span(&self, spans: &Spans, id: TaskId) -> EnteredSpan {
        let (stream, operator) = self.places.head_names(id.stage);
        spans.task(id, stream, operator)
    }

    fn attempt(&self, task: Task) -> Result<Done, BoxError> {
        let stage = &self.stages[task.id.stage];
        match (&stage.head, task.input) {
            (StageHead::Source(source), TaskInput::Ranges(ranges)) => {
                let mut run = stage.body.open(&task.cx);
                for range in ranges {
                    run.partition(range.partition);
                    self.readers[*source].read(range, &mut |batch| run.batch(batch))?;
                }
                Ok(stage.done(run.close(), Store::default()))
            }
            (StageHead::Operator(op), TaskInput::Buckets { inputs, mut store, freeze }) => {
                store.keep_in(&self.backend);
                let mut batch = {
                    let _entered = self.runtime.as_ref().filter(|_| op.waits()).map(Handle::enter);
                    op.tick(&task.cx, &mut store, inputs)?
                };
                let outputs = if op.emits(&task.cx) {
                    let mut run = stage.body.open(&task.cx);
                    run.batch(&mut *batch)?;
                    run.close()
                } else {
                    stage.weigh.iter().map(|_| Vec::new()).collect()
                };
                let timing = if op.is_timed() { op.timing(&store) } else { Timing::default() };
                let frozen = freeze.map_or(Vec::new(), |freeze| store.freeze(freeze == Freeze::All));
                Ok(Done { frozen, timing, ..stage.done(outputs, store) })
            }
            _ => unreachable!("the scheduler makes tasks from the shape of these stages"),
        }
    }
}

impl Stage<'_> {
    fn done(&self, outputs: Vec<Vec<Bucket>>, store: Store) -> Done {
        let of_tail = |(buckets, weigh): (&Vec<Bucket>, &Option<Weigh>)| {
            weigh.map_or(0, |weigh| buckets.iter().map(|bucket| weigh(&**bucket)).sum())
        };
        let bytes = outputs.iter().zip(&self.weigh).map(of_tail).sum();
        Done { outputs, store, bytes, ..Done::default() }
    }
}

/// How the buckets of each tail are weighed: as their target says.
fn tails(node: &StageNode<'_>, stages: &[StageNode<'_>], outlets: &[Option<Weigh>]) -> Vec<Option<Weigh>> {
    let of_route = |route: &Route| match *route {
        Route::Clock(_) => None,
        Route::Outlet(outlet) => outlets.get(outlet).copied().flatten(),
        Route::Stage { stage, input } => match &stages[stage].head {
            Head::Operator { crossings, .. } => crossings.get(input).map(|crossing| crossing.weigh),
            Head::Source(_) => None,
        },
    };
    node.tails.iter().map(of_route).collect()
}
