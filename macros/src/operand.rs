//! Arguments: which are inlined, which are handed on, which are evaluated where `stream!` stands.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprAwait};

use crate::closure::{self, Closure};
use crate::diag::Diagnostics;
use crate::ir::Operand;
use crate::parse::strip;
use crate::suggest;
use millstream_plan::{Arg, OpKind};

/// The argument `arg` of the operator `op`; `None` after an error.
pub fn operand(op: &Ident, kind: OpKind, arg: &Expr, shape: Arg, diag: &mut Diagnostics) -> Option<Operand> {
    let arg = strip(arg.clone());
    match (shape, arg) {
        (Arg::PerRecord(n), Expr::Closure(c)) => {
            let closure = Closure::new(&c);
            check(op, kind, &c, n, diag).then_some(Operand::Inline(closure))
        }
        (Arg::Function(n) | Arg::OptionalFunction(n), Expr::Closure(c)) => {
            check(op, kind, &c, n, diag).then_some(Operand::Function(Expr::Closure(c)))
        }
        (Arg::PerRecord(_), Expr::Path(path)) if !may_be_variable(&path) => {
            Some(Operand::Path(Expr::Path(path)))
        }
        (Arg::Function(_) | Arg::OptionalFunction(_), path @ Expr::Path(_)) => Some(Operand::Function(path)),
        (Arg::PerRecord(_) | Arg::Function(_) | Arg::OptionalFunction(_), Expr::Lit(lit)) => {
            diag.error(
                lit.span(),
                format!(
                    "`{op}` takes a closure or a function, not a value: write {}",
                    suggest::example(kind)
                ),
            );
            None
        }
        // Its closures' parameters are of types that only the operator knows.
        (Arg::Value, value) if matches!(kind, OpKind::WindowedAggregate | OpKind::WindowedAggregateByKey) => {
            Some(Operand::Function(value))
        }
        (_, value) => Some(Operand::Value(value)),
    }
}

/// Whether a path may name a variable, which is to be evaluated like any other expression. A path of several parts, or in
/// upper case (`Some`), names a function; it is called where it stands, so that it may be generic over the lifetime
/// of a record.
fn may_be_variable(path: &syn::ExprPath) -> bool {
    path.path.get_ident().is_some_and(|name| !name.to_string().starts_with(char::is_uppercase))
}

const ON_THREADS: &str = "stages run on threads, not on an async runtime; \
     the operator that waits for each record is `.map_async(limit, |x| async move { … })`";

/// What can be said of a closure without types.
fn check(
    op: &Ident,
    kind: OpKind,
    closure: &syn::ExprClosure,
    params: usize,
    diag: &mut Diagnostics,
) -> bool {
    let example = suggest::example(kind);
    if closure.asyncness.is_some() {
        diag.error(
            closure.span(),
            match kind {
                OpKind::MapAsync => format!(
                    "`{op}` takes a closure that returns a future, not an `async` closure, whose future would borrow from it: write {example}"
                ),
                _ => format!("`{op}` can't take an `async` closure: {ON_THREADS}"),
            },
        );
        return false;
    }
    if closure.inputs.len() != params {
        let message = match (params, closure.inputs.len()) {
            (1, 2) => format!(
                "the closure of `{op}` takes one parameter; the two parts of a pair are one pattern: `|(a, b)|`"
            ),
            (1, n) => format!(
                "the closure of `{op}` takes one parameter, the record, and this one has {n}: write {example}"
            ),
            (p, n) => {
                format!("the closure of `{op}` takes {p} parameters, and this one has {n}: write {example}")
            }
        };
        diag.error(closure.span(), message);
        return false;
    }
    if let Some(pat) = closure.inputs.iter().find(|p| closure::refutable(p)) {
        diag.error(
            pat.span(),
            format!("this pattern does not fit every record, and the closure of `{op}` gets every record: to leave out the others write `.filter_map(|x| match x {{ PATTERN => Some(…), _ => None }})`"),
        );
        return false;
    }
    let mut awaits = Awaits(Vec::new());
    awaits.visit_expr(&closure.body);
    for at in &awaits.0 {
        diag.error(
            *at,
            match kind {
                OpKind::MapAsync => format!(
                    "`.await` stands in the future that the closure of `{op}` returns: write {example}"
                ),
                _ => format!("`.await` can't be in the closure of `{op}`: {ON_THREADS}"),
            },
        );
    }
    awaits.0.is_empty()
}

/// The `.await`s of a body, but not those inside `async` blocks and closures of its own.
struct Awaits(Vec<proc_macro2::Span>);

impl<'ast> Visit<'ast> for Awaits {
    fn visit_expr_await(&mut self, e: &'ast ExprAwait) {
        self.0.push(e.await_token.span());
    }
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
}
