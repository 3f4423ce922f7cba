//! All that generated code may call. Hidden: no part of it is stable.
//!
//! The expansion of `stream!` makes a [`Builder`] over its static topology, then calls it in text order: a source, the
//! stage that reads it, the operators behind that stage's tails, their stages, and so on. Types flow forward: a
//! stage's closure fixes the types of its tails, and a reducer's parameters are known when it comes.

mod event_time;
mod exact;
mod in_time;
mod joins;
mod keyed;
mod outputs;
mod per_batch;
mod stateful;
mod tables;
mod windowed;

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_plan::{Graph, NodeId, OpKind, Plan};

use crate::batch::{Batch, Data, Rows};
use crate::exchange::{Reducer, Weigh};
use crate::key::Key;
use crate::op;
use crate::pipeline::{
    ClockNode, DelayNode, Head, HeadOperator, HeadTasks, Outlet, OutletNode, Pipeline, Route, SourceNode,
    StageBody, StageNode, TableNode, WindowNode,
};
use crate::sink::{ConsoleSink, Sink};
use crate::source::Source;
use crate::source::erased::erase;
use crate::state::Migrations;
use crate::tick::Tick;

pub use crate::__crossing as crossing;
pub use crate::__frame as frame;
pub use crate::__own as own;
pub use crate::__weigher as weigher;
pub use crate::blame::at;
pub use crate::clock::Timestamp;
pub use crate::event_time::{Windows, time_of_result, timestamp};
pub use crate::exchange::{
    Aggregate, AggregateAll, By, ByName, BySerde, Clock, Combine, CombineNear, Count, CountNear, CountValues,
    Crossing, Deal, Distinct, First, Give, Handle, Itself, Leave, Leaving, Order, Own, PerPartition,
    ReduceAll, Scatter, Sort, Tailed, Tails, Top, Unweighed, WeighedBySerde, WeighedBySize, Windowed,
};
pub use crate::fused::{Bad, Merged, Two, again, copy, each, items, outcome, pair};
pub use crate::key::{Canonical, Pair};
pub use crate::op::for_each::Outcome;
pub use crate::op::join_table::{join_table, left_outer_join_table};
pub use crate::op::union::SameRecords;
pub use crate::state::{Expiry, Initial, StateSpec};
pub use crate::text::{words, words_ascii};
pub use millstream_plan as plan;
pub use tables::table_now;
pub use windowed::every;

/// The editor's view.
pub mod facade {
    pub use crate::dsl::{
        Identified, Stream, collect, count, count_distinct, max, max_by, mean, min, min_by, pipeline, source,
        sum, top, top_by,
    };
}

/// Stands for a pipeline that has compile errors.
pub fn broken<'env>() -> Pipeline<'env> {
    static EMPTY: Graph = Graph { name: None, nodes: &[], stages: &[] };
    Builder::new(&EMPTY).finish()
}

/// Appends the canonical bytes of a field, for `#[derive(Key)]`.
pub fn write_key<K: Key>(key: &K, out: &mut Canonical) {
    K::write(&key.probe(), out);
}

/// The stream that a head delivers to its stage, by the type of its batches.
#[derive(Debug)]
pub struct Stream<B> {
    stage: usize,
    batches: PhantomData<fn() -> B>,
}

/// Puts a pipeline together. Every node of the topology is attached once.
pub struct Builder<'env> {
    graph: &'static Graph,
    plan: Plan,
    sources: Vec<SourceNode>,
    heads: Vec<Option<Head<'env>>>,
    bodies: Vec<Option<Box<dyn StageBody + 'env>>>,
    tails: Vec<Vec<Option<Route>>>,
    outlets: Vec<OutletNode<'env>>,
    windows: Vec<WindowNode>,
    clocks: Vec<ClockNode>,
    delays: Vec<DelayNode>,
    tables: Vec<TableNode>,
    /// The first operand that no operator can mean.
    invalid: Option<String>,
}

/// What a generator's slip would break; a user never sees it.
const COMPLETE: &str = "the expansion attaches every node of its own topology";

impl<'env> Builder<'env> {
    pub fn new(graph: &'static Graph) -> Self {
        let stages = graph.stages.len();
        Builder {
            graph,
            plan: Plan::new(graph),
            sources: Vec::new(),
            heads: (0..stages).map(|_| None).collect(),
            bodies: (0..stages).map(|_| None).collect(),
            tails: graph.stages.iter().map(|s| vec![None; s.tails.len()]).collect(),
            outlets: Vec::new(),
            windows: Vec::new(),
            clocks: Vec::new(),
            delays: Vec::new(),
            tables: Vec::new(),
            invalid: None,
        }
    }

    /// The operator `node` was given an operand that it can't work with: the pipeline is built, and refused when it is
    /// run.
    fn refuse(&mut self, node: NodeId, why: &str) {
        let operator = self.graph.operator_name(node);
        self.invalid.get_or_insert_with(|| format!("`{operator}` {why}"));
    }

    pub fn source<S: Source>(&mut self, node: NodeId, source: S) -> Stream<S::Batch> {
        let info = source.info();
        self.plan.set_detail(node, info.to_string());
        let logged = source.can_be_logged();
        self.sources.push(SourceNode { node, info, logged, source: erase(source) });
        self.head(node, Head::Source(self.sources.len() - 1))
    }

    /// The fused part of a stage: its loops, the operands that were evaluated where `stream!` stands, and the function
    /// that calls the loops (see [`frame!`](frame)).
    pub fn stage<B, O, P, F, N>(&mut self, stream: &Stream<B>, frame: N, operands: P, loops: F) -> O::Handles
    where
        B: Batch,
        O: Tails + 'env,
        P: Send + Sync + 'env,
        F: Fn(&mut B, O, &P) -> O + Send + Sync + 'env,
        N: Fn(&F, &mut B, O, &P) -> O + Send + Sync + 'env,
    {
        let shared = O::share();
        let handles = O::handles(&shared, stream.stage);
        debug_assert_eq!(O::LEN, self.tails_of(stream.stage), "{COMPLETE}");
        self.bodies[stream.stage] =
            Some(Box::new(crate::fused::Fused::<B, O, P, F, N>::new(shared, operands, loops, frame)));
        handles
    }

    pub fn reduce_by_key<K, V, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Combine<K, V, F>>,
        function: F,
    ) -> Stream<Rows<(K, V)>>
    where
        K: Key<Owned = K> + Data,
        V: Data,
        F: Fn(V, V) -> V + Send + Sync + 'env,
    {
        let reducer = Arc::new(Reducer { node, function });
        assert!(tail.shared.set(Arc::clone(&reducer)).is_ok(), "{COMPLETE}");
        let merge = op::reduce_by_key::MergeTables::<K, V, _>::new(op::reduce_by_key::with_reducer(reducer));
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], merge)
    }

    pub fn count_by_value<K>(&mut self, node: NodeId, tail: &Handle<CountValues<K>>) -> Stream<Rows<(K, u64)>>
    where
        K: Key<Owned = K> + Data,
    {
        let merge = op::reduce_by_key::MergeTables::<K, u64, _>::new(|a, b| a + b);
        self.operator(node, HeadTasks::Partitions, &[(tail.stage, tail.index)], merge)
    }

    pub fn count(&mut self, node: NodeId, tail: &Handle<Count>) -> Stream<Rows<u64>> {
        self.operator(node, HeadTasks::One, &[(tail.stage, tail.index)], op::count::Sum)
    }

    pub fn union<T: Data, U: Data + SameRecords<T>>(
        &mut self,
        node: NodeId,
        a: &Handle<Give<T>>,
        b: &Handle<Give<U>>,
    ) -> Stream<Rows<T>> {
        let from = [(a.stage, a.index), (b.stage, b.index)];
        self.operator(node, HeadTasks::EachBucket, &from, op::union::PassOn::<T>(PhantomData))
    }

    /// `print(n)`.
    pub fn print<T: Data + Debug>(
        &mut self,
        node: NodeId,
        tail: &Handle<First<T>>,
        n: usize,
    ) -> Tailed<First<T>> {
        assert!(tail.shared.set(n.saturating_add(1)).is_ok(), "{COMPLETE}");
        let outlet = op::sink::ToSink { sink: ConsoleSink::<T>::new(n), records: PhantomData };
        self.plan.set_detail(node, n.to_string());
        self.outlet(node, (tail.stage, tail.index), outlet);
        Tailed::of(tail)
    }

    pub fn for_each<T, R, F>(&mut self, node: NodeId, tail: &Handle<Give<T>>, function: F) -> Tailed<Give<T>>
    where
        T: Data,
        R: Outcome,
        F: FnMut(T) -> R + Send + 'env,
    {
        let outlet = op::for_each::ForEach { node, function, records: PhantomData };
        self.outlet(node, (tail.stage, tail.index), outlet);
        Tailed::of(tail)
    }

    pub fn for_each_batch<T, R, F>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        function: F,
    ) -> Tailed<Give<T>>
    where
        T: Data,
        R: Outcome,
        F: FnMut(Vec<T>, Tick) -> R + Send + 'env,
    {
        let outlet = op::for_each_batch::ForEachBatch { node, function, batch: Vec::new() };
        self.outlet(node, (tail.stage, tail.index), outlet);
        Tailed::of(tail)
    }

    pub fn sink<T: Data, S: Sink<T> + 'env>(
        &mut self,
        node: NodeId,
        tail: &Handle<Give<T>>,
        sink: S,
    ) -> Tailed<Give<T>> {
        let outlet = op::sink::ToSink { sink, records: PhantomData };
        if let Some(detail) = outlet.detail() {
            self.plan.set_detail(node, detail);
        }
        self.outlet(node, (tail.stage, tail.index), outlet);
        Tailed::of(tail)
    }

    /// What crosses the exchange before an operator's `input`-th input. Comes last, and for the inputs in order.
    pub fn crossing(&mut self, node: NodeId, input: usize, crossing: Crossing) {
        let stage = self.graph.stage_of_head(node).expect(COMPLETE);
        if let Some(Head::Operator { crossings, .. }) = &mut self.heads[stage] {
            debug_assert_eq!(crossings.len(), input, "{COMPLETE}");
            crossings.push(crossing);
        }
    }

    /// How what an output is given is weighed. Comes last.
    pub fn weigh(&mut self, node: NodeId, weigh: Weigh) {
        if let Some(outlet) = self.outlets.iter_mut().find(|outlet| outlet.node == node) {
            outlet.weigh = Some(weigh);
        }
    }

    pub fn finish(self) -> Pipeline<'env> {
        let stages = self
            .heads
            .into_iter()
            .zip(self.bodies)
            .zip(self.tails)
            .map(|((head, body), tails)| StageNode {
                head: head.expect(COMPLETE),
                body: body.expect(COMPLETE),
                tails: tails.into_iter().map(|t| t.expect(COMPLETE)).collect(),
            })
            .collect();
        Pipeline {
            plan: self.plan,
            sources: self.sources,
            stages,
            outlets: self.outlets,
            clocks: self.clocks,
            delays: self.delays,
            tables: self.tables,
            counters: Vec::new(),
            windows: self.windows,
            invalid: self.invalid,
            migrations: Migrations::default(),
            env: PhantomData,
        }
    }

    /// How many tails a stage has: those of the topology, and its clocks behind them.
    fn tails_of(&self, stage: usize) -> usize {
        let stage = &self.graph.stages[stage];
        let clocks = stage.fused.iter().filter(|n| self.graph.nodes[**n].kind == OpKind::EventTime);
        stage.tails.len() + clocks.count()
    }

    fn head<B>(&mut self, node: NodeId, head: Head<'env>) -> Stream<B> {
        let stage = self.graph.stage_of_head(node).expect(COMPLETE);
        self.heads[stage] = Some(head);
        Stream { stage, batches: PhantomData }
    }

    fn operator<B>(
        &mut self,
        node: NodeId,
        tasks: HeadTasks,
        from: &[(usize, usize)],
        op: impl HeadOperator + 'env,
    ) -> Stream<B> {
        let head = Head::Operator { op: Box::new(op), tasks, inputs: from.len(), crossings: Vec::new() };
        let stream = self.head::<B>(node, head);
        for (input, (stage, index)) in from.iter().enumerate() {
            self.tails[*stage][*index] = Some(Route::Stage { stage: stream.stage, input });
        }
        stream
    }

    fn outlet(&mut self, node: NodeId, (stage, index): (usize, usize), outlet: impl Outlet + 'env) {
        debug_assert!(matches!(
            self.graph.nodes[node].kind,
            OpKind::Print
                | OpKind::ForEach
                | OpKind::ForEachPartition
                | OpKind::ForEachBatch
                | OpKind::SaveAsTextFiles
                | OpKind::Sink
        ));
        self.tails[stage][index] = Some(Route::Outlet(self.outlets.len()));
        self.outlets.push(OutletNode { node, outlet: Box::new(outlet), weigh: None });
    }
}
