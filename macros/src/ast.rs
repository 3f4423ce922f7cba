//! The syntax tree: what stands in `stream!`, before it means anything.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Attribute, Expr, Pat, Path, Type};

/// The whole input.
pub struct Body {
    /// `#![millstream(crate = path)]`.
    pub crate_path: Option<Path>,
    /// `<Name>`.
    pub name: Option<Ident>,
    /// `stream!(move { … })`.
    pub owned: bool,
    pub statements: Vec<Statement>,
    /// Names whose statement was refused: their uses say nothing more.
    pub refused: Vec<Ident>,
    /// The statements as they were written, for the editor.
    pub tokens: TokenStream,
}

pub enum Statement {
    /// `let a = …;`, `let (a, b) = …;`, and a chain on its own (no binding).
    Chain { attrs: Vec<Attribute>, bindings: Vec<Binding>, tuple: Option<Span>, chain: Chain },
    /// `for i in 0..n { s = s.map(f); }`.
    For {
        attrs: Vec<Attribute>,
        for_token: Span,
        pat: Box<Pat>,
        range: Box<Expr>,
        body: Vec<Assign>,
        /// What else stands in the body.
        others: Vec<Span>,
    },
}

/// A name for a stream; `None` for `_`.
pub struct Binding {
    pub name: Option<Ident>,
    /// The `T` of `Stream<T>`, where it is annotated.
    pub item: Option<Type>,
}

/// `s = s.map(f);` in a `for`.
pub struct Assign {
    pub target: Ident,
    pub chain: Chain,
}

pub struct Chain {
    pub root: Root,
    pub calls: Vec<Call>,
}

pub enum Root {
    /// `source(EXPR)`.
    Source { keyword: Ident, operand: Box<Expr> },
    /// A stream bound above.
    Stream(Ident),
}

pub struct Call {
    pub name: Ident,
    pub args: Vec<Expr>,
}
