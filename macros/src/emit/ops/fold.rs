//! `fold`: of two operands, everything goes to one task; with a third, each task folds its share.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, function_at, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, Node, NodeId};
use crate::names;

/// Whether each task folds its share.
pub fn combines(node: &Node) -> bool {
    node.operands.len() > 2
}

pub fn tail_type(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    if combines(n) { quote_spanned!(at=> #rt::FoldAll<_, _, _>) } else { quote_spanned!(at=> #rt::Give<_>) }
}

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let (init, function) = (argument(graph, node, 0), function_at(graph, node, 1));
    if combines(n) {
        let combine = function_at(graph, node, 2);
        quote_spanned!(at=> #(#attrs)* let #out = builder.fold_combined(#node, &#tail, #init, #function, #combine);)
    } else {
        quote_spanned!(at=> #(#attrs)* let #out = builder.fold(#node, &#tail, #init, #function);)
    }
}
