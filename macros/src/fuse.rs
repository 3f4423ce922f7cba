//! The graph to stages: cut at exchanges; what lies between is one fused loop.

use std::collections::{BTreeMap, BTreeSet};

use crate::closure::mentions;
use crate::ir::{Graph, NodeId, OpKind, Operand, StreamId};
use millstream_plan::Cut;
use quote::ToTokens;

/// One head, a tree of fused operators, one or more tails.
pub struct Stage {
    pub head: NodeId,
    /// In text order.
    pub fused: Vec<NodeId>,
    /// Who reads this stage across a cut, and through which input; in text order.
    pub tails: Vec<(NodeId, usize)>,
    /// The `event_time`s among the fused, whose clocks stand behind the tails.
    pub clocks: Vec<NodeId>,
}

pub struct Stages {
    /// Every stage after those that feed it.
    pub list: Vec<Stage>,
    /// The stage in which each stream's records flow.
    pub of_stream: Vec<usize>,
    /// For each union inside a stage: the stream at which all its inputs part. There its buffer lives.
    pub meets: BTreeMap<NodeId, StreamId>,
    /// Nodes whose closures' own names must be hidden from closures inlined after them.
    pub respan: BTreeSet<NodeId>,
}

pub fn fuse(graph: &Graph) -> Stages {
    let mut stages = cut(graph);
    stages.meets = meets(graph, &stages);
    stages.respan = clashes(graph, &stages);
    stages
}

fn cut(graph: &Graph) -> Stages {
    let mut list: Vec<Stage> = Vec::new();
    let mut of_stream: Vec<usize> = vec![usize::MAX; graph.streams.len()];
    // The output of a stage's head that each stream's records come from: where a head has two, they never meet again in
    // its stage, since each record is of one of them.
    let mut branch: Vec<StreamId> = (0..graph.streams.len()).collect();
    for (id, node) in graph.nodes.iter().enumerate() {
        let from: BTreeSet<usize> = node.inputs.iter().map(|s| of_stream[*s]).collect();
        let fused = match node.kind.spec().cut {
            Cut::None => node.kind != OpKind::Source,
            Cut::IfApart => {
                from.len() == 1 && node.inputs.iter().all(|s| branch[*s] == branch[node.inputs[0]])
            }
            Cut::ByKey | Cut::ToOne | Cut::InPlace | Cut::RoundRobin | Cut::ToDriver => false,
        };
        let stage = match from.first() {
            Some(stage) if fused => {
                list[*stage].fused.push(id);
                if node.kind == OpKind::EventTime {
                    list[*stage].clocks.push(id);
                }
                *stage
            }
            _ => {
                for (i, s) in node.inputs.iter().enumerate() {
                    list[of_stream[*s]].tails.push((id, i));
                }
                list.len()
            }
        };
        if !fused && !node.outputs.is_empty() {
            list.push(Stage { head: id, fused: Vec::new(), tails: Vec::new(), clocks: Vec::new() });
        }
        for s in &node.outputs {
            of_stream[*s] = stage;
            if fused {
                branch[*s] = branch[node.inputs[0]];
            }
        }
    }
    Stages { list, of_stream, meets: BTreeMap::new(), respan: BTreeSet::new() }
}

impl Stages {
    pub fn is_fused(&self, graph: &Graph, node: NodeId) -> bool {
        graph.nodes[node].inputs.first().is_some_and(|s| self.list[self.of_stream[*s]].fused.contains(&node))
    }

    /// The stream whose record a stream's record is made of, within the stage; `None` for the head's.
    fn above(&self, graph: &Graph, meets: &BTreeMap<NodeId, StreamId>, stream: StreamId) -> Option<StreamId> {
        let node = graph.streams[stream].node;
        if !self.is_fused(graph, node) {
            return None;
        }
        meets.get(&node).or_else(|| graph.nodes[node].inputs.first()).copied()
    }
}

fn meets(graph: &Graph, stages: &Stages) -> BTreeMap<NodeId, StreamId> {
    let mut meets = BTreeMap::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        if node.kind != OpKind::Union || !stages.is_fused(graph, id) {
            continue;
        }
        let mut paths = node.inputs.iter().map(|input| {
            let mut path = vec![*input];
            while let Some(above) = stages.above(graph, &meets, path[path.len() - 1]) {
                path.push(above);
            }
            path
        });
        let first = paths.next().unwrap_or_default();
        let common =
            paths.fold(first, |common, path| common.into_iter().filter(|s| path.contains(s)).collect());
        // Both paths end at the head, so there is one; the first is the nearest.
        meets.insert(id, common[0]);
    }
    meets
}

/// Inlined, a closure's parameters stay in scope behind it. Where a closure or path behind mentions such a name,
/// it means an outer variable: the earlier closure's names are to be hidden.
fn clashes(graph: &Graph, stages: &Stages) -> BTreeSet<NodeId> {
    let mut clashing = BTreeSet::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        if !stages.is_fused(graph, id) {
            continue;
        }
        let mentioned = mentioned(
            node.operands.iter().chain(node.repeat.iter().flat_map(|r| &r.body).map(|op| &op.operand)),
        );
        let mut seen = BTreeSet::new();
        let mut above: Vec<StreamId> = node.inputs.clone();
        while let Some(stream) = above.pop() {
            let earlier = graph.streams[stream].node;
            if !stages.is_fused(graph, earlier) || !seen.insert(earlier) {
                continue;
            }
            above.extend(&graph.nodes[earlier].inputs);
            if !leaks(graph.nodes[earlier].kind) {
                continue;
            }
            let own =
                graph.nodes[earlier].operands.iter().filter_map(Operand::inline).flat_map(|c| c.own_names());
            if own.into_iter().any(|name| mentioned.contains(&name)) {
                clashing.insert(earlier);
            }
        }
    }
    clashing
}

/// Whether an operator's parameter stays in scope behind it, so that what it returns may borrow from it.
fn leaks(kind: OpKind) -> bool {
    !matches!(
        kind,
        OpKind::Filter
            | OpKind::FilterValues
            | OpKind::Inspect
            | OpKind::Split
            | OpKind::Repeat
            | OpKind::Union
            | OpKind::EventTime
    )
}

fn mentioned<'o>(operands: impl Iterator<Item = &'o Operand>) -> BTreeSet<String> {
    operands
        .flat_map(|operand| match operand {
            Operand::Inline(closure) => closure.mentions(),
            Operand::Path(expr) => mentions(expr.to_token_stream()),
            Operand::Function(_) | Operand::Value(_) => BTreeSet::new(),
        })
        .collect()
}
