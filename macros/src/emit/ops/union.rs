//! `union`: within a stage, a buffer for each of its inputs where they part; between stages, an exchange.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::place;
use crate::emit::stage::{Emitter, head_stream};
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn fused(cx: &Emitter<'_>, node: NodeId, input: usize, item: &Ident) -> TokenStream {
    let (at, _, n) = place(cx.graph, node);
    let buffer = names::merged(node, input, n.op.span());
    quote_spanned!(at=> #buffer.push(#item);)
}

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let out = head_stream(graph, node);
    let [first, second] = [0, 1].map(|input| names::tail(node, input, n.op.span()));
    quote_spanned!(at=> let #out = builder.union(#node, &#first, &#second);)
}
