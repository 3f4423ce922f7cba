//! `words` and `words_ascii`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Emitter, Exit};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let exit = Exit::new(node, n.op.span());
    let (out, then) = next(cx, node, &exit);
    let body = exit.block(then);
    let function = Ident::new(n.kind.name(), at);
    quote_spanned!(at=> for #out in #rt::#function(&#item) { #body })
}
