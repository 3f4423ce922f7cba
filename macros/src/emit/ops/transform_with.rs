//! `transform_with`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{function, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let [first, second] = [0, 1].map(|input| names::tail(node, input, n.op.span()));
    let function = function(graph, node);
    quote_spanned!(at=> #(#attrs)* let #out = builder.transform_with(#node, &#first, &#second, #function);)
}
