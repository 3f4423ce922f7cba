//! `reduce`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{function, method, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let function = function(graph, node);
    let method = method(n);
    quote_spanned!(at=> #(#attrs)* let #out = builder.#method(#node, &#tail, #function);)
}
