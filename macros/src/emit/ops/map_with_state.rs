//! `map_with_state` and `map_with_state_and_snapshots`: perhaps with a `StateSpec`.

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
    let spec = if n.operands.len() == 2 {
        let spec = argument(graph, node, 1);
        quote_spanned!(at=> #spec)
    } else {
        quote_spanned!(at=> #rt::StateSpec::new())
    };
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #function, #spec);)
}
