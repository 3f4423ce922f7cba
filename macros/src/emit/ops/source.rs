//! `source`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, _) = place(graph, node);
    let out = head_stream(graph, node);
    let operand = argument(graph, node, 0);
    quote_spanned!(at=> let #out = builder.source(#node, #operand);)
}
