//! Running one task: from its input to its buckets. Knows nothing of other tasks.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::failure::{Failure, Places};
use super::schedule::{Done, Task, TaskInput};
use crate::pipeline::{ErasedReader, Head, HeadOperator, StageBody, StageNode};
use crate::{BoxError, blame};

/// All that tasks share. Nothing in it changes while the pipeline runs.
pub(crate) struct Work<'env> {
    stages: Vec<Stage<'env>>,
    readers: Vec<Arc<dyn ErasedReader>>,
    places: Places,
    /// Where sources and futures wait.
    runtime: Option<Handle>,
}

struct Stage<'env> {
    head: StageHead<'env>,
    body: Box<dyn StageBody + 'env>,
}

enum StageHead<'env> {
    Source(usize),
    Operator(Box<dyn HeadOperator + 'env>),
}

impl<'env> Work<'env> {
    pub fn new(
        stages: Vec<StageNode<'env>>,
        readers: Vec<Arc<dyn ErasedReader>>,
        places: Places,
        runtime: Option<Handle>,
    ) -> Self {
        let stages = stages.into_iter().map(|node| Stage {
            head: match node.head {
                Head::Source(source) => StageHead::Source(source),
                Head::Operator { op, .. } => StageHead::Operator(op),
            },
            body: node.body,
        });
        Work { stages: stages.collect(), readers, places, runtime }
    }

    /// Runs a task. A panic in it becomes an error like any other.
    pub fn run(&self, task: Task) -> Result<Done, Failure> {
        let at = task.id;
        let result = blame::catch(|| self.attempt(task));
        self.places
            .judge(result, self.places.head(at.stage), Some(at.stage), Some(at.tick))
            .map_err(|error| Failure { at, error })
    }

    fn attempt(&self, task: Task) -> Result<Done, BoxError> {
        let stage = &self.stages[task.id.stage];
        match (&stage.head, task.input) {
            (StageHead::Source(source), TaskInput::Ranges(ranges)) => {
                let mut run = stage.body.open(&task.cx);
                for range in ranges {
                    self.readers[*source].read(range, &mut |batch| run.batch(batch))?;
                }
                Ok(Done { outputs: run.close(), ..Done::default() })
            }
            (StageHead::Operator(op), TaskInput::Buckets { inputs, mut store }) => {
                let mut batch = {
                    let _entered = self.runtime.as_ref().filter(|_| op.waits()).map(Handle::enter);
                    op.tick(&task.cx, &mut store, inputs)?
                };
                let mut run = stage.body.open(&task.cx);
                run.batch(&mut *batch)?;
                Ok(Done { outputs: run.close(), store, nanos: 0 })
            }
            _ => unreachable!("the scheduler makes tasks from the shape of these stages"),
        }
    }
}
