//! Every rule that needs the whole graph. No code generation.

mod joins;
mod state;
mod windows;

use std::collections::{BTreeSet, HashMap};

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprAssign, ExprBinary, ExprLit, ExprPath, Lit, Macro, PatIdent, Token};

use crate::ast::Body;
use crate::closure;
use crate::diag::Diagnostics;
use crate::fuse::Stages;
use crate::ir::{Graph, Node, NodeId, OpKind, Operand};
use millstream_plan::{Arg, Class, KEY_GROUPS};
use quote::ToTokens;

/// The most tails that a stage can have: the length of the longest tuple in the runtime.
pub const MAX_TAILS: usize = 12;

pub fn check(body: &Body, graph: &Graph, diag: &mut Diagnostics) {
    streams_in_closures(graph, diag);
    changed_captures(graph, diag);
    literal_numbers(graph, diag);
    state::check(graph, diag);
    windows_of_nothing(graph, diag);
    windows::check(graph, diag);
    // These would only echo what was said before.
    if diag.has_errors() {
        return;
    }
    unused_streams(graph, diag);
    if !diag.has_errors() && !graph.nodes.iter().any(|n| n.kind.spec().class == Class::Output) {
        let last = graph.nodes.last().map(|n| &n.op);
        let at = body.name.as_ref().or(last).map_or_else(Span::call_site, |n| n.span());
        diag.error(
            at,
            "this pipeline has no output, so it would do nothing: end a chain with `.print()`, `.for_each(…)` or `.sink(…)`",
        );
    }
}

/// Numbers that no operator can mean, where they are written as such. Of others the runtime says it when it starts.
fn literal_numbers(graph: &Graph, diag: &mut Diagnostics) {
    for node in &graph.nodes {
        let (numbers, message) = match node.kind {
            OpKind::Repartition => {
                (1..=KEY_GROUPS, format!("records are dealt to 1 task or more, and to {KEY_GROUPS} at most"))
            }
            OpKind::MapAsync => {
                (1..=usize::MAX, "nothing would ever be waited for; give it 1 or more".into())
            }
            _ => continue,
        };
        let Some(Operand::Value(Expr::Lit(ExprLit { lit: Lit::Int(n), .. }))) = node.operands.first() else {
            continue;
        };
        let fits = n.base10_parse::<usize>().is_ok_and(|n| numbers.contains(&n));
        if !fits {
            diag.error(n.span(), format!("`{}` can't take {n}: {message}", node.op));
        }
    }
}

/// Lengths and slides that are written as zero. Of others the engine says it when it starts.
fn windows_of_nothing(graph: &Graph, diag: &mut Diagnostics) {
    for node in graph.nodes.iter().filter(|n| n.kind.spec().class == Class::Windowed) {
        for (operand, arg) in node.operands.iter().zip(node.kind.spec().args) {
            let what = if *arg == Arg::Value { "length" } else { "slide" };
            if let Operand::Value(expr) = operand
                && is_zero(expr)
            {
                diag.error(
                    expr.span(),
                    format!(
                        "`{}` can't have a {what} of zero: the least is the batch interval, with which the engine runs",
                        node.op
                    ),
                );
            }
        }
    }
}

/// Whether a duration is zero for all to see: `secs(0)`, `Duration::ZERO`.
pub fn is_zero(duration: &Expr) -> bool {
    match duration {
        Expr::Call(call) => {
            let makes =
                |name: &str| ["secs", "millis", "minutes"].contains(&name) || name.starts_with("from_");
            let last = match &*call.func {
                Expr::Path(path) => path.path.segments.last(),
                _ => None,
            };
            let number = match call.args.first() {
                Some(Expr::Lit(ExprLit { lit: Lit::Int(n), .. })) => n.base10_digits(),
                Some(Expr::Lit(ExprLit { lit: Lit::Float(n), .. })) => n.base10_digits(),
                _ => return false,
            };
            last.is_some_and(|last| makes(&last.ident.to_string()))
                && call.args.len() == 1
                && number.parse() == Ok(0.0f64)
        }
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "ZERO"),
        _ => false,
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

/// A variable of the environment that a closure assigns to. Of a method that changes it only rustc can know.
fn changed_captures(graph: &Graph, diag: &mut Diagnostics) {
    for node in &graph.nodes {
        // What runs on the driver's thread may change what it captures. (All outputs but one.)
        if node.kind.spec().class == Class::Output && node.kind != OpKind::ForEachPartition {
            continue;
        }
        let body_operands = node.repeat.iter().flat_map(|r| &r.body).map(|op| &op.operand);
        for operand in node.operands.iter().chain(body_operands) {
            let mut changes = Changes::default();
            match operand {
                Operand::Inline(closure) => {
                    changes.uses.bound = closure.own_names();
                    changes.visit_expr(&closure.body);
                }
                Operand::Function(closure @ Expr::Closure(_)) => changes.visit_expr(closure),
                Operand::Function(_) | Operand::Path(_) | Operand::Value(_) => {}
            }
            for (name, at) in changes.free() {
                diag.error(
                    at,
                    format!(
                        "`{name}` can't be changed by the closure of `{}`, which runs on several threads at once: \
                         to count or to sum up use an operator (`count`, `reduce_by_key`); `for_each` runs on one \
                         thread, and may change what it captures; for figures beside the stream take an atomic",
                        node.op
                    ),
                );
            }
        }
    }
}

/// Names that are assigned to. A name that a macro mentions may be bound by it, so it is left to rustc.
#[derive(Default)]
struct Changes {
    uses: Uses,
    in_macros: BTreeSet<String>,
}

impl Changes {
    fn free(self) -> impl Iterator<Item = (String, Span)> {
        let in_macros = self.in_macros;
        self.uses.free().filter(move |(name, _)| !in_macros.contains(name))
    }

    fn assigned(&mut self, to: &Expr) {
        match to {
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident()
                    && name.to_string().starts_with(|c: char| c.is_lowercase())
                {
                    self.uses.used.push((name.to_string(), name.span()));
                }
            }
            Expr::Field(field) => self.assigned(&field.base),
            Expr::Paren(paren) => self.assigned(&paren.expr),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Changes {
    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        self.assigned(&assign.left);
        syn::visit::visit_expr_assign(self, assign);
    }
    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        use syn::BinOp::*;
        if let AddAssign(_) | SubAssign(_) | MulAssign(_) | DivAssign(_) | RemAssign(_) | BitAndAssign(_)
        | BitOrAssign(_) | BitXorAssign(_) | ShlAssign(_) | ShrAssign(_) = binary.op
        {
            self.assigned(&binary.left);
        }
        syn::visit::visit_expr_binary(self, binary);
    }
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.uses.visit_pat_ident(pat);
    }
    fn visit_macro(&mut self, call: &'ast Macro) {
        self.in_macros.extend(closure::mentions(call.tokens.clone()));
    }
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
    /// Macros that print or format are expressions and captures; of others nobody knows what a name means in them.
    fn visit_macro(&mut self, call: &'ast Macro) {
        const FORMATTING: &[&str] = &[
            "print", "println", "eprint", "eprintln", "format", "write", "writeln", "panic", "assert", "dbg",
        ];
        if !FORMATTING.iter().any(|name| call.path.is_ident(name)) {
            return;
        }
        let Ok(args) = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) else { return };
        // `name = value`
        let named = |arg: &Expr| match arg {
            Expr::Assign(assign) => Some(assign.left.to_token_stream().to_string()),
            _ => None,
        };
        let names: BTreeSet<String> = args.iter().filter_map(named).collect();
        let mut format = true;
        for arg in &args {
            match arg {
                Expr::Assign(assign) => self.visit_expr(&assign.right),
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if format => {
                    format = false;
                    let captures = closure::format_captures(&text.token());
                    let free = captures.into_iter().filter(|name| !names.contains(name));
                    self.used.extend(free.map(|name| (name, text.span())));
                }
                arg => self.visit_expr(arg),
            }
        }
    }
}

/// What only the stages show.
pub fn stages(graph: &Graph, stages: &Stages, diag: &mut Diagnostics) {
    windows::times(graph, stages, diag);
    for stage in &stages.list {
        if stage.tails.len() + stage.clocks.len() > MAX_TAILS {
            let head = &graph.nodes[stage.head];
            diag.error(
                head.op.span(),
                format!(
                    "{} operators take their records from the stage that starts here, and a stage can feed {MAX_TAILS}: \
                     put an exchange (`count_by_value`, `reduce_by_key`) between them, or make two pipelines of it",
                    stage.tails.len() + stage.clocks.len()
                ),
            );
        }
    }
    for node in &stages.respan {
        for operand in &graph.nodes[*node].operands {
            if let Operand::Inline(c) = operand
                && let Err(at) = closure::respan(c.body.to_token_stream(), &c.own_idents())
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
