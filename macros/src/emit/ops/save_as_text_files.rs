//! `save_as_text_files`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, place};
use crate::ir::{Graph, NodeId};
use crate::names;

/// The suffix of `save_as_text_files(prefix)`.
pub const DEFAULT_SUFFIX: &str = "";

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let output = names::output(node, n.op.span());
    let prefix = argument(graph, node, 0);
    let suffix = match n.operands.get(1) {
        Some(_) => {
            let operand = argument(graph, node, 1);
            quote_spanned!(at=> #operand)
        }
        None => quote_spanned!(at=> #DEFAULT_SUFFIX),
    };
    quote_spanned!(at=> let #output = builder.save_as_text_files(#node, &#tail, #prefix, #suffix);)
}
