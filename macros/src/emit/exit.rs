//! Where a record leaves.

use std::cell::Cell;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Lifetime;

use crate::ir::NodeId;
use crate::names;

/// Where a record goes that is filtered out: to the end of its consumer's block.
pub struct Exit {
    label: Lifetime,
    at: Span,
    used: Cell<bool>,
}

impl Exit {
    pub fn new(node: NodeId, at: Span) -> Exit {
        Exit { label: names::label(node, at), at: names::glue(at), used: Cell::new(false) }
    }

    /// The statement that leaves.
    pub fn leave(&self) -> TokenStream {
        self.used.set(true);
        let label = &self.label;
        quote_spanned!(self.at=> break #label)
    }

    /// The block that is left, where one is needed.
    pub fn block(&self, body: TokenStream) -> TokenStream {
        match self.label(self.at) {
            Some(label) => quote_spanned!(self.at=> #label { #body }),
            None => body,
        }
    }

    /// The label of the block that is left, if it is.
    pub fn label(&self, at: Span) -> Option<TokenStream> {
        let label = &self.label;
        self.used.get().then(|| quote_spanned!(at=> #label:))
    }
}
