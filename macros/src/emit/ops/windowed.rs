//! The operators on windows of processing time: functions, then the length and perhaps the slide, then perhaps a filter.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{argument, function_at, method, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;
use millstream_plan::Arg;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, rt, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tail = names::tail(node, 0, n.op.span());
    let name = method(n);
    let given = n.operands.len();
    let operands = n.kind.spec().args.iter().enumerate().map(|(index, arg)| match arg {
        Arg::OptionalValue if index >= given => quote_spanned!(at=> ::core::option::Option::None),
        Arg::OptionalFunction(_) if index >= given => quote_spanned!(at=> #rt::every),
        Arg::OptionalValue => {
            let slide = argument(graph, node, index);
            quote_spanned!(at=> ::core::option::Option::Some(#slide))
        }
        Arg::Function(_) | Arg::OptionalFunction(_) => function_at(graph, node, index),
        Arg::PerRecord(_) | Arg::Stream | Arg::Value => {
            debug_assert!(*arg == Arg::Value, "no row of these has such an argument");
            let length = argument(graph, node, index);
            quote_spanned!(at=> #length)
        }
    });
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, &#tail, #(#operands),*);)
}
