//! The topology, as static data.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use crate::fuse::Stages;
use crate::ir::{Graph, Modifier, Node, OpKind};
use crate::names;

/// The expression of type `plan::Graph`.
pub fn topology(graph: &Graph, stages: &Stages) -> TokenStream {
    let at = names::glue(Span::call_site());
    let rt = graph.rt(at);
    let name = option(at, graph.name.as_ref().map(names::text));
    let nodes = graph.nodes.iter().map(|n| node(graph, n));
    let list = stages.list.iter().map(|stage| {
        let (head, fused) = (index(stage.head), stage.fused.iter().map(|n| index(*n)));
        let tails = stage.tails.iter().map(|(node, _)| index(*node));
        quote_spanned!(at=> #rt::plan::Stage::new(#head, &[#(#fused),*], &[#(#tails),*]))
    });
    quote_spanned!(at=> #rt::plan::Graph::new(#name, &[#(#nodes),*], &[#(#list),*]))
}

fn node(graph: &Graph, node: &Node) -> TokenStream {
    let at = names::glue(Span::call_site());
    let rt = graph.rt(at);
    let kind = |k: OpKind| {
        let variant = format_ident!("{k:?}", span = at);
        quote_spanned!(at=> #rt::plan::OpKind::#variant)
    };
    let op = kind(node.kind);
    let stream = &node.stream;
    let inputs = node.inputs.iter().map(|stream| {
        let from = graph.streams[*stream].node;
        let output = graph.nodes[from].outputs.iter().take_while(|o| *o != stream).count();
        let (from, output) = (index(from), index(output));
        quote_spanned!(at=> #rt::plan::Port::new(#from, #output))
    });
    let outputs = node.outputs.iter().map(|s| option(at, graph.streams[*s].name.as_ref().map(names::text)));
    let doc = node.doc.as_ref().map(|doc| quote_spanned!(at=> .doc(#doc)));
    let body = node.repeat.as_ref().map(|r| {
        let kinds = r.body.iter().map(|op| kind(op.kind));
        quote_spanned!(at=> .body(&[#(#kinds),*]))
    });
    let id =
        node.modified(Modifier::Id).and_then(|m| m.text.as_ref()).map(|id| quote_spanned!(at=> .id(#id)));
    let others = node.modifiers.iter().filter(|m| m.modifier != Modifier::Id).map(|m| {
        let modifier = m.modifier;
        let variant = format_ident!("{modifier:?}", span = at);
        quote_spanned!(at=> #rt::plan::Modifier::#variant)
    });
    let others: Vec<_> = others.collect();
    let modifiers = (!others.is_empty()).then(|| quote_spanned!(at=> .modifiers(&[#(#others),*])));
    quote_spanned! {at=>
        #rt::plan::Node::new(#op, #stream, &[#(#inputs),*], &[#(#outputs),*]) #doc #body #id #modifiers
    }
}

fn index(n: usize) -> Literal {
    Literal::usize_unsuffixed(n)
}

fn option(at: Span, text: Option<String>) -> TokenStream {
    match text {
        Some(text) => quote_spanned!(at=> ::core::option::Option::Some(#text)),
        None => quote_spanned!(at=> ::core::option::Option::None),
    }
}
