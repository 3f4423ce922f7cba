//! `map_with_state` and `map_with_state_and_snapshots`: perhaps with a `StateSpec`, and time-outs by event time.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{argument, function, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, Modifier, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let function = function(graph, node);
    let timeout = n.modified(Modifier::EventTimeout).map(|timeout| {
        let value = names::modifier(node, Modifier::EventTimeout, timeout.name.span());
        quote_spanned!(at=> , #value)
    });
    let by_event_time = if timeout.is_some() { "_by_event_time" } else { "" };
    let name = Ident::new(&format!("{}{by_event_time}", n.kind.name()), at);
    let spec = if n.operands.len() == 2 {
        let spec = argument(graph, node, 1);
        quote_spanned!(at=> #spec)
    } else {
        quote_spanned!(at=> #rt::StateSpec::new())
    };
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #function, #spec #timeout);)
}
