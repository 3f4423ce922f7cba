//! Where the event time of a stream's records comes from.

use crate::fuse::Stages;
use crate::ir::{Graph, Modifier, NodeId, OpKind, StreamId};

/// Why the records of a stream have no event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nobody said what it is.
    NeverGiven,
    /// They are made of records of a whole tick, or of state.
    Behind(NodeId),
    /// The inputs of this union have theirs from different places.
    Union(NodeId),
    /// They are late records, of this operator.
    Late(NodeId),
}

/// Whether an operator is a join that is told to keep all records for ever, and no side has a time. (Whether it can do without,
/// its interval says.)
pub fn is_timeless(graph: &Graph, stages: &Stages, id: NodeId) -> bool {
    let node = &graph.nodes[id];
    let without = |input: &StreamId| time_of(graph, stages, *input) == Err(Lost::NeverGiven);
    node.kind.is_interval_join()
        && node.modified(Modifier::Unbounded).is_some()
        && node.inputs.iter().all(without)
}

/// The node that gives the records of a stream their time: an `event_time`; an aggregate of windows, whose results have that
/// of their window; or an operator whose results have that of their record.
pub fn time_of(graph: &Graph, stages: &Stages, stream: StreamId) -> Result<NodeId, Lost> {
    let id = graph.streams[stream].node;
    let node = &graph.nodes[id];
    if node.kind == OpKind::EventTime {
        return Ok(id);
    }
    if is_timeless(graph, stages, id) {
        return Err(Lost::NeverGiven);
    }
    if node.kind.hands_on_times() || node.kind.has_time_of_window() {
        return if node.outputs[0] == stream { Ok(id) } else { Err(Lost::Late(id)) };
    }
    let mut inputs = node.inputs.iter().map(|input| time_of(graph, stages, *input));
    match inputs.next() {
        None => Err(Lost::NeverGiven),
        Some(first) if node.kind == OpKind::Union => {
            if inputs.any(|other| other != first) {
                return Err(Lost::Union(id));
            }
            match first {
                Ok(_) if !stages.is_fused(graph, id) => Err(Lost::Union(id)),
                first => first,
            }
        }
        Some(first) if stages.is_fused(graph, id) => first,
        Some(_) => Err(Lost::Behind(id)),
    }
}
