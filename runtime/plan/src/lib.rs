//! The plan of a Millstream pipeline.
//!
//! A leaf crate without dependencies, used by the macro (which emits a [`Graph`] as static data) and by the
//! runtime (which adds what is known once the pipeline is built, and renders the whole). It never knows of
//! tokens, closures or records.

mod contract;
mod dot;
mod graph;
mod json;
mod mermaid;
mod op;
mod plan;
#[cfg(test)]
mod samples;
mod text;
mod words;

pub use graph::{Branch, Exchange, Graph, Node, NodeId, Place, Port, Stage, StageId};
pub use op::{Arg, Class, Cut, Modifier, ModifierArg, ModifierSpec, OpKind, OpSpec};
pub use plan::Plan;

/// How many key groups there are. Partitions own them, so it is also how many partitions there are at most.
pub const KEY_GROUPS: usize = 128;
