//! Operators that give records in the order of event time: `join_as_of`, `sessionize`, `lag`, `delta`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote_spanned};

use super::{argument, function_at, place};
use crate::emit::stage::head_stream;
use crate::ir::{Graph, NodeId};
use crate::names;
use millstream_plan::Arg;

pub fn attach(graph: &Graph, node: NodeId) -> TokenStream {
    let (at, _, n) = place(graph, node);
    let attrs = &n.attrs;
    let out = head_stream(graph, node);
    let tails = (0..n.inputs.len()).map(|input| names::tail(node, input, n.op.span()));
    let late = if n.outputs.len() == 2 { "_and_late" } else { "" };
    let name = format_ident!("{}{late}", n.kind.name(), span = at);
    let given = n.operands.len();
    let shapes = n.kind.spec().args.iter().filter(|arg| **arg != Arg::Stream);
    let operands = shapes.enumerate().map(|(index, arg)| match arg {
        Arg::OptionalValue if index >= given => quote_spanned!(at=> ::core::option::Option::None),
        Arg::OptionalValue => {
            let value = argument(graph, node, index);
            quote_spanned!(at=> ::core::option::Option::Some(#value))
        }
        Arg::Function(_) => function_at(graph, node, index),
        _ => {
            let value = argument(graph, node, index);
            quote_spanned!(at=> #value)
        }
    });
    quote_spanned!(at=> #(#attrs)* let #out = builder.#name(#node, #(&#tails,)* #(#operands),*);)
}
