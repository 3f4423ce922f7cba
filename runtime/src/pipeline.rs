//! A built pipeline: the plan, and its nodes with their types erased down to what an engine needs.
//!
//! This is the seam between what is typed (closures, records, keys: `rt`, `op`, `exchange`) and what is
//! scheduled (`engine`). An engine moves `Bucket`s; it never looks into one.

mod context;
mod event_time;
mod tables;
mod upgrade;

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::{NodeId, Plan};

use crate::clock::Timestamp;
use crate::exchange::{Crossing, Weigh};
use crate::source::{Offer, SourceContext, SourceInfo, Total};
use crate::state::{GroupState, Migrations, Schema, Store};
use crate::tick::{OffsetRange, Positions, Tick};
use crate::window::Window;
use crate::{BoxError, Counter, Error, Result};

pub use context::TaskContext;
pub(crate) use event_time::{ClockNode, DelayNode, Timing};
pub(crate) use tables::TableNode;

/// A pipeline, ready to run. Made by `stream!`; borrows from its environment (`'env`) what its closures borrow.
pub struct Pipeline<'env> {
    pub(crate) plan: Plan,
    pub(crate) sources: Vec<SourceNode>,
    /// In the plan's order: every stage after those that feed it.
    pub(crate) stages: Vec<StageNode<'env>>,
    pub(crate) outlets: Vec<OutletNode<'env>>,
    /// Where event time is seen, in text order.
    pub(crate) clocks: Vec<ClockNode>,
    /// Operators whose results may be behind the watermark.
    pub(crate) delays: Vec<DelayNode>,
    /// Tables that are refreshed.
    pub(crate) tables: Vec<TableNode>,
    pub(crate) counters: Vec<Counter>,
    /// Operators with windows.
    pub(crate) windows: Vec<WindowNode>,
    /// What can't be run about it, found out while it was built.
    pub(crate) invalid: Option<String>,
    /// How the state of programs before this one is read.
    pub(crate) migrations: Migrations,
    pub(crate) env: PhantomData<&'env ()>,
}

impl Pipeline<'_> {
    /// The plan: what will run, as data. Nothing runs or connects for it.
    pub fn plan(&self) -> Plan {
        self.plan.clone()
    }

    /// The name, from the header `<Name>` or from [`Pipeline::named`].
    pub fn name(&self) -> Option<&str> {
        self.plan.name()
    }

    /// Names the pipeline in plans, metrics, logs and checkpoints, as the header `<Name>` does.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.plan.set_name(name);
        self
    }

    /// What a checkpoint of this pipeline relies on, to be held by a snapshot test: its sources, and what it keeps, with name,
    /// operator and type.
    ///
    /// A checkpoint finds positions and state by these names, and reads state as these types; so a line that goes or changes
    /// is a checkpoint that can't be gone on with, or only on demand. `insta::assert_snapshot!(pipeline.contract())` shows it in
    /// review. It is sorted by name, and operators without state are not in it, so a pipeline may gain, lose and move those.
    ///
    /// Types are shown by what they are made of (fields with their names, variants, widths), never by their own names: that is
    /// what the bytes depend on.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// let pipeline = stream! { <Visits>
    ///     let pages = source(queue([vec!["/", "/about"]])).id("clicks");
    ///     let visits = pages.map(|page| (page, ())).running_count();
    ///     visits.print();
    /// };
    /// let contract = "source clicks\nstate visits/running_count: running_count\n  key str\n  state u64\n";
    /// assert_eq!(pipeline.contract(), contract);
    /// ```
    pub fn contract(&self) -> String {
        let graph = self.plan.graph();
        self.plan.contract(|node| match &self.stages.get(graph.stage_of_head(node)?)?.head {
            Head::Operator { op, .. } => op.schema().map(|schema| schema.to_string()),
            Head::Source(_) => None,
        })
    }

    /// Shows a counter in the progress of this pipeline's ticks, behind those that it was given before: see
    /// [`Counter`].
    #[must_use]
    pub fn counter(mut self, counter: &Counter) -> Self {
        self.counters.push(counter.clone());
        self
    }

    /// Whether the records that are exchanged can be written as bytes.
    ///
    /// That is what a cluster needs, and it asks for it when it starts; within one process nothing is ever written. (A
    /// checkpoint holds positions of sources and states of operators, never records on their way.) A type can be if it is `Serialize` and `Deserialize` (of the crate `serde`) *where the pipeline
    /// is written*: in a generic function its parameters need the bounds `T: Serialize + DeserializeOwned`. The bytes
    /// are [postcard](https://docs.rs/postcard)'s, so types that ask the data what it is (`#[serde(untagged)]`,
    /// `#[serde(flatten)]`, JSON values) pass this check, and so do your own types that hold a `&'static str`: they fail
    /// when the first of them is written, which reads it back.
    ///
    /// ```
    /// use millstream::prelude::*;
    ///
    /// #[derive(Clone)]
    /// struct Visits(u64);
    ///
    /// let pipeline = stream! {
    ///     let pages = source(queue([vec!["/", "/about", "/"]]));
    ///     let counts = pages.map(|p| (p, Visits(1))).reduce_by_key(|a, b| Visits(a.0 + b.0));
    ///     counts.for_each(|(page, visits)| println!("{page}: {}", visits.0));
    /// };
    /// let error = pipeline.check_serializable().unwrap_err().to_string();
    /// assert!(error.contains("counts/reduce_by_key"));
    /// assert!(error.contains("#[derive(Serialize, Deserialize)]"));
    /// Engine::test().run(pipeline)?; // here they are not needed
    /// # millstream::Result::<()>::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`], which names each exchange whose records can't be written, their type, and what to write.
    pub fn check_serializable(&self) -> Result<()> {
        let graph = self.plan.graph();
        let mut without = Vec::new();
        for (stage, node) in self.stages.iter().enumerate() {
            let Head::Operator { crossings, .. } = &node.head else { continue };
            let operator = graph.operator_name(graph.stages[stage].head);
            for crossing in crossings.iter().filter(|c| c.codec.is_none()) {
                let line = format!("\n- `{operator}`: records of `{}`", crossing.records);
                if !without.contains(&line) {
                    without.push(line);
                }
            }
        }
        if without.is_empty() {
            return Ok(());
        }
        let name = self.name().map_or_else(|| "the pipeline".into(), |name| format!("pipeline `{name}`"));
        Err(Error::Config(format!(
            "{name} can't run on a cluster: records are written as bytes where they are \
             exchanged, and these can't be:{}\n\
             write `#[derive(Serialize, Deserialize)]` (of the crate `serde`) on your types among them, hold `String` \
             where there is `&str`, and in a generic function give its parameters the bounds \
             `T: Serialize + DeserializeOwned`",
            without.concat()
        )))
    }
}

impl Pipeline<'_> {
    /// Whether every operator can work with what it was given.
    pub(crate) fn check_operands(&self) -> Result<()> {
        self.invalid.clone().map_or(Ok(()), |why| Err(Error::Config(why)))
    }
}

impl fmt::Debug for Pipeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plan)
    }
}

/// What crosses from one task to another: the records of one tail of one task, for one target. Only the two
/// typed ends know what is inside.
pub(crate) type Bucket = Box<dyn Any + Send>;

/// An operator with windows: its stream has a batch where one of them ends, and none in other ticks.
pub(crate) struct WindowNode {
    pub node: NodeId,
    pub window: Arc<Window>,
}

pub(crate) struct SourceNode {
    pub node: NodeId,
    pub info: SourceInfo,
    /// The log of a checkpoint can keep what it has read.
    pub logged: bool,
    pub source: Box<dyn ErasedSource>,
}

pub(crate) struct StageNode<'env> {
    pub head: Head<'env>,
    pub body: Box<dyn StageBody + 'env>,
    /// Where each tail's output goes, in the order of [`StageRun::close`].
    pub tails: Vec<Route>,
}

/// What a stage's tasks start from.
pub(crate) enum Head<'env> {
    /// A source, by index: the tick's plan says which ranges each task reads.
    Source(usize),
    /// An operator behind an exchange.
    Operator {
        op: Box<dyn HeadOperator + 'env>,
        tasks: HeadTasks,
        inputs: usize,
        /// For each input what crosses there, with its codec if it has one.
        crossings: Vec<Crossing>,
    },
}

/// How buckets are dealt to the tasks of a stage behind an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadTasks {
    /// One task a partition; task `p` gets the `p`-th bucket of every upstream task's tail (which has one for
    /// each partition).
    Partitions,
    /// A single task that gets all buckets (each upstream task's tail has one).
    One,
    /// A task for each bucket (each upstream task's tail has one), in order of input, then upstream task.
    EachBucket,
    /// So many tasks; task `i` gets the `i`-th bucket of every upstream task's tail (which has as many).
    Fixed(usize),
}

/// The target of a tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The `input`-th input of a stage's head.
    Stage { stage: usize, input: usize },
    /// An outlet, by index: to the driver.
    Outlet(usize),
    /// A clock, by index: to what puts watermarks together.
    Clock(usize),
}

/// The fused part of a stage.
///
/// For each task: `open`, then `batch` for each batch (before those of a source's range its `partition`), then `close`.
pub(crate) trait StageBody: Send + Sync {
    fn open<'s>(&'s self, cx: &TaskContext) -> Box<dyn StageRun + 's>;
}

pub(crate) trait StageRun {
    /// The batches that follow are of this source partition.
    fn partition(&mut self, partition: u32) {
        let _ = partition;
    }

    /// Runs the fused loops over one batch of the head's type.
    fn batch(&mut self, batch: &mut dyn Any) -> Result<(), BoxError>;

    /// The tails' output: for each tail its buckets, one a partition or one in all, as its route expects.
    fn close(self: Box<Self>) -> Vec<Vec<Bucket>>;
}

/// The merging half of an operator that cuts: from buckets to the batch that its stage reads.
pub(crate) trait HeadOperator: Send + Sync {
    /// Whether it polls futures, which want the engine's runtime around them.
    fn waits(&self) -> bool {
        false
    }

    /// Whether its stream has a batch in this tick. Where it has none, its stage's loops don't run, and no stage or outlet
    /// behind it sees the tick, but through another input.
    fn emits(&self, cx: &TaskContext) -> bool {
        let _ = cx;
        true
    }

    /// Whether it acts as event time goes on, also where no records come.
    fn is_timed(&self) -> bool {
        false
    }

    /// What a timed operator waits for, as its store is now.
    fn timing(&self, store: &Store) -> Timing {
        let _ = store;
        Timing::default()
    }

    /// `inputs`: for each input the buckets for this task, in upstream task order. Called in tick order for each
    /// task number; `store` is that task number's own.
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError>;

    /// Reads the state of a group: its newest full piece and all behind it. Only operators with state are asked.
    fn restore(&self, pieces: &[&[u8]]) -> Result<GroupState, BoxError> {
        let _ = pieces;
        Err("this operator keeps no state".into())
    }

    /// How its state is built. `None`: it keeps none.
    fn schema(&self) -> Option<Schema> {
        None
    }
}

pub(crate) struct OutletNode<'env> {
    pub node: NodeId,
    pub outlet: Box<dyn Outlet + 'env>,
    pub weigh: Option<Weigh>,
}

/// An output on the driver: the calls of [`crate::sink::Sink`], for buckets.
pub(crate) trait Outlet: Send {
    /// What stands in the plan.
    fn detail(&self) -> Option<String>;
    /// Whether this output would show a tick once that runs again after a restart.
    fn delivery(&self) -> crate::sink::Delivery;
    fn open(&mut self, epoch: u64, last_tick: Option<u64>) -> Result<(), BoxError>;
    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError>;
    fn write(&mut self, partition: usize, bucket: Bucket) -> Result<(), BoxError>;
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError>;
    fn abort(&mut self, tick: &Tick);

    /// See [`Sink::finish`](crate::sink::Sink::finish).
    fn finish(&mut self) -> Result<(), BoxError> {
        Ok(())
    }
}

pub(crate) trait ErasedSource: Send {
    fn open(self: Box<Self>, cx: &SourceContext) -> Result<Arc<dyn ErasedReader>, BoxError>;
}

/// [`crate::source::Reader`] with its batches erased; the contract is written there.
pub(crate) trait ErasedReader: Send + Sync {
    fn available(&self, limit: u64) -> Result<Offer, BoxError>;
    fn at(&self, time: Timestamp) {
        let _ = time;
    }
    fn due(&self) -> Option<Timestamp> {
        None
    }
    fn read(
        &self,
        range: OffsetRange,
        visit: &mut dyn FnMut(&mut dyn Any) -> Result<(), BoxError>,
    ) -> Result<(), BoxError>;
    fn finished(&self) -> Vec<u32> {
        Vec::new()
    }
    fn grain(&self) -> u64;
    fn total(&self) -> Option<Total> {
        None
    }
    fn a_task_a_range(&self) -> bool {
        false
    }
    fn freeze(&self);
    fn journal(&self) -> Vec<u8> {
        Vec::new()
    }
    fn memory(&self) -> Vec<u8> {
        Vec::new()
    }
    fn recall(&self, notes: &[u8]) -> Result<(), BoxError> {
        let _ = notes;
        Ok(())
    }
    fn write_ahead(&self, range: OffsetRange) -> Result<Option<Vec<u8>>, BoxError> {
        let _ = range;
        Ok(None)
    }
    fn read_back(&self, range: OffsetRange, bytes: Vec<u8>) -> Result<(), BoxError> {
        let _ = (range, bytes);
        Err("this source has no log".into())
    }
    fn drain(&self) -> bool {
        false
    }
    fn seek(&self, positions: &Positions) -> Result<(), BoxError>;
    fn release(&self, positions: &Positions);
    fn close(&self);
}
