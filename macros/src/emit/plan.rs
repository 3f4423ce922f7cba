//! The topology, as static data.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};

use crate::fuse::Stages;
use crate::ir::{Graph, Node};
use crate::names;

/// The expression of type `plan::Graph`.
pub fn topology(graph: &Graph, stages: &Stages) -> TokenStream {
    let at = names::glue(Span::call_site());
    let rt = graph.rt(at);
    let name = option(at, graph.name.as_ref().map(|n| n.to_string()));
    let nodes = graph.nodes.iter().map(|n| node(graph, n));
    let list = stages.list.iter().map(|stage| {
        let (head, fused) = (stage.head, &stage.fused);
        let tails = stage.tails.iter().map(|(node, _)| node);
        quote_spanned!(at=> #rt::plan::Stage { head: #head, fused: &[#(#fused),*], tails: &[#(#tails),*] })
    });
    quote_spanned! {at=>
        #rt::plan::Graph { name: #name, nodes: &[#(#nodes),*], stages: &[#(#list),*] }
    }
}

fn node(graph: &Graph, node: &Node) -> TokenStream {
    let at = names::glue(Span::call_site());
    let rt = graph.rt(at);
    let kind = |k: crate::ir::OpKind| {
        let variant = format_ident!("{k:?}", span = at);
        quote_spanned!(at=> #rt::plan::OpKind::#variant)
    };
    let op = kind(node.kind);
    let stream = &node.stream;
    let inputs = node.inputs.iter().map(|stream| {
        let from = graph.streams[*stream].node;
        let output = graph.nodes[from].outputs.iter().take_while(|o| *o != stream).count();
        quote_spanned!(at=> #rt::plan::Port { node: #from, output: #output })
    });
    let outputs =
        node.outputs.iter().map(|s| option(at, graph.streams[*s].name.as_ref().map(ToString::to_string)));
    let doc = option(at, node.doc.clone());
    let body = node.repeat.iter().flat_map(|r| &r.body).map(|op| kind(op.kind));
    quote_spanned! {at=>
        #rt::plan::Node {
            kind: #op,
            stream: #stream,
            inputs: &[#(#inputs),*],
            outputs: &[#(#outputs),*],
            doc: #doc,
            body: &[#(#body),*],
        }
    }
}

fn option(at: Span, text: Option<String>) -> TokenStream {
    match text {
        Some(text) => quote_spanned!(at=> ::core::option::Option::Some(#text)),
        None => quote_spanned!(at=> ::core::option::Option::None),
    }
}
