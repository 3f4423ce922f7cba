//! The static topology that the macro emits: nodes (operators), ports (streams) and stages.

use crate::op::OpKind;

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
/// - `outputs.len() == kind.spec().outputs`; an entry is the `let` name bound to that stream, if one is.
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

impl Graph {
    /// What a stream is called: its `let` name, or `after OPERATOR` where it has none.
    pub fn stream_name(&self, port: Port) -> String {
        let node = &self.nodes[port.node];
        match node.outputs[port.output] {
            Some(name) => name.to_string(),
            None => format!("{}/{}", node.stream, node.kind.name()),
        }
    }

    /// `stream/operator`, as errors and state names print it.
    pub fn operator_name(&self, node: NodeId) -> String {
        let n = &self.nodes[node];
        format!("{}/{}", n.stream, n.kind.name())
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
}
