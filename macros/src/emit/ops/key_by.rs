//! `key_by`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Called, Emitter, Exit, Returns};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, rt, _) = place(cx.graph, node);
    let (out, then) = next(cx, node, exit);
    let Called { before, value } = cx.call(node, &quote_spanned!(at=> #rt::copy(&__record)), Returns::Any);
    quote_spanned!(at=> let __record = #item; #before let #out = (#value, __record); #then)
}
