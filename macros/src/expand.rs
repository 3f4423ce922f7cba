//! The compiler, as a table of contents.

use proc_macro2::TokenStream;

use crate::diag::Diagnostics;
use crate::{check, emit, fuse, lower, parse};

/// `stream! { … }`.
pub fn stream(input: TokenStream) -> TokenStream {
    let mut diag = Diagnostics::default();
    let body = parse::body(input, &mut diag);
    let graph = lower::lower(&body, &mut diag);
    check::check(&body, &graph, &mut diag);
    let facade = emit::ide::facade(&body);
    if diag.has_errors() {
        return emit::broken(&body, facade, diag.into_errors());
    }
    let stages = fuse::fuse(&graph);
    check::stages(&graph, &stages, &mut diag);
    if diag.has_errors() {
        return emit::broken(&body, facade, diag.into_errors());
    }
    let expansion = emit::pipeline(&graph, &stages, facade);
    emit::dump(&graph, &expansion);
    expansion
}

/// What an editor sees of `stream! { … }`.
pub fn facade(input: TokenStream) -> TokenStream {
    let mut diag = Diagnostics::default();
    let body = parse::body(input, &mut diag);
    let errors = diag.into_errors();
    let facade = emit::ide::facade(&body);
    quote::quote!({ #errors #facade })
}
