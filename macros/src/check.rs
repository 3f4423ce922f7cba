//! Every rule that needs the whole graph. No code generation.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Span;
use syn::visit::Visit;
use syn::{Expr, ExprPath, PatIdent};

use crate::ast::Body;
use crate::closure;
use crate::diag::Diagnostics;
use crate::fuse::Stages;
use crate::ir::{Graph, Node, NodeId, Operand};
use millstream_plan::Class;
use quote::ToTokens;

/// The most tails that a stage can have: the length of the longest tuple in the runtime.
pub const MAX_TAILS: usize = 12;

pub fn check(body: &Body, graph: &Graph, diag: &mut Diagnostics) {
    streams_in_closures(graph, diag);
    // These would only echo what was said before.
    if diag.has_errors() {
        return;
    }
    unused_streams(graph, diag);
    if !diag.has_errors() && !graph.nodes.iter().any(|n| n.kind.spec().class == Class::Output) {
        let at = body.name.as_ref().map_or_else(Span::call_site, |n| n.span());
        diag.error(
            at,
            "this pipeline has no output, so it would do nothing: end a chain with `.print()`, `.for_each(…)` or `.sink(…)`",
        );
    }
}

fn unused_streams(graph: &Graph, diag: &mut Diagnostics) {
    for stream in &graph.streams {
        if let Some(name) = &stream.name
            && stream.consumers.is_empty()
            && !stream.may_be_unused
        {
            diag.error(
                name.span(),
                format!(
                    "the stream `{name}` is never used: end it with an output (`{name}.print();`), or name it `_{name}`"
                ),
            );
        }
    }
}

/// A stream's name inside a closure: it would be a value there, and is none.
fn streams_in_closures(graph: &Graph, diag: &mut Diagnostics) {
    // A name means the stream from the next statement on: `let lines = source(lines);` reads the variable, as in Rust.
    let mut bound: HashMap<String, NodeId> = HashMap::new();
    for stream in &graph.streams {
        if let Some(name) = &stream.name {
            bound.entry(name.to_string()).or_insert(stream.node);
        }
    }
    for (id, node) in graph.nodes.iter().enumerate() {
        let body_operands = node.repeat.iter().flat_map(|r| &r.body).map(|op| &op.operand);
        for operand in node.operands.iter().chain(body_operands) {
            let mut uses = Uses::default();
            match operand {
                Operand::Inline(closure) => {
                    uses.bound = closure.own_names();
                    uses.visit_expr(&closure.body);
                }
                Operand::Function(expr) | Operand::Path(expr) | Operand::Value(expr) => uses.visit_expr(expr),
            }
            for (name, at) in uses.free() {
                if bound.get(&name).is_some_and(|at| *at < id) {
                    diag.error(at, message_for_stream_as_value(node, &name));
                }
            }
        }
    }
}

fn message_for_stream_as_value(node: &Node, name: &str) -> String {
    format!(
        "`{name}` is a stream, not a value: inside `{}` it can't be asked for its records. \
         Bring the two together with an operator on streams (`a.union(b)`, keyed operators); \
         a value of the same name outside `stream!` needs another name",
        node.op
    )
}

/// Names used as values, and names bound anywhere inside.
#[derive(Default)]
struct Uses {
    bound: BTreeSet<String>,
    used: Vec<(String, Span)>,
}

impl Uses {
    fn free(self) -> impl Iterator<Item = (String, Span)> {
        self.used.into_iter().filter(move |(name, _)| !self.bound.contains(name))
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            self.used.push((ident.to_string(), ident.span()));
        }
    }
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.bound.insert(pat.ident.to_string());
        syn::visit::visit_pat_ident(self, pat);
    }
    fn visit_expr(&mut self, expr: &'ast Expr) {
        syn::visit::visit_expr(self, expr);
    }
}

/// What only the stages show.
pub fn stages(graph: &Graph, stages: &Stages, diag: &mut Diagnostics) {
    for stage in &stages.list {
        if stage.tails.len() > MAX_TAILS {
            let head = &graph.nodes[stage.head];
            diag.error(
                head.op.span(),
                format!(
                    "{} operators take their records from the stage that starts here, and a stage can feed {MAX_TAILS}: \
                     put an exchange (`count_by_value`, `reduce_by_key`) between them, or make two pipelines of it",
                    stage.tails.len()
                ),
            );
        }
    }
    for node in &stages.respan {
        for operand in &graph.nodes[*node].operands {
            if let Operand::Inline(c) = operand
                && let Err(at) = closure::respan(c.body.to_token_stream(), &c.own_names())
            {
                diag.error(
                    at,
                    "this format string captures both a parameter of its closure and a name from outside, and a later \
                     closure uses a name like that parameter's: rename the parameter, or write one of them as an argument (`{}`, name)",
                );
            }
        }
    }
}
