//! Closures: what they bind, what they mention, and how their names are kept apart once they are inlined.

mod free;

use std::collections::BTreeSet;

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, ExprClosure, Pat, ReturnType};

/// A closure with one parameter or more, ready to be inlined.
pub struct Closure {
    pub params: Vec<Pat>,
    pub output: ReturnType,
    pub body: Expr,
    /// Written with `move`.
    pub by_value: bool,
    /// Its first token.
    pub begin: Span,
}

impl Closure {
    pub fn new(closure: &ExprClosure) -> Closure {
        Closure {
            params: closure.inputs.iter().cloned().collect(),
            output: closure.output.clone(),
            body: (*closure.body).clone(),
            by_value: closure.capture.is_some(),
            begin: closure.span(),
        }
    }

    /// The names that its parameters bind.
    pub fn own_names(&self) -> BTreeSet<String> {
        self.params.iter().flat_map(pattern_names).collect()
    }

    /// The variables that its parameters bind.
    pub fn own_idents(&self) -> Vec<Ident> {
        self.params.iter().flat_map(bound).collect()
    }

    /// The names that its body may take from outside.
    pub fn mentions(&self) -> BTreeSet<String> {
        free::free_names(&self.body, self.own_names())
    }
}

/// The variables that a `let` binds.
pub fn bound(pat: &Pat) -> Vec<Ident> {
    struct Idents(Vec<Ident>);
    impl<'ast> Visit<'ast> for Idents {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            self.0.push(pat.ident.clone());
            syn::visit::visit_pat_ident(self, pat);
        }
    }
    let mut idents = Idents(Vec::new());
    idents.visit_pat(pat);
    idents.0
}

/// The names that a pattern binds. An upper-case name is a constant or a unit struct, and binds nothing.
fn pattern_names(pat: &Pat) -> BTreeSet<String> {
    bound(pat).iter().map(ToString::to_string).filter(|name| !name.starts_with(char::is_uppercase)).collect()
}

/// Every identifier in `tokens`, and every name captured by a format string.
pub fn mentions(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                found.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(format_captures(&literal)),
            TokenTree::Punct(_) => {}
        }
    }
}

/// The names between braces in a string literal: `w` and `n` in `"{w:>8} {n}"`, and `width` in `"{:width$}"`.
pub fn format_captures(literal: &Literal) -> Vec<String> {
    let text = literal.to_string();
    if !text.ends_with(['"', '#']) {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut rest = text.replace("{{", "  ");
    while let Some(open) = rest.find('{') {
        let after = rest[open + 1..].to_string();
        let Some(close) = after.find('}') else { break };
        let (name, spec) = after[..close].split_once(':').unwrap_or((&after[..close], ""));
        names.extend(identifier(name));
        let mut spec = spec;
        while let Some(dollar) = spec.find('$') {
            let start = spec[..dollar].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
            names.extend(identifier(&spec[start..dollar]));
            spec = &spec[dollar + 1..];
        }
        rest = after[close..].to_string();
    }
    names
}

fn identifier(text: &str) -> Option<String> {
    let text = text.trim();
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    (starts && chars.all(|c| c.is_alphanumeric() || c == '_')).then(|| text.to_string())
}

/// Makes a closure's own variables invisible to what is inlined after it.
///
/// `Err` holds the span of a format string that captures both one of `own` and another name: one literal has
/// one span, so it can't mean both.
pub fn respan(tokens: TokenStream, own: &[Ident]) -> Result<TokenStream, Span> {
    let is_own = |name: &str, at: Span| own.iter().any(|o| o == name && same_context(o.span(), at));
    tokens
        .into_iter()
        .map(|token| {
            Ok(match token {
                TokenTree::Ident(mut ident) => {
                    if is_own(&ident.to_string(), ident.span()) {
                        ident.set_span(hidden(ident.span()));
                    }
                    TokenTree::Ident(ident)
                }
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), respan(group.stream(), own)?);
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                TokenTree::Literal(mut literal) => {
                    let captures = format_captures(&literal);
                    let ours = captures.iter().filter(|c| is_own(c, literal.span())).count();
                    if ours > 0 {
                        if ours < captures.len() {
                            return Err(literal.span());
                        }
                        literal.set_span(hidden(literal.span()));
                    }
                    TokenTree::Literal(literal)
                }
                punct => punct,
            })
        })
        .collect()
}

/// Whether two tokens come from the same expansion, so that equal names mean the same variable: what stands in a
/// `macro_rules!` and what was handed to it differ. Only the debug text of a span tells (`#4 bytes(10..12)`); where it does
/// not, names are taken to be the same.
fn same_context(a: Span, b: Span) -> bool {
    let context = |span: Span| {
        let text = format!("{span:?}");
        text.split_whitespace().next().filter(|word| word.starts_with('#')).map(str::to_string)
    };
    context(a) == context(b)
}

fn hidden(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// A pattern that may fail to match, where that is plain from its syntax: `Some(x)`, `0`, `1..=9`, `a | b`.
pub fn refutable(pat: &Pat) -> bool {
    match pat {
        Pat::TupleStruct(p) => {
            p.path
                .segments
                .last()
                .is_some_and(|s| ["Some", "Ok", "Err"].contains(&s.ident.to_string().as_str()))
                || p.elems.iter().any(refutable)
        }
        Pat::Ident(p) => p.ident == "None",
        Pat::Path(p) => p.path.is_ident("None"),
        Pat::Lit(_) | Pat::Range(_) => true,
        Pat::Tuple(p) => p.elems.iter().any(refutable),
        Pat::Reference(p) => refutable(&p.pat),
        Pat::Paren(p) => refutable(&p.pat),
        Pat::Type(p) => refutable(&p.pat),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn closure(tokens: TokenStream) -> Closure {
        Closure::new(&syn::parse2::<ExprClosure>(tokens).expect("a closure"))
    }

    #[test]
    fn a_closure_mentions_what_it_does_not_bind() {
        let c = closure(quote!(|(a, Point { x, .. })| a + x + limit + println!("{w:>width$} {a}", b = 1)));
        assert_eq!(c.own_names().into_iter().collect::<Vec<_>>(), ["a", "x"]);
        let mentions = c.mentions();
        for name in ["limit", "w", "width", "b"] {
            assert!(mentions.contains(name), "{name}");
        }
        assert!(!mentions.contains("a"));
    }

    #[test]
    fn escaped_braces_capture_nothing() {
        assert_eq!(format_captures(&Literal::string("{{no}} {yes} {} {0} {:?}")), ["yes"]);
    }

    #[test]
    fn a_format_string_with_own_and_outer_names_is_refused() {
        let names = [Ident::new("w", Span::call_site())];
        assert!(respan(quote!(format!("{w} {other}")), &names).is_err());
        assert!(respan(quote!(format!("{w}")), &names).is_ok());
        assert!(respan(quote!(format!("{other}")), &names).is_ok());
    }

    #[test]
    fn patterns_that_may_fail_are_seen() {
        for (tokens, expected) in [
            (quote!(|Some(x)| x), true),
            (quote!(|(1, x)| x), true),
            (quote!(|(a, _)| a), false),
            (quote!(|Wrapper(x)| x), false),
        ] {
            assert_eq!(refutable(&closure(tokens.clone()).params[0]), expected, "{tokens}");
        }
    }

    #[test]
    fn identifiers_are_kept_but_for_their_span() {
        let names = [Ident::new("w", Span::call_site())];
        let out = respan(quote!(w.len() + S { w }.w), &names).expect("no format string");
        assert_eq!(out.to_string(), quote!(w.len() + S { w }.w).to_string());
    }
}
