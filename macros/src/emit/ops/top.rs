//! `top`: by the records themselves, or by what a second operand returns.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, function_at, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn tail_type(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    match n.operands.len() {
        2 => quote_spanned!(at=> #rt::Top<_, #rt::By<_, _>>),
        _ => quote_spanned!(at=> #rt::Top<_, #rt::Itself>),
    }
}

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let length = argument(graph, node, 0);
    if n.operands.len() == 2 {
        let by = function_at(graph, node, 1);
        quote_spanned!(at=> #(#attrs)* let #out = builder.top_by(#node, &#tail, #length, #by);)
    } else {
        quote_spanned!(at=> let #out = builder.top(#node, &#tail, #length);)
    }
}
