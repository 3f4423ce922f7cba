//! `repartition`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let tasks = argument(graph, node, 0);
    quote_spanned!(at=> let #out = builder.repartition(#node, &#tail, #tasks);)
}
