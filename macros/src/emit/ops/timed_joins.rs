//! Joins of two streams in event time, and `cogroup` in windows.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::of_windows::{time, windows};
use super::{argument, function_at, place};
use crate::emit::stage::{Emitter, head_stream};
use crate::ir::{Graph, Modifier, Node, NodeId, OpKind};
use crate::names;

/// Where the condition stands among the operands, if it may.
fn condition_at(n: &Node) -> usize {
    usize::from(n.kind.is_interval_join())
}

/// Whether of the right side only key and time count.
fn only_key(n: &Node, input: usize) -> bool {
    let is_semi = matches!(n.kind, OpKind::LeftSemiIntervalJoin | OpKind::WindowedLeftSemiJoin);
    is_semi && input == 1 && n.operands.len() <= condition_at(n)
}

pub fn push(cx: &Emitter<'_>, node: NodeId, input: usize, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let tail = names::tail(node, input, n.op.span());
    let time = time(cx, node, input);
    if only_key(n, input) {
        return quote_spanned!(at=> let (__key, _) = #rt::pair(#item); #tail.push(__key, (#time, ())););
    }
    let value = quote_spanned!(at=> #rt::own!(__value));
    let value = match (n.kind, input) {
        (OpKind::WindowedCogroup, 0) => quote_spanned!(at=> #rt::Two::First(#value)),
        (OpKind::WindowedCogroup, _) => quote_spanned!(at=> #rt::Two::Second(#value)),
        _ => value,
    };
    quote_spanned!(at=> let (__key, __value) = #rt::pair(#item); #tail.push(__key, (#time, #value));)
}

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let [left, right] = [0, 1].map(|input| names::tail(node, input, n.op.span()));
    let condition = || condition(graph, node, at);
    let (name, operands) = if n.kind.is_interval_join() {
        let (interval, condition) = (argument(graph, node, 0), condition());
        let timed = has_time(graph, n);
        (Ident::new(n.kind.name(), at), quote_spanned!(at=> #interval, #timed, #condition))
    } else {
        let windows = windows(graph, graph.streams[n.inputs[0]].node);
        let condition = (n.kind != OpKind::WindowedCogroup).then(condition);
        (format_ident!("windowed_{}", n.kind.name(), span = at), quote_spanned!(at=> #windows, #condition))
    };
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#left, &#right, #operands);)
}

fn condition(graph: &Graph, node: NodeId, at: Span) -> TokenStream {
    let n = &graph.nodes[node];
    if n.operands.len() > condition_at(n) {
        function_at(graph, node, condition_at(n))
    } else {
        quote_spanned!(at=> |_, _| true)
    }
}

/// Whether the records of a join have a time: it is refused without, but where it keeps all for ever.
fn has_time(graph: &Graph, n: &Node) -> bool {
    let mut above: Vec<usize> = n.inputs.clone();
    let mut is_timed = n.modified(Modifier::Unbounded).is_none();
    while let Some(stream) = above.pop() {
        let node = &graph.nodes[graph.streams[stream].node];
        is_timed |= node.kind == OpKind::EventTime;
        above.extend(&node.inputs);
    }
    is_timed
}
