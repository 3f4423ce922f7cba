//! `join_table` and `left_outer_join_table`: a look-up in the stage.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{argument, next, place};
use crate::emit::stage::{Emitter, Exit};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let exit = Exit::new(node, n.op.span());
    let (out, then) = next(cx, node, &exit);
    let table = argument(cx.graph, node, 0);
    let join = Ident::new(n.kind.name(), at);
    let body = exit.block(then);
    quote_spanned!(at=> for #out in #rt::#join(#table, #rt::pair(#item)) { #body })
}
