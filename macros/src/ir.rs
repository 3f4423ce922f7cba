//! The graph of operators: what the statements mean.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::{Attribute, Expr, Pat, Path, Type};

use crate::closure::Closure;

pub use millstream_plan::{Modifier, OpKind};

/// Index into [`Graph::nodes`].
pub type NodeId = usize;
/// Index into [`Graph::streams`].
pub type StreamId = usize;

/// A pipeline, lowered. Nodes are in text order, so inputs name earlier nodes.
#[derive(Default)]
pub struct Graph {
    pub name: Option<Ident>,
    /// `stream!(move { … })`.
    pub owned: bool,
    pub crate_path: Option<Path>,
    pub nodes: Vec<Node>,
    pub streams: Vec<Stream>,
}

/// An operator call.
pub struct Node {
    pub kind: OpKind,
    /// The user's token: the method's name, `source` or `for`.
    pub op: Ident,
    pub inputs: Vec<StreamId>,
    pub outputs: Vec<StreamId>,
    pub operands: Vec<Operand>,
    /// What messages call the stream that this belongs to.
    pub stream: String,
    pub doc: Option<String>,
    /// Lint attributes of the statement.
    pub attrs: Vec<Attribute>,
    pub repeat: Option<Repeat>,
    /// What was written behind it.
    pub modifiers: Vec<Modified>,
}

/// A modifier behind an operator: `.id("counts")`.
pub struct Modified {
    pub modifier: Modifier,
    /// The user's token.
    pub name: Ident,
    pub text: Option<String>,
    pub value: Option<Expr>,
}

impl Node {
    pub fn modified(&self, by: Modifier) -> Option<&Modified> {
        self.modifiers.iter().find(|m| m.modifier == by)
    }

    /// Whether nothing is combined before its exchange.
    pub fn is_exact(&self) -> bool {
        self.modified(Modifier::Exact).is_some()
    }

    /// Whether it judges records by their event time, behind an exchange.
    pub fn goes_by_event_time(&self) -> bool {
        self.kind.goes_by_event_time() || self.modified(Modifier::EventTimeout).is_some()
    }

    /// What its state is found by after a restart: its id, else `stream/operator`.
    pub fn state_name(&self) -> String {
        match self.modified(Modifier::Id).and_then(|id| id.text.clone()) {
            Some(id) => id,
            None => format!("{}/{}", self.stream, self.kind.name()),
        }
    }
}

/// What stands between an operator's parentheses, once streams are taken out.
pub enum Operand {
    /// A closure that is inlined into the stage.
    Inline(Closure),
    /// A function by its path, called in the stage.
    Path(Expr),
    /// A closure or path that is handed to the operator behind the exchange.
    Function(Expr),
    /// Evaluated once, where `stream!` stands.
    Value(Expr),
}

/// The loop of a `for`.
pub struct Repeat {
    pub pat: Pat,
    pub body: Vec<BodyOp>,
}

pub struct BodyOp {
    pub kind: OpKind,
    pub op: Ident,
    pub operand: Operand,
}

/// One output of a node.
pub struct Stream {
    pub name: Option<Ident>,
    /// Bound to `_`, or to a name that starts with it: it may go unused.
    pub may_be_unused: bool,
    /// The annotated record type.
    pub item: Option<Type>,
    pub node: NodeId,
    /// Who reads it, and through which input; in text order.
    pub consumers: Vec<(NodeId, usize)>,
}

impl Graph {
    /// `::millstream::rt`, or where the attribute says it is.
    pub fn rt(&self, at: Span) -> TokenStream {
        match &self.crate_path {
            Some(path) => quote_spanned!(at=> #path::rt),
            None => quote_spanned!(at=> ::millstream::rt),
        }
    }
}

impl Operand {
    pub fn inline(&self) -> Option<&Closure> {
        match self {
            Operand::Inline(closure) => Some(closure),
            _ => None,
        }
    }
}
