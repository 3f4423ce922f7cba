//! Late records: an operator that leaves some out gives them as a second stream to whoever binds two.

use proc_macro2::Span;

use super::Lowering;
use crate::ast::Binding;
use crate::ir::{Stream, StreamId};

impl Lowering<'_> {
    /// What a chain gives, with the late records where its last operator is bound to two names.
    pub(super) fn with_late(
        &mut self,
        outputs: Vec<StreamId>,
        bindings: &[Binding],
        tuple: Option<Span>,
    ) -> Vec<StreamId> {
        let [results] = outputs[..] else { return outputs };
        let node = self.graph.streams[results].node;
        let is_new = node + 1 == self.graph.nodes.len();
        let gives = self.graph.nodes[node].kind.gives_late();
        if tuple.is_none() || bindings.len() != 2 || !is_new || !gives {
            return outputs;
        }
        let late = self.graph.streams.len();
        self.graph.streams.push(Stream {
            name: None,
            may_be_unused: false,
            item: None,
            node,
            consumers: Vec::new(),
        });
        self.graph.nodes[node].outputs.push(late);
        vec![results, late]
    }
}
