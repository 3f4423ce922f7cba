//! `values`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Emitter, Exit};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, rt, _) = place(cx.graph, node);
    let (out, then) = next(cx, node, exit);
    quote_spanned!(at=> let (_, #out) = #rt::pair(#item); #then)
}
