//! What a checkpoint relies on: the names of sources and of state.

use crate::graph::NodeId;
use crate::op::{Class, OpKind};
use crate::plan::Plan;

impl Plan {
    /// The sources, the operators with state and the outputs that have an id: `source lines`,
    /// `state counts/running_count: running_count`, `output report`; below a state what `schema` says of it, indented.
    ///
    /// Sorted by kind and name, and nothing else is in it: a pipeline may move, gain and lose other operators, and
    /// still restores what it knows.
    pub fn contract(&self, schema: impl Fn(NodeId) -> Option<String>) -> String {
        let graph = self.graph();
        let mut lines: Vec<String> = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate() {
            let spec = node.kind.spec();
            if node.kind == OpKind::Source {
                lines.push(format!("source {}\n", graph.source_name(id)));
            } else if spec.stateful {
                let schema = schema(id).unwrap_or_default();
                let schema: String = schema.lines().map(|line| format!("  {line}\n")).collect();
                lines.push(format!("state {}: {}\n{schema}", graph.operator_name(id), spec.name));
            } else if let (Class::Output, Some(id)) = (spec.class, node.id) {
                lines.push(format!("output {id}: {}\n", spec.name));
            }
        }
        lines.sort_unstable();
        lines.concat()
    }
}

#[cfg(test)]
mod tests {
    use crate::samples;

    #[test]
    fn a_checkpoint_relies_on_sources_by_name_and_not_by_position() {
        assert_eq!(samples::word_count().contract(|_| None), "source lines\n");
        assert_eq!(samples::union_of_two_sources().contract(|_| None), "source app\nsource web\n");
    }
}
