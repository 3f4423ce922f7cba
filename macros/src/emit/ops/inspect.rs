//! `inspect`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Emitter, Exit, Returns};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, _, n) = place(cx.graph, node);
    let (out, then) = next(cx, node, exit);
    let look = cx.call_inside(node, &n.op, &n.operands[0], &quote_spanned!(at=> &#item), Returns::Unit);
    let taken = cx.taken(node, item);
    quote_spanned!(at=> let () = #look; let #out = #taken; #then)
}
