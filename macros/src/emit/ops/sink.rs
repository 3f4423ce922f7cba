//! `sink`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::place;
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let operand = names::operand(node, 0, n.op.span());
    quote_spanned!(at=> builder.sink(#node, #tail, #operand);)
}
