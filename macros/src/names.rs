//! Fresh identifiers and the span policy, in one place.
//!
//! Every token that the macro adds has `Span::mixed_site()` located at the operator's name. So it can't meet the
//! user's names, no lint fires on the user for it, and an error in it underlines the operator. The user's own tokens
//! pass untouched, and once.

use proc_macro2::{Ident, Span};
use quote::format_ident;

use syn::ext::IdentExt;

use crate::ir::{Graph, Modifier, NodeId, OpKind, StreamId};

/// The span of glue for what stands at `at`.
pub fn glue(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// A name as messages and plans show it: without the `r#` of a raw identifier.
pub fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

/// Whether the expansion itself may have a variable of this name. Those named after streams have the same hygiene, so
/// they step aside. (So have a user's parameters, where they are hidden: what lives beside them in a stage begins with `__`.)
fn is_ours(name: &str) -> bool {
    let numbered = |prefix: &str| {
        name.strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix('_'))
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    ["batch", "builder", "pipeline"].contains(&name)
        || name.starts_with("__")
        || numbered("stream")
        || OpKind::ALL.iter().any(|kind| numbered(kind.name()))
}

/// The variable that holds a record of this stream.
pub fn item(graph: &Graph, stream: StreamId) -> Ident {
    let s = &graph.streams[stream];
    let node = &graph.nodes[s.node];
    match &s.name {
        Some(name) if is_ours(&text(name)) => {
            format_ident!("stream_{stream}_{}", text(name), span = glue(name.span()))
        }
        Some(name) => {
            let mut item = name.clone();
            item.set_span(glue(name.span()));
            item
        }
        None => format_ident!("{}_{}", node.op.to_string(), s.node, span = glue(node.op.span())),
    }
}

/// The function that a stage runs in, as a profiler and a backtrace show it: its stream, or (of a stage in the middle
/// of a chain) the stream and the operator that heads it.
pub fn frame(graph: &Graph, head: NodeId) -> Ident {
    let node = &graph.nodes[head];
    let at = glue(node.op.span());
    match node.outputs.first().and_then(|stream| graph.streams[*stream].name.as_ref()) {
        Some(name) => {
            let mut frame = name.clone();
            frame.set_span(at);
            frame
        }
        None => format_ident!("{}_{}", node.stream, text(&node.op), span = at),
    }
}

/// A variable where the operator at `at` uses it: what is wrong with the record is said there.
pub fn used(item: &Ident, at: Span) -> Ident {
    let mut item = item.clone();
    item.set_span(glue(at));
    item
}

/// The label of the block that holds one consumer.
pub fn label(node: NodeId, at: Span) -> syn::Lifetime {
    syn::Lifetime::new(&format!("'to_{node}"), glue(at))
}

/// The tail that leads to `node` (through its `input`-th input), inside the stage.
pub fn tail(node: NodeId, input: usize, at: Span) -> Ident {
    match input {
        0 => format_ident!("__to_{node}", span = glue(at)),
        _ => format_ident!("__to_{node}_{input}", span = glue(at)),
    }
}

/// What an output is given.
pub fn output(node: NodeId, at: Span) -> Ident {
    format_ident!("__output_{node}", span = glue(at))
}

/// What was evaluated for argument `index` of `node` where `stream!` stands.
pub fn operand(node: NodeId, index: usize, at: Span) -> Ident {
    match index {
        0 => format_ident!("__operand_{node}", span = glue(at)),
        _ => format_ident!("__operand_{node}_{index}", span = glue(at)),
    }
}

/// The buffer in which the records of a union's `input`-th input wait for those of the others.
pub fn merged(node: NodeId, input: usize, at: Span) -> Ident {
    match input {
        0 => format_ident!("__merged_{node}", span = glue(at)),
        _ => format_ident!("__merged_{node}_{input}", span = glue(at)),
    }
}

/// The event time of the record at hand, as the operator `node` gave it.
pub fn time(node: NodeId, at: Span) -> Ident {
    format_ident!("__time_{node}", span = glue(at))
}

/// The table that `node` looks records up in, for as long as a batch is looked at.
pub fn table(node: NodeId, at: Span) -> Ident {
    format_ident!("__table_{node}", span = glue(at))
}

/// The clock of the `event_time` at `node`.
pub fn clock(node: NodeId, at: Span) -> Ident {
    format_ident!("__clock_{node}", span = glue(at))
}

/// What was evaluated for a modifier of `node`.
pub fn modifier(node: NodeId, modifier: Modifier, at: Span) -> Ident {
    format_ident!("__{}_{node}", modifier.name(), span = glue(at))
}
