//! A plan: the static topology, with what is known once the pipeline is built.

use std::fmt;

use crate::graph::{Graph, NodeId};

/// What a pipeline will do: its stages, the operators fused in each, exchanges, sources and outputs.
///
/// Made by `pipeline.plan()`; nothing runs or connects for it. `Display` is a text tree, made for people and for
/// `insta::assert_snapshot!`: it holds nothing that changes from build to build. [`Plan::mermaid`], [`Plan::dot`]
/// and [`Plan::json`] are for pictures and tools.
#[derive(Clone, Debug)]
pub struct Plan {
    graph: &'static Graph,
    name: Option<String>,
    details: Vec<Option<String>>,
    combining: Vec<bool>,
    facts: Vec<(String, String)>,
}

impl Plan {
    /// A plan without details. The name starts as the header's.
    pub fn new(graph: &'static Graph) -> Plan {
        Plan {
            graph,
            name: graph.name.map(str::to_string),
            details: vec![None; graph.nodes.len()],
            combining: vec![false; graph.nodes.len()],
            facts: Vec::new(),
        }
    }

    pub fn graph(&self) -> &'static Graph {
        self.graph
    }

    /// The pipeline's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn set_name(&mut self, name: &str) {
        self.name = Some(name.to_string());
    }

    /// What a node's value says of itself: a source or sink, a print's length.
    pub fn detail(&self, node: NodeId) -> Option<&str> {
        self.details[node].as_deref()
    }

    pub fn set_detail(&mut self, node: NodeId, detail: String) {
        self.details[node] = Some(detail);
    }

    /// Whether a node's records are combined before the exchange: by what it is, or by what its values say.
    pub fn combines(&self, node: NodeId) -> bool {
        self.graph.nodes[node].combines() || self.combining[node]
    }

    /// The node combines, as its values say.
    pub fn set_combines(&mut self, node: NodeId) {
        self.combining[node] = true;
    }

    /// What an engine adds (`engine.explain(&pipeline)`): guarantee, partitions, what crosses the network.
    pub fn facts(&self) -> &[(String, String)] {
        &self.facts
    }

    pub fn add_fact(&mut self, name: &str, value: String) {
        self.facts.push((name.to_string(), value));
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::write(self, f)
    }
}
