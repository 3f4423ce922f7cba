//! `join_table` and `left_outer_join_table`: a look-up in the stage.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Emitter, Exit};
use crate::ir::{Graph, NodeId};
use crate::names;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let exit = Exit::new(node, n.op.span());
    let (out, then) = next(cx, node, &exit);
    let table = names::table(node, n.op.span());
    let join = Ident::new(n.kind.name(), at);
    let body = exit.block(then);
    quote_spanned!(at=> for #out in #rt::#join(#table, #rt::pair(#item)) { #body })
}

/// Tells the builder of a table, which may be one that is refreshed. What is no table is underlined once, at the operator.
pub fn table(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let table = names::operand(node, 0, n.op.span());
    quote_spanned!(at=> let #table = builder.table(#node, #table);)
}

/// The statements that take the table as it is in this tick, before the loops of a batch.
pub fn now(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let operand = names::operand(node, 0, n.op.span());
    let table = names::table(node, n.op.span());
    quote_spanned!(at=> let #table = #rt::table_now(#operand); let #table = &*#table;)
}
