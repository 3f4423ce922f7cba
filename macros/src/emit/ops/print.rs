//! `print`

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, place};
use crate::ir::{Graph, NodeId};
use crate::names;

/// How many records `print()` shows: Spark's number.
pub const DEFAULT_LENGTH: usize = 10;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let output = names::output(node, n.op.span());
    let length = match n.operands.first() {
        Some(_) => {
            let operand = argument(graph, node, 0);
            quote_spanned!(at=> #operand)
        }
        None => quote_spanned!(at=> #DEFAULT_LENGTH),
    };
    quote_spanned!(at=> let #output = builder.print(#node, &#tail, #length);)
}
