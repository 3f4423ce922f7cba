//! `event_time`: the time of each record, in a variable of its own, and shown to a clock.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{argument, next, place};
use crate::emit::stage::{Emitter, Exit, Returns};
use crate::fuse::Stages;
use crate::ir::{Graph, Modifier, NodeId};
use crate::names;
use crate::times::time_of;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let (out, then) = next(cx, node, exit);
    let (time, clock) = (names::time(node, n.op.span()), names::clock(node, n.op.span()));
    let value = cx.call_inside(node, &n.op, &n.operands[0], &quote_spanned!(at=> &#item), Returns::Any);
    quote_spanned! {at=>
        let #time = #rt::timestamp(#value);
        #clock.observe(#time);
        let #out = #item;
        #then
    }
}

/// Tells the builder of a clock.
pub fn clock(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let clock = names::clock(node, n.op.span());
    let bound = argument(graph, node, 1);
    let idle = match n.modified(Modifier::IdleAfter) {
        Some(idle) => {
            let idle = names::modifier(node, Modifier::IdleAfter, idle.name.span());
            quote_spanned!(at=> ::core::option::Option::Some(#idle))
        }
        None => quote_spanned!(at=> ::core::option::Option::None),
    };
    quote_spanned!(at=> builder.event_time(#node, &#clock, #bound, #idle);)
}

/// The statement that gives a head's record its time: where what follows asks for that, and where the time comes with it.
pub fn time_of_result(graph: &Graph, stages: &Stages, head: NodeId, item: &Ident) -> Option<TokenStream> {
    let wants = |n: &crate::ir::Node| {
        n.goes_by_event_time() && n.inputs.iter().any(|s| time_of(graph, stages, *s) == Ok(head))
    };
    let kind = graph.nodes[head].kind;
    let is_wanted = graph.nodes.iter().any(wants);
    let (at, rt, n) = place(graph, head);
    let time = names::time(head, n.op.span());
    if kind.hands_on_times() {
        let time = if is_wanted { quote_spanned!(at=> #time) } else { quote_spanned!(at=> _) };
        return Some(quote_spanned!(at=> let (#time, #item) = #item;));
    }
    if !kind.has_time_of_window() || !is_wanted {
        return None;
    }
    Some(quote_spanned!(at=> let #time = #rt::time_of_result(&#item);))
}
