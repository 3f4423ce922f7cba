//! Windows of event time, which only mark a stream, and their aggregates.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::{argument, function_at, next, place};
use crate::emit::stage::{Emitter, Exit, head_stream};
use crate::ir::{Graph, Node, NodeId, OpKind, Operand};
use crate::names;
use crate::parse::strip;
use crate::times::time_of;

/// Of the window itself: the record passes as it is.
pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, _, _) = place(cx.graph, node);
    let (out, then) = next(cx, node, exit);
    quote_spanned!(at=> let #out = #item; #then)
}

pub fn tail_type(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let key = if n.kind.spec().keyed { quote_spanned!(at=> _) } else { quote_spanned!(at=> ()) };
    if has_parts(n) {
        quote_spanned!(at=> #rt::Windowed<#key, _, _>)
    } else {
        quote_spanned!(at=> #rt::Scatter<#key, _>)
    }
}

/// Whether parts of a window may cross in place of its records. Late records leave as they came.
fn has_parts(n: &Node) -> bool {
    let keeps_all = matches!(
        n.kind,
        OpKind::WindowedFold
            | OpKind::WindowedFoldByKey
            | OpKind::WindowedCollect
            | OpKind::WindowedGroupByKey
    );
    n.outputs.len() == 1 && !keeps_all
}

/// Whether only the number of records counts, so that they needn't cross.
fn counts(n: &Node) -> bool {
    matches!(n.kind, OpKind::WindowedCount | OpKind::WindowedCountByKey) && n.outputs.len() == 1
}

/// The event time of the record at hand. Without one (`check::windows` saw to it that none is needed) all time is one.
pub fn time(cx: &Emitter<'_>, node: NodeId, input: usize) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    match time_of(cx.graph, cx.stages, n.inputs[input]) {
        Ok(from) => names::time(from, n.op.span()).into_token_stream(),
        Err(_) => quote_spanned!(at=> #rt::Timestamp::MIN),
    }
}

pub fn push(cx: &Emitter<'_>, node: NodeId, item: &Ident) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let time = time(cx, node, 0);
    let nothing = || quote_spanned!(at=> ());
    let (open, key, value) = match (n.kind.spec().keyed, counts(n)) {
        (true, true) => {
            let open = quote_spanned!(at=> let (__key, _) = #rt::pair(#item););
            (open, quote_spanned!(at=> __key), nothing())
        }
        (true, false) => {
            let open = quote_spanned!(at=> let (__key, __value) = #rt::pair(#item););
            (open, quote_spanned!(at=> __key), quote_spanned!(at=> #rt::own!(__value)))
        }
        (false, true) => (quote_spanned!(at=> let _ = #item;), nothing(), nothing()),
        (false, false) => (TokenStream::new(), nothing(), quote_spanned!(at=> #rt::own!(#item))),
    };
    if has_parts(n) {
        quote_spanned!(at=> #open #tail.push(#key, #time, #value);)
    } else {
        quote_spanned!(at=> #open #tail.push(#key, (#time, #value));)
    }
}

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let name = match (n.kind.spec().keyed, has_parts(n), n.outputs.len()) {
        (false, true, _) => "windowed",
        (false, false, 1) => "windowed_singly",
        (false, false, _) => "windowed_and_late",
        (true, true, _) => "windowed_by_key",
        (true, false, 1) => "windowed_singly_by_key",
        (true, false, _) => "windowed_by_key_and_late",
    };
    let name = Ident::new(name, at);
    let windows = windows(graph, graph.streams[n.inputs[0]].node);
    let aggregate = aggregate(graph, node);
    quote_spanned! {at=>
        #(#attrs)*
        let #out = builder.#name(#node, &#tail, #windows, |__of| #aggregate);
    }
}

/// Which windows they are.
pub(super) fn windows(graph: &Graph, window: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, window);
    let name = Ident::new(n.kind.name(), at);
    let operands = (0..n.operands.len()).map(|index| argument(graph, window, index));
    let modifiers = n.modifiers.iter().filter(|m| m.value.is_some()).map(|m| {
        let (name, at) = (m.modifier.name(), names::glue(m.name.span()));
        let value = m.value.as_ref().map_or(at, syn::spanned::Spanned::span);
        let value = names::used(&names::modifier(window, m.modifier, m.name.span()), value);
        let name = Ident::new(name, at);
        quote_spanned!(at=> .#name(#value))
    });
    quote_spanned!(at=> #rt::Windows::#name(#(#operands),*) #(#modifiers)*)
}

/// What is made of their records: calls on `__of`, which knows the records' type.
fn aggregate(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let whole = keeps_whole(graph, node);
    match n.kind {
        OpKind::WindowedReduce | OpKind::WindowedReduceByKey => {
            let function = function_at(graph, node, 0);
            quote_spanned!(at=> __of.reduce(#function))
        }
        OpKind::WindowedFold | OpKind::WindowedFoldByKey => {
            let (init, function) = (argument(graph, node, 0), function_at(graph, node, 1));
            let fold = Ident::new(if whole { "fold_all" } else { "fold" }, at);
            quote_spanned!(at=> __of.#fold(#init, #function))
        }
        OpKind::WindowedTop => {
            let length = argument(graph, node, 0);
            if n.operands.len() == 2 {
                let by = function_at(graph, node, 1);
                quote_spanned!(at=> __of.top_by(#length, #by))
            } else {
                quote_spanned!(at=> __of.top(#length))
            }
        }
        OpKind::WindowedCollect | OpKind::WindowedGroupByKey => quote_spanned!(at=> __of.collect()),
        OpKind::WindowedAggregate | OpKind::WindowedAggregateByKey => match n.operands.first() {
            Some(Operand::Function(expr)) => Names { at, whole, owned: graph.owned }.resolve(expr),
            _ => quote_spanned!(at=> __of.count()),
        },
        _ => quote_spanned!(at=> __of.count()),
    }
}

/// Whether states of windows become one, so that a fold has to keep the records.
fn keeps_whole(graph: &Graph, node: NodeId) -> bool {
    let window = graph.streams[graph.nodes[node].inputs[0]].node;
    matches!(graph.nodes[window].kind, OpKind::Sliding | OpKind::Session)
}

/// The names of ready-made aggregates, which mean themselves in the operand of `aggregate`.
pub const AGGREGATES: [&str; 12] = [
    "count",
    "count_distinct",
    "sum",
    "min",
    "max",
    "min_by",
    "max_by",
    "mean",
    "top",
    "collect",
    "reduce",
    "fold",
];

struct Names {
    at: proc_macro2::Span,
    whole: bool,
    owned: bool,
}

impl Names {
    /// `(count(), mean(|x| …))` as calls on `__of`; what is none of the ready-made ones stays as it is.
    fn resolve(&self, expr: &Expr) -> TokenStream {
        let at = self.at;
        match strip(expr.clone()) {
            Expr::Tuple(tuple) => {
                let all = tuple.elems.iter().map(|expr| self.resolve(expr));
                quote_spanned!(at=> (#(#all,)*))
            }
            Expr::Call(call) => {
                let name = match &*call.func {
                    Expr::Path(path) if path.attrs.is_empty() => path.path.get_ident().cloned(),
                    _ => None,
                };
                let Some(name) = name.filter(|name| AGGREGATES.iter().any(|a| name == a)) else {
                    return call.into_token_stream();
                };
                let args = call.args.iter().map(|arg| self.argument(arg));
                let method = match (name.to_string().as_str(), call.args.len()) {
                    ("top", 2) => Ident::new("top_by", name.span()),
                    ("fold", _) if self.whole => Ident::new("fold_all", name.span()),
                    _ => name,
                };
                quote_spanned!(at=> __of.#method(#(#args),*))
            }
            other => other.into_token_stream(),
        }
    }

    fn argument(&self, arg: &Expr) -> Expr {
        match arg {
            Expr::Closure(closure) if self.owned && closure.capture.is_none() => {
                let mut closure = closure.clone();
                closure.capture = Some(syn::token::Move(self.at));
                Expr::Closure(closure)
            }
            arg => arg.clone(),
        }
    }
}
