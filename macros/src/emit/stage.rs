//! A stage as nested loops.
//!
//! ```text
//! let (to_4,) = builder.stage(&lines, rt::frame!(lines), (), |batch, (mut to_4,): (rt::Combine<_, _, _>,), ()| {
//!     for lines in rt::items(batch) {
//!         …                            // the consumers of each stream, each in its own block
//!     }
//!     (to_4,)
//! });
//! ```
//!
//! The tails go in and come out by value: as locals of the loop they can live in registers. (Behind a `&mut`, LLVM keeps
//! every conditional store, and a counted chain of maps was not vectorised: 0.7 of the hand-written loop.)

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Pat};

pub use super::exit::Exit;
use super::ops;
use crate::closure::{Closure, respan};
use crate::fuse::Stages;
use crate::ir::{Graph, Node, NodeId, OpKind, Operand, StreamId};
use crate::names;

/// The statement that hands a stage's loops to the builder.
pub fn stage(graph: &Graph, stages: &Stages, index: usize) -> TokenStream {
    let stage = &stages.list[index];
    let head = &graph.nodes[stage.head];
    let at = names::glue(head.op.span());
    let rt = graph.rt(at);
    let stream = head.outputs[0];
    let head_stream = head_stream(graph, stage.head);

    let emitter = Emitter { graph, stages };
    let exit = Exit::new(stage.head, head.op.span());
    let item = names::item(graph, stream);
    let body = match head.outputs[..] {
        [first, second] => {
            let (one, other) = (names::item(graph, first), names::item(graph, second));
            let [then_one, then_other] =
                [(first, &one), (second, &other)].map(|(stream, item)| emitter.stream(stream, item, &exit));
            let time = ops::time_of_result(graph, stages, stage.head, &one);
            let then_one = quote_spanned!(at=> #time #then_one);
            let choice = quote_spanned! {at=>
                match #item {
                    #rt::Two::First(#one) => { #then_one }
                    #rt::Two::Second(#other) => { #then_other }
                }
            };
            exit.block(choice)
        }
        _ => {
            let time = ops::time_of_result(graph, stages, stage.head, &item);
            let then = emitter.stream(stream, &item, &exit);
            exit.block(quote_spanned!(at=> #time #then))
        }
    };

    let at_op = |node: NodeId| graph.nodes[node].op.span();
    let clocks = stage.clocks.iter().map(|n| names::clock(*n, at_op(*n)));
    let tails: Vec<Ident> =
        stage.tails.iter().map(|(n, i)| names::tail(*n, *i, at_op(*n))).chain(clocks).collect();
    let clock_types = stage.clocks.iter().map(|n| {
        let at = names::glue(at_op(*n));
        quote_spanned!(at=> #rt::Clock)
    });
    let types = stage.tails.iter().map(|(n, _)| ops::tail_type(graph, *n)).chain(clock_types);
    let attrs = lint_attributes(graph, stage.head, &stage.fused);
    // What rustc says of captures it says of the stage's closure, and where it writes `move`, there it goes.
    let closure_at = closure_span(graph, &stage.fused).map_or(at, names::glue);
    let by_value = (graph.owned || stage.fused.iter().any(|n| captures_by_value(&graph.nodes[*n])))
        .then(|| quote_spanned!(closure_at=> move));
    let operands = stage_operands(graph, &stage.fused);
    // Without a tail there is nothing to write: clippy would call a `()` unneeded.
    let given_back = (!tails.is_empty()).then(|| quote_spanned!(at=> (#(#tails,)*)));
    let joins_table =
        |n: &&NodeId| matches!(graph.nodes[**n].kind, OpKind::JoinTable | OpKind::LeftOuterJoinTable);
    let tables: Vec<NodeId> = stage.fused.iter().filter(joins_table).copied().collect();
    let (known, now) =
        (tables.iter().map(|n| ops::table(graph, *n)), tables.iter().map(|n| ops::table_now(graph, *n)));
    let loops = quote_spanned!(at=> #(#now)* for #item in #rt::items(batch) { #body } #given_back);
    let frame = names::frame(graph, stage.head);
    let closure = quote_spanned! {closure_at=>
        #by_value |batch, (#(mut #tails,)*): (#(#types,)*), (#(#operands,)*)| { #loops }
    };
    quote_spanned! {at=>
        #(#known)*
        #(#attrs)*
        let (#(#tails,)*) = builder.stage(&#head_stream, #rt::frame!(#frame), (#(#operands,)*), #closure);
    }
}

/// The variable that holds the builder's stream of a head.
pub fn head_stream(graph: &Graph, head: NodeId) -> Ident {
    names::item(graph, graph.nodes[head].outputs[0])
}

fn captures_by_value(node: &Node) -> bool {
    closures(node).any(|c| c.by_value)
}

/// The closures of a node, those in the body of a `for` among them.
fn closures(node: &Node) -> impl Iterator<Item = &Closure> {
    let body = node.repeat.iter().flat_map(|r| &r.body).map(|op| &op.operand);
    node.operands.iter().chain(body).filter_map(Operand::inline)
}

/// Where the first of the closures begins that are inlined into a stage: one that has `move`, if there is one.
fn closure_span(graph: &Graph, fused: &[NodeId]) -> Option<Span> {
    let all = || fused.iter().flat_map(|n| closures(&graph.nodes[*n]));
    all().find(|c| c.by_value).or_else(|| all().next()).map(|c| c.begin)
}

/// The evaluated operands that a stage's loops use.
fn stage_operands(graph: &Graph, fused: &[NodeId]) -> Vec<Ident> {
    let mut all = Vec::new();
    for id in fused {
        let node = &graph.nodes[*id];
        if node.kind.is_window() {
            continue;
        }
        for (i, operand) in node.operands.iter().enumerate() {
            // The bound of an `event_time` is for the builder.
            if let Operand::Value(_) = operand
                && (node.kind, i) != (OpKind::EventTime, 1)
            {
                all.push(names::operand(*id, i, node.op.span()));
            }
        }
    }
    all
}

fn lint_attributes(graph: &Graph, head: NodeId, fused: &[NodeId]) -> Vec<TokenStream> {
    let mut attrs: Vec<TokenStream> = Vec::new();
    for id in std::iter::once(&head).chain(fused) {
        for attr in &graph.nodes[*id].attrs {
            let tokens = attr.to_token_stream();
            if !attrs.iter().any(|a| a.to_string() == tokens.to_string()) {
                attrs.push(tokens);
            }
        }
    }
    attrs
}

/// What the operators' files work with.
pub struct Emitter<'g> {
    pub graph: &'g Graph,
    pub stages: &'g Stages,
}

/// What an operator's function returns. Written down, so that a body of another type is underlined itself.
#[derive(Clone, Copy)]
pub enum Returns {
    Any,
    Bool,
    Unit,
    Option,
    Result,
}

impl Returns {
    /// A closure of `binding` and `body`; a type that the user wrote (`output`) comes first.
    fn closure(
        self,
        at: Span,
        output: &TokenStream,
        binding: &TokenStream,
        body: &TokenStream,
    ) -> TokenStream {
        let ours = match self {
            Returns::Any => TokenStream::new(),
            Returns::Bool => quote_spanned!(at=> -> ::core::primitive::bool),
            Returns::Unit => quote_spanned!(at=> -> ()),
            Returns::Option => quote_spanned!(at=> -> ::core::option::Option<_>),
            Returns::Result => quote_spanned!(at=> -> ::core::result::Result<_, _>),
        };
        let output = if output.is_empty() { &ours } else { output };
        if output.is_empty() && binding.is_empty() {
            quote_spanned!(at=> || #body)
        } else {
            let body = without_braces(body.clone());
            quote_spanned!(at=> || #output { #binding #body })
        }
    }
}

/// A closure made ready: statements first, then the call.
pub struct Called {
    pub before: TokenStream,
    pub value: TokenStream,
}

impl Emitter<'_> {
    /// What happens to a record of `stream`, which is in the variable `item`.
    pub fn stream(&self, stream: StreamId, item: &Ident, exit: &Exit) -> TokenStream {
        let s = &self.graph.streams[stream];
        let at = names::glue(item.span());
        let rt = self.graph.rt(at);
        let annotation = s.item.as_ref().map(|ty| quote_spanned!(at=> let #item: #ty = #item;));

        let meets: Vec<NodeId> =
            self.stages.meets.iter().filter(|(_, m)| **m == stream).map(|(union, _)| *union).collect();
        let buffers = meets.iter().flat_map(|union| {
            let node = &self.graph.nodes[*union];
            let at = names::glue(node.op.span());
            let rt = &rt;
            (0..node.inputs.len()).map(move |input| {
                let buffer = names::merged(*union, input, node.op.span());
                quote_spanned!(at=> let mut #buffer = #rt::Merged::new();)
            })
        });

        let several = s.consumers.len() > 1 || !meets.is_empty();
        let mut code = quote!(#annotation #(#buffers)*);
        for (n, (consumer, input)) in s.consumers.iter().enumerate() {
            let node = &self.graph.nodes[*consumer];
            if !several {
                code.extend(self.consumer(*consumer, *input, item, exit));
                continue;
            }
            let own = Exit::new(*consumer, node.op.span());
            let at = names::glue(node.op.span());
            let body = self.consumer(*consumer, *input, item, &own);
            let copies = n + 1 < s.consumers.len() && !self.takes_late(*consumer);
            let copy = copies.then(|| {
                let original = names::used(item, node.op.span());
                quote_spanned!(at=> let #item = #rt::copy(&#original);)
            });
            let label = own.label(at);
            code.extend(quote_spanned!(at=> #label { #copy #body }));
        }
        for union in meets {
            code.extend(self.merged(union));
        }
        if s.consumers.is_empty() {
            code.extend(quote_spanned!(at=> let _ = #item;));
        }
        code
    }

    /// The records that met in a union's buffers go on from there, in the order of its inputs.
    fn merged(&self, union: NodeId) -> TokenStream {
        let node = &self.graph.nodes[union];
        let at = names::glue(node.op.span());
        let mut buffers = (0..node.inputs.len()).map(|input| names::merged(union, input, node.op.span()));
        let first = buffers.next();
        let item = names::item(self.graph, node.outputs[0]);
        let exit = Exit::new(union, node.op.span());
        let body = exit.block(self.stream(node.outputs[0], &item, &exit));
        let all = buffers.fold(
            quote_spanned!(at=> ::core::iter::IntoIterator::into_iter(#first)),
            |all, next| quote_spanned!(at=> ::core::iter::Iterator::chain(#all, #next)),
        );
        quote_spanned!(at=> for #item in #all { #body })
    }

    /// Whether an operator looks at a record before it takes it: so what it leaves is never copied for it.
    fn takes_late(&self, node: NodeId) -> bool {
        matches!(self.graph.nodes[node].kind, OpKind::Filter | OpKind::Inspect)
    }

    /// The record that [takes_late](Self::takes_late) looked at, to go on: a copy where others want it too.
    pub fn taken(&self, node: NodeId, item: &Ident) -> TokenStream {
        let (op, input) = (&self.graph.nodes[node].op, self.graph.nodes[node].inputs[0]);
        let last = self.graph.streams[input].consumers.last();
        if last.is_some_and(|(last, _)| *last == node) {
            return item.to_token_stream();
        }
        let at = names::glue(op.span());
        let rt = self.graph.rt(at);
        quote_spanned!(at=> #rt::copy(&#item))
    }

    fn consumer(&self, node: NodeId, input: usize, item: &Ident, exit: &Exit) -> TokenStream {
        let item = &names::used(item, self.graph.nodes[node].op.span());
        if self.stages.is_fused(self.graph, node) {
            ops::fused(self, node, input, item, exit)
        } else {
            ops::push(self, node, input, item)
        }
    }

    /// Calls the per-record function of `node` (its first operand) with `arg`. The parameter's variables live on behind the
    /// call, so what it returns may borrow from them.
    pub fn call(&self, node: NodeId, arg: &TokenStream, returns: Returns) -> Called {
        let op = &self.graph.nodes[node].op;
        let at = names::glue(op.span());
        let rt = self.graph.rt(at);
        match self.function(node, op, &self.graph.nodes[node].operands[0], arg) {
            Function::Inline { binding, output, body } => {
                let function = returns.closure(at, &output, &TokenStream::new(), &body);
                Called { before: binding, value: quote_spanned!(at=> #rt::at(#node, #function)) }
            }
            Function::Call(call) => {
                let function = returns.closure(at, &TokenStream::new(), &TokenStream::new(), &call);
                Called { before: TokenStream::new(), value: quote_spanned!(at=> #rt::at(#node, #function)) }
            }
        }
    }

    /// As [`Emitter::call`], for functions whose result borrows nothing: the parameter stays inside. `operand` is
    /// one of `node`, by the name `op`.
    pub fn call_inside(
        &self,
        node: NodeId,
        op: &Ident,
        operand: &Operand,
        arg: &TokenStream,
        returns: Returns,
    ) -> TokenStream {
        let at = names::glue(op.span());
        let rt = self.graph.rt(at);
        let function = match self.function(node, op, operand, arg) {
            Function::Inline { binding, output, body } => returns.closure(at, &output, &binding, &body),
            Function::Call(call) => returns.closure(at, &TokenStream::new(), &TokenStream::new(), &call),
        };
        quote_spanned!(at=> #rt::at(#node, #function))
    }

    fn function(&self, node: NodeId, op: &Ident, operand: &Operand, arg: &TokenStream) -> Function {
        let at = names::glue(op.span());
        match operand {
            Operand::Inline(closure) => {
                let (pat, body) = self.hygienic(node, closure);
                let (pat, ty) = match pat {
                    Pat::Type(typed) => (*typed.pat, Some(typed.ty)),
                    pat => (pat, None),
                };
                let ty = ty.map(|ty| quote_spanned!(at=> : #ty));
                let output = closure.output.to_token_stream();
                Function::Inline { binding: quote_spanned!(at=> let #pat #ty = #arg;), output, body }
            }
            Operand::Path(path) | Operand::Function(path) => Function::Call(quote_spanned!(at=> #path(#arg))),
            Operand::Value(_) => {
                let name = names::operand(node, 0, op.span());
                Function::Call(quote_spanned!(at=> #name(#arg)))
            }
        }
    }

    /// A closure's pattern and body, its own names hidden where closures behind it need that.
    fn hygienic(&self, node: NodeId, closure: &Closure) -> (Pat, TokenStream) {
        let pat = closure.params[0].clone();
        let body = closure.body.to_token_stream();
        if !self.stages.respan.contains(&node) {
            return (pat, body);
        }
        let names = closure.own_idents();
        // `check::stages` has refused what `respan` would.
        let body = respan(body.clone(), &names).unwrap_or(body);
        let hidden = respan(pat.to_token_stream(), &names).unwrap_or_default();
        (Pat::Verbatim(hidden), body)
    }
}

/// The inside of a block that stands at the end of another: its braces would be reported as unnecessary.
fn without_braces(body: TokenStream) -> TokenStream {
    match syn::parse2(body.clone()) {
        Ok(Expr::Block(block)) if block.attrs.is_empty() && block.label.is_none() => {
            let statements = block.block.stmts;
            quote!(#(#statements)*)
        }
        _ => body,
    }
}

enum Function {
    Inline { binding: TokenStream, output: TokenStream, body: TokenStream },
    Call(TokenStream),
}
