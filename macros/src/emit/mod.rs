//! The graph and its stages to code.

mod crossings;
mod exit;
pub mod ide;
mod ops;
mod plan;
mod stage;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::ast::Body;
use crate::fuse::Stages;
use crate::ir::{Graph, Operand};
use crate::names;

/// The whole expansion.
pub fn pipeline(graph: &Graph, stages: &Stages, facade: TokenStream) -> TokenStream {
    for_rustc_and_editor(code(graph, stages), facade)
}

/// What rustc sees: the operands in text order, then sources, stages and the operators behind them, then what crosses
/// the exchanges.
pub fn code(graph: &Graph, stages: &Stages) -> TokenStream {
    let at = names::glue(Span::call_site());
    let rt = graph.rt(at);
    let topology = plan::topology(graph, stages);
    let operands = operands(graph);
    let parts = (0..stages.list.len()).map(|index| {
        let head = ops::attach(graph, stages.list[index].head);
        let body = stage::stage(graph, stages, index);
        let outputs = stages.list[index]
            .tails
            .iter()
            .filter(|(node, _)| graph.nodes[*node].outputs.is_empty())
            .map(|(node, _)| ops::attach(graph, *node));
        let clocks = stages.list[index].clocks.iter().map(|node| ops::clock(graph, *node));
        quote!(#head #body #(#clocks)* #(#outputs)*)
    });
    let crossings = crossings::crossings(graph, stages);
    quote_spanned! {at=>
        static TOPOLOGY: #rt::plan::Graph = #topology;
        #(#operands)*
        let mut builder = #rt::Builder::new(&TOPOLOGY);
        #(#parts)*
        #(#crossings)*
        builder.finish()
    }
}

/// After errors: the errors, the editor's view, and a value of the right type.
pub fn broken(body: &Body, facade: TokenStream, errors: TokenStream) -> TokenStream {
    let at = names::glue(Span::call_site());
    let graph = Graph { crate_path: body.crate_path.clone(), ..Graph::default() };
    let rt = graph.rt(at);
    for_rustc_and_editor(quote_spanned!(at=> #errors #rt::broken()), facade)
}

/// rustc sees the code and never the editor's view, and an editor the other way round.
fn for_rustc_and_editor(code: TokenStream, facade: TokenStream) -> TokenStream {
    let at = names::glue(Span::call_site());
    // The lint on an unknown cfg looks for its `allow` on what encloses the cfg.
    quote_spanned! {at=> {
        #[allow(unexpected_cfgs)]
        let pipeline = {
            #[cfg(rust_analyzer)]
            let pipeline = #facade;
            #[cfg(not(rust_analyzer))]
            let pipeline = { #code };
            pipeline
        };
        pipeline
    }}
}

/// What is evaluated once, where `stream!` stands.
fn operands(graph: &Graph) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        for (index, operand) in node.operands.iter().enumerate() {
            if let Operand::Value(expr) = operand {
                let at = names::glue(node.op.span());
                let name = names::operand(id, index, node.op.span());
                let attrs = &node.attrs;
                statements.push(quote_spanned!(at=> #(#attrs)* let #name = #expr;));
            }
        }
        for modified in &node.modifiers {
            if let Some(value) = &modified.value {
                let at = names::glue(modified.name.span());
                let name = names::modifier(id, modified.modifier, modified.name.span());
                let attrs = &node.attrs;
                statements.push(quote_spanned!(at=> #(#attrs)* let #name = #value;));
            }
        }
    }
    statements
}

/// Writes the expansion to a file, formatted, where `MILLSTREAM_DUMP` names a folder.
pub fn dump(graph: &Graph, expansion: &TokenStream) {
    let Some(folder) = std::env::var_os("MILLSTREAM_DUMP") else { return };
    let name = graph.name.as_ref().map_or_else(|| "pipeline".to_string(), ToString::to_string);
    let line = proc_macro::Span::call_site().line();
    let path = std::path::Path::new(&folder).join(format!("{name}-{line}.rs"));
    let text = format!("fn expansion() {{ let pipeline = {expansion}; }}\n");
    // A help for debugging: where it can't be written, nothing is lost.
    if std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text)).is_ok() {
        let _ = std::process::Command::new("rustfmt").arg("--edition=2024").arg(&path).status();
    }
}
