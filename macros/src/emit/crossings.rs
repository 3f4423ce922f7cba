//! What crosses each exchange and leaves for each output, found out where all types are known: in the last statements.

use millstream_plan::Cut;
use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::fuse::Stages;
use crate::ir::Graph;
use crate::names;

/// For every input of every operator behind an exchange, in the order of stages; then for every output.
pub fn crossings(graph: &Graph, stages: &Stages) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    for stage in &stages.list {
        let head = &graph.nodes[stage.head];
        let at = names::glue(head.op.span());
        let rt = graph.rt(at);
        for input in 0..head.inputs.len() {
            let node = stage.head;
            let tail = names::tail(node, input, head.op.span());
            statements.push(quote_spanned!(at=> builder.crossing(#node, #input, #rt::crossing!(#tail));));
        }
    }
    for (node, n) in graph.nodes.iter().enumerate().filter(|(_, n)| n.kind.spec().cut == Cut::ToDriver) {
        let at = names::glue(n.op.span());
        let rt = graph.rt(at);
        let output = names::output(node, n.op.span());
        statements.push(quote_spanned!(at=> builder.weigh(#node, #rt::weigher!(#output));));
    }
    statements
}
