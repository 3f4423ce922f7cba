//! `drop_duplicates` and `drop_duplicates_by_key`, also within the watermark

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{argument, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let expiry = if n.operands.is_empty() {
        quote_spanned!(at=> #rt::Expiry::never())
    } else {
        let duration = argument(graph, node, 0);
        quote_spanned!(at=> #rt::Expiry::after(#duration))
    };
    let name = Ident::new(n.kind.name(), at);
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #expiry);)
}

/// `drop_duplicates_within_watermark` and its like by key.
pub fn attach_timed(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let remember = argument(graph, node, 0);
    let name = Ident::new(n.kind.name(), at);
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #remember);)
}
