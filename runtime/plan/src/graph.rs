//! The static topology that the macro emits: nodes (operators), ports (streams) and stages.

use crate::op::{Modifier, OpKind};

/// Index into [`Graph::nodes`].
pub type NodeId = usize;
/// Index into [`Graph::stages`].
pub type StageId = usize;

/// One output of a node: a stream. Most nodes have one; `split` and `try_map` have two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub node: NodeId,
    pub output: usize,
}

/// An operator call of the pipeline.
///
/// # Contract
/// - Nodes are in text order, so every input names an earlier node.
/// - `outputs.len() == kind.spec().outputs`, or one more where an operator gives late records too; an entry is the `let` name bound to that stream, if one is.
/// - `stream` is the name that messages use: of the binding whose statement holds the call, or, where the
///   statement binds nothing, of the stream at the root of its chain.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: OpKind,
    pub stream: &'static str,
    pub inputs: &'static [Port],
    pub outputs: &'static [Option<&'static str>],
    /// The `///` text on the statement, without the markers.
    pub doc: Option<&'static str>,
    /// The operators inside a `for`, in order (empty for every other kind). They are no nodes of their own.
    pub body: &'static [OpKind],
    /// The text of `.id("…")`: the name in checkpoints.
    pub id: Option<&'static str>,
    /// What else was written behind it (`.exact()`), in order.
    pub modifiers: &'static [Modifier],
}

/// What lies between two cuts: one head, a tree of fused operators, one or more tails.
///
/// # Contract
/// - `head` is a source, or an operator that cuts (its merging half runs here), or a union of streams of
///   different heads.
/// - `fused` holds the element-wise operators of this stage in text order.
/// - `tails` holds the operators that this stage feeds across a cut, in text order; an operator that reads the
///   stage through two inputs stands here twice.
/// - Stages are in an order in which every stage comes after those that feed it.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    pub head: NodeId,
    pub fused: &'static [NodeId],
    pub tails: &'static [NodeId],
}

/// The whole topology.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// The name in the header, `stream! { <Name> … }`.
    pub name: Option<&'static str>,
    pub nodes: &'static [Node],
    pub stages: &'static [Stage],
}

/// A stage's output on its way to the operator behind a cut.
///
/// # Contract
/// - The stream that crosses is `nodes[node].inputs[input]`, and a node of stage `from` makes it.
/// - `to` is the stage that `node` heads; `None` means the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub from: StageId,
    pub to: Option<StageId>,
    pub node: NodeId,
    pub input: usize,
}

/// An operator in a stage's tree, with what follows it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    pub node: NodeId,
    /// Which output of the operator above it reads.
    pub output: usize,
    pub place: Place,
    /// Its own consumers, in text order; empty for all but [`Place::Fused`].
    pub then: Vec<Branch>,
}

/// How an operator stands in a stage's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It runs in this stage.
    Fused,
    /// It runs in this stage, and stands further up in the tree: a further input of a union.
    Above,
    /// It runs behind a cut.
    Tail,
}

// For the macro: an expansion is read by people, so its topology is a line a node.

impl Port {
    /// The stream that comes out of `node` (of two, the `output`-th).
    pub const fn new(node: NodeId, output: usize) -> Port {
        Port { node, output }
    }
}

impl Node {
    pub const fn new(
        kind: OpKind,
        stream: &'static str,
        inputs: &'static [Port],
        outputs: &'static [Option<&'static str>],
    ) -> Node {
        Node { kind, stream, inputs, outputs, doc: None, body: &[], id: None, modifiers: &[] }
    }

    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Node {
        self.doc = Some(doc);
        self
    }

    #[must_use]
    pub const fn body(mut self, body: &'static [OpKind]) -> Node {
        self.body = body;
        self
    }

    #[must_use]
    pub const fn id(mut self, id: &'static str) -> Node {
        self.id = Some(id);
        self
    }

    #[must_use]
    pub const fn modifiers(mut self, modifiers: &'static [Modifier]) -> Node {
        self.modifiers = modifiers;
        self
    }

    /// Whether it combines on the map side.
    pub fn combines(&self) -> bool {
        self.kind.spec().combines && !self.modifiers.contains(&Modifier::Exact)
    }
}

impl Stage {
    pub const fn new(head: NodeId, fused: &'static [NodeId], tails: &'static [NodeId]) -> Stage {
        Stage { head, fused, tails }
    }
}

impl Graph {
    pub const fn new(name: Option<&'static str>, nodes: &'static [Node], stages: &'static [Stage]) -> Graph {
        Graph { name, nodes, stages }
    }

    /// What a stream is called: its `let` name, or `stream/operator` where it has none.
    pub fn stream_name(&self, port: Port) -> String {
        let node = &self.nodes[port.node];
        match node.outputs[port.output] {
            Some(name) => name.to_string(),
            None => format!("{}/{}", node.stream, node.kind.name()),
        }
    }

    /// An operator in errors, and its state in checkpoints: its id, else `stream/operator`.
    pub fn operator_name(&self, node: NodeId) -> String {
        let n = &self.nodes[node];
        n.id.map_or_else(|| format!("{}/{}", n.stream, n.kind.name()), str::to_string)
    }

    /// A source in checkpoints: its id, else its stream.
    pub fn source_name(&self, node: NodeId) -> &'static str {
        let n = &self.nodes[node];
        n.id.or_else(|| n.outputs.first().copied().flatten()).unwrap_or(n.stream)
    }

    /// A name that two sources have, so that a checkpoint could not tell them apart. (Of state the macro sees to it.)
    pub fn sources_of_one_name(&self) -> Option<&'static str> {
        let sources = self.nodes.iter().enumerate().filter(|(_, n)| n.kind == OpKind::Source);
        let mut names: Vec<&str> = sources.map(|(id, _)| self.source_name(id)).collect();
        names.sort_unstable();
        names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// The stage that `node` heads, if it heads one.
    pub fn stage_of_head(&self, node: NodeId) -> Option<StageId> {
        self.stages.iter().position(|s| s.head == node)
    }

    /// The consumers of a stream, in text order, each with the input by which it reads it.
    pub fn consumers(&self, port: Port) -> impl Iterator<Item = (NodeId, usize)> + '_ {
        self.nodes.iter().enumerate().flat_map(move |(id, n)| {
            n.inputs.iter().enumerate().filter(move |(_, p)| **p == port).map(move |(i, _)| (id, i))
        })
    }
    /// The stage that a node's records leave from; `None` for outputs, which run on the driver.
    pub fn stage_of(&self, node: NodeId) -> Option<StageId> {
        self.stages.iter().position(|s| s.head == node || s.fused.contains(&node))
    }

    /// All cuts, in the order of stages and of their tails.
    pub fn exchanges(&self) -> Vec<Exchange> {
        let mut all = Vec::new();
        for (from, stage) in self.stages.iter().enumerate() {
            for (i, &node) in stage.tails.iter().enumerate() {
                let earlier = stage.tails[..i].iter().filter(|t| **t == node).count();
                let inputs = self.nodes[node].inputs.iter().enumerate();
                let mut here = inputs.filter(|(_, p)| p.node == stage.head || stage.fused.contains(&p.node));
                let input = here.nth(earlier).map(|(input, _)| input);
                debug_assert!(input.is_some(), "stage {from} has a tail that doesn't read it");
                all.extend(input.map(|input| Exchange { from, to: self.stage_of_head(node), node, input }));
            }
        }
        all
    }

    /// What follows a stage's head, as a tree. A union stands where the walk first meets it.
    pub fn tree(&self, stage: StageId) -> Vec<Branch> {
        let stage = &self.stages[stage];
        self.branches(stage, stage.head, &mut Vec::new())
    }

    fn branches(&self, stage: &Stage, node: NodeId, seen: &mut Vec<NodeId>) -> Vec<Branch> {
        let mut branches = Vec::new();
        for output in 0..self.nodes[node].outputs.len() {
            for (node, _) in self.consumers(Port { node, output }) {
                let place = if !stage.fused.contains(&node) {
                    debug_assert!(stage.tails.contains(&node), "a consumer is neither fused nor a tail");
                    Place::Tail
                } else if seen.contains(&node) {
                    Place::Above
                } else {
                    seen.push(node);
                    Place::Fused
                };
                let then = if place == Place::Fused { self.branches(stage, node, seen) } else { Vec::new() };
                branches.push(Branch { node, output, place, then });
            }
        }
        branches
    }
}

#[cfg(test)]
mod tests {
    use super::{Branch, Exchange, Place};
    use crate::samples;

    #[test]
    fn a_union_of_two_heads_is_an_exchange_from_each() {
        let exchanges = samples::union_of_two_sources().graph().exchanges();
        assert_eq!(exchanges[0], Exchange { from: 0, to: Some(2), node: 3, input: 0 });
        assert_eq!(exchanges[1], Exchange { from: 1, to: Some(2), node: 3, input: 1 });
        assert_eq!(exchanges.last(), Some(&Exchange { from: 3, to: None, node: 5, input: 0 }));
    }

    #[test]
    fn a_tree_has_each_operator_once_and_each_tail() {
        fn places(tree: &[Branch], out: &mut Vec<(usize, Place)>) {
            for branch in tree {
                out.push((branch.node, branch.place));
                places(&branch.then, out);
            }
        }
        for plan in samples::all() {
            let graph = plan.graph();
            for (id, stage) in graph.stages.iter().enumerate() {
                let mut found = Vec::new();
                places(&graph.tree(id), &mut found);
                found.sort_unstable_by_key(|(node, _)| *node);
                let of = |place| found.iter().filter(move |f| f.1 == place).map(|f| f.0).collect::<Vec<_>>();
                assert_eq!(of(Place::Fused), stage.fused);
                assert_eq!(of(Place::Tail), stage.tails);
            }
        }
    }
}
