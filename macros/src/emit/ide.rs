//! The editor's view: the body as it was written, against the facade `dsl::Stream`.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::ops::{DEFAULT_LENGTH, DEFAULT_SUFFIX};
use crate::ast::{Body, Statement};
use crate::ir::{Graph, OpKind};

/// A block in which the user's own tokens are ordinary method calls.
///
/// A `for` replaces its stream, so in front of it the stream is bound again as `mut`.
pub fn facade(body: &Body) -> TokenStream {
    let at = Span::call_site();
    let graph = Graph { crate_path: body.crate_path.clone(), ..Graph::default() };
    let rt = graph.rt(at);
    let mut targets = body.statements.iter().filter_map(|s| match s {
        Statement::For { body, .. } => Some(body.first().map(|a| &a.target)),
        Statement::Chain { .. } => None,
    });
    let mut tokens = TokenStream::new();
    for token in with_defaults(body.tokens.clone()) {
        if let TokenTree::Ident(ident) = &token
            && ident == "for"
            && let Some(Some(target)) = targets.next()
        {
            tokens.extend(quote!(let mut #target = #target;));
        }
        tokens.extend([token]);
    }
    quote_spanned! {at=> {
        #[allow(unused_imports)]
        use #rt::facade::{Stream, source};
        #tokens
        #rt::facade::pipeline()
    }}
}

/// Rust has no optional arguments, so `print()` becomes `print(10)`, and `save_as_text_files(prefix)` gets its suffix; all
/// else stays as it is.
fn with_defaults(tokens: TokenStream) -> TokenStream {
    let mut after = None;
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let inner = match after.take() {
                    Some(OpKind::Print) if group.stream().is_empty() => quote!(#DEFAULT_LENGTH),
                    Some(OpKind::SaveAsTextFiles) => {
                        let written = with_defaults(group.stream());
                        let suffix = suffix(group.stream());
                        quote!(#written #suffix)
                    }
                    _ => with_defaults(group.stream()),
                };
                let mut same = Group::new(group.delimiter(), inner);
                same.set_span(group.span());
                TokenTree::Group(same)
            }
            token => {
                after = match &token {
                    TokenTree::Ident(name) => OpKind::by_name(&name.to_string()),
                    _ => None,
                };
                token
            }
        })
        .collect()
}

/// What is to be added to these arguments, if they are a prefix alone.
fn suffix(tokens: TokenStream) -> Option<TokenStream> {
    let arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens).ok()?;
    let comma = (!arguments.trailing_punct()).then(<Token![,]>::default);
    (arguments.len() == 1).then(|| quote!(#comma #DEFAULT_SUFFIX))
}
