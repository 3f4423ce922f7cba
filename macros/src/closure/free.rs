//! The names that an expression takes from outside itself, as far as syntax tells.
//!
//! Of two mistakes the harmless one is made: inside macros, whose grammar is unknown, a name counts as taken from outside
//! unless it is bound around the macro.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprPath, ExprWhile, Macro, Stmt};

use super::{format_captures, pattern_names};

/// The free names of `expr`, without those in `bound`.
pub fn free_names(expr: &Expr, bound: BTreeSet<String>) -> BTreeSet<String> {
    let mut free = Free { scopes: vec![bound], found: BTreeSet::new() };
    free.visit_expr(expr);
    free.found
}

struct Free {
    scopes: Vec<BTreeSet<String>>,
    found: BTreeSet<String>,
}

impl Free {
    fn mention(&mut self, name: String) {
        if !self.scopes.iter().any(|scope| scope.contains(&name)) {
            self.found.insert(name);
        }
    }

    fn bind(&mut self, names: BTreeSet<String>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(names);
        }
    }

    fn within(&mut self, names: BTreeSet<String>, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(names);
        visit(self);
        self.scopes.pop();
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut after_dot = false;
        for token in tokens {
            let dot = matches!(&token, TokenTree::Punct(p) if p.as_char() == '.');
            match token {
                // `.name` is a field or a method, but `..name` is a value.
                TokenTree::Ident(ident) if !after_dot => self.mention(ident.to_string()),
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    format_captures(&literal).into_iter().for_each(|name| self.mention(name));
                }
                _ => {}
            }
            after_dot = dot && !after_dot;
        }
    }
}

/// What the `let`s of a condition bind.
fn bound_by(condition: &Expr) -> BTreeSet<String> {
    #[derive(Default)]
    struct Lets(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Lets {
        fn visit_expr_let(&mut self, e: &'ast ExprLet) {
            self.0.extend(pattern_names(&e.pat));
            visit::visit_expr(self, &e.expr);
        }
        fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
        fn visit_block(&mut self, _: &'ast Block) {}
    }
    let mut lets = Lets::default();
    lets.visit_expr(condition);
    lets.0
}

impl<'ast> Visit<'ast> for Free {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            self.mention(ident.to_string());
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.tokens(call.tokens.clone());
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        let names = closure.inputs.iter().flat_map(pattern_names).collect();
        self.within(names, |free| free.visit_expr(&closure.body));
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.within(BTreeSet::new(), |free| visit::visit_block(free, block));
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        visit::visit_stmt(self, stmt);
        // Bound only behind its own initialiser.
        if let Stmt::Local(local) = stmt {
            self.bind(pattern_names(&local.pat));
        }
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.within(pattern_names(&arm.pat), |free| visit::visit_arm(free, arm));
    }

    fn visit_expr_for_loop(&mut self, e: &'ast ExprForLoop) {
        self.visit_expr(&e.expr);
        self.within(pattern_names(&e.pat), |free| free.visit_block(&e.body));
    }

    fn visit_expr_if(&mut self, e: &'ast ExprIf) {
        self.visit_expr(&e.cond);
        self.within(bound_by(&e.cond), |free| free.visit_block(&e.then_branch));
        if let Some((_, otherwise)) = &e.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, e: &'ast ExprWhile) {
        self.visit_expr(&e.cond);
        self.within(bound_by(&e.cond), |free| free.visit_block(&e.body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(code: &str) -> Vec<String> {
        free_names(&syn::parse_str(code).expect("an expression"), BTreeSet::from(["own".into()]))
            .into_iter()
            .collect()
    }

    #[test]
    fn what_is_bound_inside_is_not_free() {
        assert_eq!(free("own.split(' ').map(|w| w.len()).sum::<usize>()"), [""; 0]);
        assert_eq!(free("{ let a = b; a + c }"), ["b", "c"]);
        assert_eq!(free("{ let a = a; a }"), ["a"]);
        assert_eq!(free("match x { Some(y) if y > z => y, _ => y }"), ["x", "y", "z"]);
        assert_eq!(free("if let Some(a) = own { a } else { b }"), ["b"]);
        assert_eq!(free("{ for i in own { i; } i }"), ["i"]);
        assert_eq!(free("while let Some(a) = next { a; }"), ["next"]);
        assert_eq!(free("|own2| own2 + S { field, other: own }"), ["field"]);
    }

    #[test]
    fn a_macro_mentions_its_tokens_but_not_fields_and_methods() {
        assert_eq!(free("println!(\"{x} {}\", own.field.method(arg))"), ["arg", "x"]);
        assert_eq!(free("{ let x = 1; format!(\"{x}\") }"), [""; 0]);
        assert_eq!(free("vec![own..end]"), ["end"]);
    }
}
