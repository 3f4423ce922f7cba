//! `for`: a loop inside the stage, over operators that give at most one record for one.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{next, place};
use crate::emit::stage::{Emitter, Exit, Returns};
use crate::ir::{BodyOp, NodeId, OpKind};
use crate::names;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let Some(repeat) = &n.repeat else { unreachable!("`lower` gives every `for` its loop") };
    let range = names::operand(node, 0, n.op.span());
    let pat = &repeat.pat;
    let steps: Vec<_> = repeat.body.iter().map(|op| step(cx, node, op, item, exit)).collect();
    let (out, then) = next(cx, node, exit);
    quote_spanned! {at=>
        let mut #item = #item;
        for #pat in #rt::again(#range) { #(#steps)* }
        let #out = #item;
        #then
    }
}

/// One operator of the body: `item` is replaced.
fn step(cx: &Emitter<'_>, node: NodeId, op: &BodyOp, item: &Ident, exit: &Exit) -> TokenStream {
    let at = names::glue(op.op.span());
    let rt = cx.graph.rt(at);
    let whole = |arg, returns| cx.call_inside(node, &op.op, &op.operand, &arg, returns);
    match op.kind {
        OpKind::Map => {
            let value = whole(quote_spanned!(at=> #item), Returns::Any);
            quote_spanned!(at=> #item = #value;)
        }
        OpKind::Filter => {
            let keep = whole(quote_spanned!(at=> &#item), Returns::Bool);
            let leave = exit.leave();
            quote_spanned!(at=> if !#keep { #leave })
        }
        OpKind::FilterMap => {
            let value = whole(quote_spanned!(at=> #item), Returns::Option);
            let leave = exit.leave();
            quote_spanned! {at=>
                #item = match #value {
                    ::core::option::Option::Some(__kept) => __kept,
                    ::core::option::Option::None => #leave,
                };
            }
        }
        OpKind::MapValues => {
            let value = whole(quote_spanned!(at=> __value), Returns::Any);
            quote_spanned! {at=>
                #item = { let (__key, __value) = #rt::pair(#item); (__key, #value) };
            }
        }
        OpKind::FilterValues => {
            let keep = whole(quote_spanned!(at=> &__value), Returns::Bool);
            let leave = exit.leave();
            quote_spanned! {at=>
                #item = { let (__key, __value) = #rt::pair(#item); if !#keep { #leave } (__key, __value) };
            }
        }
        OpKind::Inspect => {
            let look = whole(quote_spanned!(at=> &#item), Returns::Unit);
            quote_spanned!(at=> let () = #look;)
        }
        _ => unreachable!("the registry says that this operator can't be in a `for`"),
    }
}
