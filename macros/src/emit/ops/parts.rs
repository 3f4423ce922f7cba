//! What the operators' files share.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::spanned::Spanned;

use crate::emit::stage::{Emitter, Exit};
use crate::ir::{Graph, Node, NodeId, Operand};
use crate::names;

/// The key becomes owned as its table needs it, so that short strings never are on the heap.
pub fn pair(at: Span, rt: &TokenStream, tail: &Ident, item: &Ident) -> TokenStream {
    quote_spanned! {at=>
        let (__key, __value) = #rt::pair(#item);
        #tail.push(__key, #rt::own!(__value));
    }
}

/// Span, runtime path and node of an operator.
pub fn place(graph: &Graph, node: NodeId) -> (Span, TokenStream, &Node) {
    let n = &graph.nodes[node];
    let at = names::glue(n.op.span());
    (at, graph.rt(at), n)
}

/// The builder's method for an operator, which has one of its own where nothing is combined before the exchange.
pub fn method(n: &Node) -> Ident {
    let at = names::glue(n.op.span());
    if n.is_exact() {
        format_ident!("{}_exact", n.kind.name(), span = at)
    } else {
        Ident::new(n.kind.name(), at)
    }
}

/// The function that goes to the operator behind the exchange, its first operand.
pub fn function(graph: &Graph, node: NodeId) -> TokenStream {
    function_at(graph, node, 0)
}

/// As [`function`], for an operator with other operands before it.
pub fn function_at(graph: &Graph, node: NodeId, index: usize) -> TokenStream {
    let n = &graph.nodes[node];
    let at = names::glue(n.op.span());
    match &n.operands[index] {
        Operand::Function(syn::Expr::Closure(closure)) => {
            let mut closure = closure.clone();
            if graph.owned && closure.capture.is_none() {
                closure.capture = Some(syn::token::Move(at));
            }
            quote_spanned!(at=> #closure)
        }
        Operand::Function(path) => quote_spanned!(at=> #path),
        _ => {
            let name = argument(graph, node, index);
            quote_spanned!(at=> #name)
        }
    }
}

/// An argument that was evaluated where `stream!` stands: what is wrong with it is said at its own token.
pub fn argument(graph: &Graph, node: NodeId, index: usize) -> Ident {
    let n = &graph.nodes[node];
    let name = names::operand(node, index, n.op.span());
    match &n.operands[index] {
        Operand::Value(expr) => names::used(&name, expr.span()),
        _ => name,
    }
}

/// The next stream of a single-output operator: its variable, and what happens to it.
pub fn next(cx: &Emitter<'_>, node: NodeId, exit: &Exit) -> (Ident, TokenStream) {
    let stream = cx.graph.nodes[node].outputs[0];
    let item = names::item(cx.graph, stream);
    let then = cx.stream(stream, &item, exit);
    (item, then)
}
