//! `for_each`, `for_each_partition` and `for_each_batch`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{function, place};
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let tail = names::tail(node, 0, n.op.span());
    let output = names::output(node, n.op.span());
    let function = function(graph, node);
    let method = Ident::new(n.kind.name(), at);
    quote_spanned!(at=> #(#attrs)* let #output = builder.#method(#node, &#tail, #function);)
}
