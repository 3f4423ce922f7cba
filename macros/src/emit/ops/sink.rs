//! `sink`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, place};
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let output = names::output(node, n.op.span());
    let operand = argument(graph, node, 0);
    quote_spanned!(at=> let #output = builder.sink(#node, &#tail, #operand);)
}
