//! Errors: collected by every pass, de-duplicated, capped, and emitted together.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// More than this many help nobody.
const CAP: usize = 8;

/// Collects errors. Passes go on after one as well as they can.
#[derive(Default)]
pub struct Diagnostics {
    errors: Vec<(Span, String)>,
}

impl Diagnostics {
    /// Reports what is wrong, why, and what to write, at the user's token.
    pub fn error(&mut self, at: Span, message: impl Into<String>) {
        let message = message.into();
        let same_place = |span: &Span| format!("{span:?}") == format!("{at:?}");
        let known = |(span, text): &(Span, String)| *text == message && same_place(span);
        if !self.errors.iter().any(known) {
            self.errors.push((at, message));
        }
    }

    /// Takes in what `syn` found.
    pub fn syntax(&mut self, error: &syn::Error) {
        for e in error {
            self.error(e.span(), e.to_string());
        }
    }

    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// One `compile_error!` each, in the order of finding.
    pub fn into_errors(self) -> TokenStream {
        self.errors
            .into_iter()
            .take(CAP)
            .map(|(span, message)| quote_spanned!(span=> ::core::compile_error!{ #message }))
            .collect()
    }

    #[cfg(test)]
    pub fn messages(&self) -> Vec<&str> {
        self.errors.iter().map(|(_, m)| m.as_str()).collect()
    }
}
