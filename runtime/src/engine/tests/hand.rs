//! Pipelines of `u64`s made by hand, from the erased traits alone.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use millstream_plan::{Graph, Node, OpKind, Plan, Stage};

use super::feed::Feed;
use crate::BoxError;
use crate::pipeline::*;
use crate::sink::Delivery;
use crate::source::SourceInfo;
use crate::state::{Migrations, Store};
use crate::tick::Tick;

/// Builds a pipeline; stages are numbered in the order in which they are added.
pub struct Hand<'env> {
    nodes: Vec<Node>,
    sources: Vec<SourceNode>,
    stages: Vec<StageNode<'env>>,
    outlets: Vec<OutletNode<'env>>,
}

/// How a tail deals its records.
#[derive(Clone, Copy)]
pub enum Deal {
    /// A bucket for each partition, by the record's remainder.
    Spread,
    /// One bucket.
    Whole,
}

pub type Tail = (Deal, Route);

/// Spread over the partitions of `stage`.
pub fn spread(stage: usize) -> Tail {
    (Deal::Spread, Route::Stage { stage, input: 0 })
}

/// In one bucket to `stage`.
pub fn whole(stage: usize) -> Tail {
    (Deal::Whole, Route::Stage { stage, input: 0 })
}

pub fn to_outlet(outlet: usize) -> Tail {
    (Deal::Whole, Route::Outlet(outlet))
}

type Map<'env> = Box<dyn Fn(&TaskContext, u64) -> u64 + Send + Sync + 'env>;
type Merge<'env> = Box<
    dyn Fn(&TaskContext, &mut Store, Vec<Vec<Vec<u64>>>) -> Result<Vec<u64>, BoxError> + Send + Sync + 'env,
>;

impl<'env> Hand<'env> {
    pub fn new() -> Self {
        Hand { nodes: Vec::new(), sources: Vec::new(), stages: Vec::new(), outlets: Vec::new() }
    }

    fn node(&mut self, kind: OpKind, stream: String) -> usize {
        let outputs: &[Option<&str>] = &[None];
        self.nodes.push(Node {
            kind,
            stream: stream.leak(),
            inputs: &[],
            outputs: &outputs[..kind.spec().outputs],
            doc: None,
            body: &[],
            id: None,
            modifiers: &[],
        });
        self.nodes.len() - 1
    }

    fn stage(mut self, head: Head<'env>, map: Map<'env>, tails: &[Tail]) -> Self {
        let deals = tails.iter().map(|t| t.0).collect();
        let tails = tails.iter().map(|t| t.1).collect();
        self.stages.push(StageNode { head, body: Box::new(Body { map, deals }), tails });
        self
    }

    /// A source stage that calls `map` for each record.
    pub fn source(
        mut self,
        feed: &Feed,
        map: impl Fn(&TaskContext, u64) -> u64 + Send + Sync + 'env,
        tails: &[Tail],
    ) -> Self {
        let node = self.node(OpKind::Source, format!("numbers{}", self.stages.len()));
        let info = SourceInfo { name: "feed", detail: "by hand".into(), replayable: feed.replayable() };
        self.sources.push(SourceNode { node, info, logged: false, source: Box::new(feed.clone()) });
        let head = Head::Source(self.sources.len() - 1);
        self.stage(head, Box::new(map), tails)
    }

    /// A stage behind an exchange; `merge` gets for each input its buckets.
    pub fn operator(
        mut self,
        tasks: HeadTasks,
        inputs: usize,
        merge: impl Fn(&TaskContext, &mut Store, Vec<Vec<Vec<u64>>>) -> Result<Vec<u64>, BoxError>
        + Send
        + Sync
        + 'env,
        tails: &[Tail],
    ) -> Self {
        self.node(OpKind::ReduceByKey, format!("merged{}", self.stages.len()));
        let head = Head::Operator { op: Box::new(Op(Box::new(merge))), tasks, inputs, crossings: Vec::new() };
        self.stage(head, Box::new(|_, x| x), tails)
    }

    pub fn outlet(mut self, kind: OpKind, outlet: impl Outlet + 'env) -> Self {
        let node = self.node(kind, format!("out{}", self.outlets.len()));
        self.outlets.push(OutletNode { node, outlet: Box::new(outlet), weigh: None });
        self
    }

    pub fn build(self) -> Pipeline<'env> {
        let heads = (0..self.nodes.len()).filter(|&n| self.nodes[n].kind.spec().outputs > 0);
        let stages: Vec<Stage> = heads.map(|head| Stage { head, fused: &[], tails: &[] }).collect();
        let graph = Graph { name: Some("Hand"), nodes: self.nodes.leak(), stages: stages.leak() };
        Pipeline {
            windows: Vec::new(),
            invalid: None,
            plan: Plan::new(Box::leak(Box::new(graph))),
            sources: self.sources,
            stages: self.stages,
            outlets: self.outlets,
            clocks: Vec::new(),
            delays: Vec::new(),
            tables: Vec::new(),
            counters: Vec::new(),
            migrations: Migrations::default(),
            env: PhantomData,
        }
    }
}

struct Body<'env> {
    map: Map<'env>,
    deals: Vec<Deal>,
}

impl StageBody for Body<'_> {
    fn open<'s>(&'s self, cx: &TaskContext) -> Box<dyn StageRun + 's> {
        let tails = self.deals.iter().map(|deal| match deal {
            Deal::Spread => vec![Vec::new(); cx.partitions],
            Deal::Whole => vec![Vec::new()],
        });
        Box::new(Run { body: self, cx: *cx, tails: tails.collect() })
    }
}

struct Run<'s, 'env> {
    body: &'s Body<'env>,
    cx: TaskContext,
    tails: Vec<Vec<Vec<u64>>>,
}

impl StageRun for Run<'_, '_> {
    fn batch(&mut self, batch: &mut dyn Any) -> Result<(), BoxError> {
        for x in batch.downcast_mut::<Vec<u64>>().unwrap().drain(..) {
            let x = (self.body.map)(&self.cx, x);
            for tail in &mut self.tails {
                let bucket = x as usize % tail.len();
                tail[bucket].push(x);
            }
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Vec<Vec<Bucket>> {
        let boxed = |bucket| Box::new(bucket) as Bucket;
        self.tails.into_iter().map(|tail| tail.into_iter().map(boxed).collect()).collect()
    }
}

struct Op<'env>(Merge<'env>);

impl HeadOperator for Op<'_> {
    fn tick(
        &self,
        cx: &TaskContext,
        store: &mut Store,
        inputs: Vec<Vec<Bucket>>,
    ) -> Result<Box<dyn Any + Send>, BoxError> {
        let numbers = |b: Bucket| *b.downcast::<Vec<u64>>().unwrap();
        let inputs = inputs.into_iter().map(|i| i.into_iter().map(numbers).collect()).collect();
        Ok(Box::new((self.0)(cx, store, inputs)?))
    }
}

/// Merges to the sum of all records.
pub fn sum(_: &TaskContext, _: &mut Store, inputs: Vec<Vec<Vec<u64>>>) -> Result<Vec<u64>, BoxError> {
    Ok(vec![inputs.iter().flatten().flatten().sum()])
}

/// Merges to all records, in the order in which the buckets come.
pub fn all(_: &TaskContext, _: &mut Store, inputs: Vec<Vec<Vec<u64>>>) -> Result<Vec<u64>, BoxError> {
    Ok(inputs.into_iter().flatten().flatten().collect())
}

#[derive(serde::Serialize, serde::Deserialize, Default)]
struct History(u64);

/// Merges to one number for all that this task has ever seen, in order: another order gives another number.
pub fn history(
    cx: &TaskContext,
    store: &mut Store,
    inputs: Vec<Vec<Vec<u64>>>,
) -> Result<Vec<u64>, BoxError> {
    let first = store.groups().start;
    let before = store.get::<History>(first).map_or(7, |h| h.0);
    let fold = |h: u64, x: u64| h.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(9) ^ x;
    let h = inputs.into_iter().flatten().flatten().fold(fold(before, cx.tick.number), fold);
    store.group::<History>(first).0 = h;
    Ok(vec![h])
}

/// What an outlet was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Open,
    Begin(u64),
    Write(usize, Vec<u64>),
    Commit(u64),
    Abort(u64),
}

/// An outlet that records its calls, and may fail at one of them.
#[derive(Clone, Default)]
pub struct Recorder {
    pub calls: Arc<Mutex<Vec<Call>>>,
    pub times: Arc<Mutex<Vec<i64>>>,
    /// The call, by name, that fails, and whether it panics.
    pub fails: Option<(&'static str, bool)>,
    /// Which call of that name, from 0.
    pub fails_at: u64,
    pub seen: Arc<AtomicU64>,
    pub at_least_once: bool,
    /// It fails as a pipe does that nobody reads.
    pub closed_pipe: bool,
}

impl Recorder {
    pub fn failing(call: &'static str, at: u64, panics: bool) -> Self {
        Recorder { fails: Some((call, panics)), fails_at: at, ..Recorder::default() }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The batch times of the begun ticks.
    pub fn times(&self) -> Vec<i64> {
        self.times.lock().unwrap().clone()
    }

    /// For each committed tick all its records, in order.
    pub fn batches(&self) -> Vec<Vec<u64>> {
        let (mut batches, mut batch) = (Vec::new(), Vec::new());
        for call in self.calls() {
            match call {
                Call::Begin(_) => batch = Vec::new(),
                Call::Write(_, records) => batch.extend(records),
                Call::Commit(_) => batches.push(std::mem::take(&mut batch)),
                Call::Open | Call::Abort(_) => {}
            }
        }
        batches
    }

    fn record(&self, name: &str, call: Call) -> Result<(), BoxError> {
        self.calls.lock().unwrap().push(call);
        match self.fails {
            Some((failing, panics))
                if failing == name && self.seen.fetch_add(1, Ordering::SeqCst) == self.fails_at =>
            {
                assert!(!panics, "the {name} panics");
                if self.closed_pipe {
                    return Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into());
                }
                Err(format!("the {name} fails").into())
            }
            _ => Ok(()),
        }
    }
}

impl Outlet for Recorder {
    fn detail(&self) -> Option<String> {
        None
    }
    fn delivery(&self) -> Delivery {
        if self.at_least_once { Delivery::AtLeastOnce } else { Delivery::ExactlyOnce }
    }
    fn open(&mut self, _: u64, _: Option<u64>) -> Result<(), BoxError> {
        self.record("open", Call::Open)
    }
    fn begin(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.times.lock().unwrap().push(tick.time.millis());
        self.record("begin", Call::Begin(tick.number))
    }
    fn write(&mut self, partition: usize, bucket: Bucket) -> Result<(), BoxError> {
        self.record("write", Call::Write(partition, *bucket.downcast::<Vec<u64>>().unwrap()))
    }
    fn commit(&mut self, tick: &Tick) -> Result<(), BoxError> {
        self.record("commit", Call::Commit(tick.number))
    }
    fn abort(&mut self, tick: &Tick) {
        self.record("abort", Call::Abort(tick.number)).unwrap();
    }
}
