//! The editor's view: the body as it was written, against the facade `dsl::Stream`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::ast::{Body, Statement};
use crate::ir::Graph;

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
    for token in body.tokens.clone() {
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
