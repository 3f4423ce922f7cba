//! `update_state_by_key` and `update_state_by_key_with`: perhaps with what keys begin with.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{argument, function, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let function = function(graph, node);
    let name = Ident::new(n.kind.name(), at);
    let initial = if n.operands.len() == 2 {
        let initial = argument(graph, node, 1);
        quote_spanned!(at=> #rt::Initial::of(#initial))
    } else {
        quote_spanned!(at=> #rt::Initial::none())
    };
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #function, #initial);)
}
