//! `flat_map_values`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Called, Emitter, Exit, Returns};
use crate::ir::NodeId;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let exit = Exit::new(node, n.op.span());
    let (out, then) = next(cx, node, &exit);
    let Called { before, value } = cx.call(node, &quote_spanned!(at=> __value), Returns::Any);
    let body = exit.block(then);
    quote_spanned! {at=>
        let (__key, __value) = #rt::pair(#item);
        #before
        for __value in #rt::each(#node, #value) {
            let #out = (#rt::copy(&__key), __value);
            #body
        }
    }
}
