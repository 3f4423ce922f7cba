//! From what went wrong to the error that the user reads.

use millstream_plan::{Graph, NodeId, OpKind, Plan};

use super::schedule::TaskId;
use crate::blame::Caught;
use crate::{BoxError, Error, Place, Result};

/// An error, and where in the order of things it happened.
#[derive(Debug)]
pub(crate) struct Failure {
    pub at: TaskId,
    pub error: Error,
}

impl Failure {
    /// The one that is reported: the lowest (tick, stage, task), so that it doesn't depend on who was faster.
    pub fn first(self, other: Option<Failure>) -> Failure {
        match other {
            Some(other) if other.at < self.at => other,
            _ => self,
        }
    }
}

/// Knows the names of things.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pipeline: Option<String>,
    graph: &'static Graph,
}

impl Places {
    pub fn of(plan: &Plan) -> Places {
        Places { pipeline: plan.name().map(str::to_string), graph: plan.graph() }
    }

    pub fn pipeline(&self) -> Option<&str> {
        self.pipeline.as_deref()
    }

    /// By its name a checkpoint finds a source again, so no two may have the same.
    pub fn check_sources(&self) -> Result<()> {
        let Some(name) = self.graph.sources_of_one_name() else { return Ok(()) };
        Err(Error::Config(format!(
            "two sources of this pipeline are called `{name}`, and by its name a checkpoint finds again how far a source was \
             read: bind each of them with a `let` of its own, or name them with `.id(\"…\")` behind `source(…)`"
        )))
    }

    /// The node that heads a stage.
    pub fn head(&self, stage: usize) -> Option<NodeId> {
        self.graph.stages.get(stage).map(|s| s.head)
    }

    /// Of the operator that heads a stage, its stream's name and its own.
    pub fn head_names(&self, stage: usize) -> (&'static str, &'static str) {
        let node = self.head(stage).and_then(|node| self.graph.nodes.get(node));
        node.map_or(("", ""), |node| (node.stream, node.kind.name()))
    }

    /// Whether a closure of the user's is the output `node`.
    pub fn is_closure(&self, node: NodeId) -> bool {
        let kind = self.graph.nodes.get(node).map(|node| node.kind);
        kind.is_some_and(|kind| !matches!(kind, OpKind::Sink | OpKind::Print))
    }

    /// The stream that messages name for a node.
    pub fn stream(&self, node: NodeId) -> &'static str {
        self.graph.nodes.get(node).map_or("", |n| n.stream)
    }

    pub fn place(&self, node: Option<NodeId>, stage: Option<usize>, tick: Option<u64>) -> Box<Place> {
        let node = node.and_then(|node| self.graph.nodes.get(node));
        Box::new(Place {
            pipeline: self.pipeline.clone(),
            stage,
            stream: node.map(|n| n.stream.to_string()),
            operator: node.map(|n| n.kind.name().to_string()),
            tick,
        })
    }

    /// An error that something returned, under the variant that fits the operator.
    pub fn error(&self, node: Option<NodeId>, at: Box<Place>, source: BoxError) -> Error {
        match node.and_then(|node| self.graph.nodes.get(node)).map(|n| n.kind) {
            Some(OpKind::Source) => Error::Source { at, source },
            Some(OpKind::Sink | OpKind::SaveAsTextFiles | OpKind::Print) => Error::Sink { at, source },
            Some(OpKind::JoinTable | OpKind::LeftOuterJoinTable) => Error::Table { at, source },
            _ => Error::Output { at, source },
        }
    }

    /// What `blame::catch` gave for a call of `node`: its result, its error, or its panic.
    pub fn judge<T>(
        &self,
        result: Result<Result<T, BoxError>, Caught>,
        node: Option<NodeId>,
        stage: Option<usize>,
        tick: Option<u64>,
    ) -> Result<T, Error> {
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(source)) => Err(self.error(node, self.place(node, stage, tick), source)),
            Err(Caught { node: blamed, message }) => {
                Err(Error::Panic { at: self.place(blamed.or(node), stage, tick), message })
            }
        }
    }
}
