//! Chains of method calls: a root, and the operators called on it.

use proc_macro2::Ident;
use syn::Expr;
use syn::spanned::Spanned;

use crate::ast::{Call, Chain, Root};
use crate::diag::Diagnostics;

/// A chain of method calls, from its root on.
pub fn chain(expr: Expr, diag: &mut Diagnostics) -> Option<Chain> {
    match strip(expr) {
        Expr::MethodCall(call) => {
            let mut chain = chain(*call.receiver, diag)?;
            if let Some(turbofish) = &call.turbofish {
                diag.error(
                    turbofish.span(),
                    "operators take no type arguments: annotate the stream, `let s: Stream<T> = …`",
                );
            }
            chain.calls.push(Call { name: call.method, args: call.args.into_iter().collect() });
            Some(chain)
        }
        Expr::Call(call) => {
            let name = plain_name(&call.func);
            if name.as_ref().is_some_and(|n| n == "source") {
                let keyword = name?;
                let mut args = call.args.into_iter();
                return match (args.next(), args.next()) {
                    (Some(operand), None) => Some(Chain {
                        root: Root::Source { keyword, operand: Box::new(operand) },
                        calls: Vec::new(),
                    }),
                    _ => {
                        diag.error(
                            keyword.span(),
                            "`source(…)` takes one argument, a source: `source(text_files(\"data/*.txt\"))`",
                        );
                        None
                    }
                };
            }
            let what = name.map_or_else(|| "this call".to_string(), |n| format!("`{n}(…)`"));
            diag.error(
                call.func.span(),
                format!(
                    "{what} is no stream: if it makes a source, write `source(…)` around it; \
                     an ordinary value goes above `stream!`"
                ),
            );
            None
        }
        Expr::Path(path) if path.qself.is_none() && path.path.get_ident().is_some() => {
            let name = path.path.get_ident()?.clone();
            Some(Chain { root: Root::Stream(name), calls: Vec::new() })
        }
        Expr::Field(f) => {
            diag.error(
                f.member.span(),
                "a stream has no fields; a field of each record: `.map(|x| x.field)`",
            );
            None
        }
        Expr::Await(a) => {
            diag.error(
                a.await_token.span(),
                "a stream can't be awaited: the pipeline runs when it is handed to an engine (`Engine::local().run(pipeline)`)",
            );
            None
        }
        Expr::Try(t) => {
            diag.error(
                t.question_token.span(),
                "`?` can't follow a stream: errors of records go where `.try_map(…)` sends them, errors of a source end `run`",
            );
            None
        }
        Expr::Closure(c) => {
            diag.error(
                c.span(),
                "a closure is no stream: bind it above `stream!` and use it by its name, `.map(f)`",
            );
            None
        }
        Expr::Reference(r) => {
            diag.error(
                r.and_token.span(),
                "streams are not borrowed: leave out the `&`. A stream may be used as often as you like",
            );
            None
        }
        Expr::Binary(b) => {
            diag.error(
                b.op.span(),
                "there are no sums or comparisons of streams: two streams become one with `a.union(b)`; \
                 what is to be done with each record goes inside a closure",
            );
            None
        }
        other => {
            diag.error(
                other.span(),
                "this is no stream: a chain starts at `source(…)` or at a stream bound above; an ordinary value goes above `stream!`",
            );
            None
        }
    }
}

/// Without parentheses, and without the invisible groups that `macro_rules!` puts around `$e:expr`.
pub fn strip(expr: Expr) -> Expr {
    match expr {
        Expr::Paren(p) => strip(*p.expr),
        Expr::Group(g) => strip(*g.expr),
        other => other,
    }
}

pub fn plain_name(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(p) if p.qself.is_none() => p.path.get_ident().cloned(),
        Expr::Group(g) => plain_name(&g.expr),
        Expr::Paren(p) => plain_name(&p.expr),
        _ => None,
    }
}
