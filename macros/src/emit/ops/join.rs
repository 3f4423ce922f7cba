//! The joins of two streams, and `cogroup`.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::place;
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let [left, right] = [0, 1].map(|input| names::tail(node, input, n.op.span()));
    let join = Ident::new(n.kind.name(), at);
    quote_spanned!(at=> #(#attrs)* let #out = builder.#join(#node, &#left, &#right);)
}
