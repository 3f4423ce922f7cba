//! Statements to the graph: names to streams, calls to nodes.

mod late;
mod modifier;
mod repeat;

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Expr};

use crate::ast::{Binding, Body, Call, Chain, Root, Statement};
use crate::diag::Diagnostics;
use crate::ir::{Graph, Modifier, Node, OpKind, Operand, Stream, StreamId};
use crate::{names, operand, parse, suggest};
use millstream_plan::Arg;

/// Lowers what was parsed. What it can't understand it reports and leaves out.
pub fn lower(body: &Body, diag: &mut Diagnostics) -> Graph {
    let mut lowering = Lowering {
        graph: Graph {
            name: body.name.clone(),
            owned: body.owned,
            crate_path: body.crate_path.clone(),
            ..Graph::default()
        },
        scope: HashMap::new(),
        broken: body.refused.iter().map(ToString::to_string).collect(),
        guessed: false,
        diag,
    };
    for statement in &body.statements {
        lowering.statement(statement);
    }
    lowering.graph
}

struct Lowering<'d> {
    graph: Graph,
    scope: HashMap<String, StreamId>,
    /// Names whose statement had an error: their uses are not reported again.
    broken: HashSet<String>,
    /// The chain at hand has an error: what it gives is a guess, and not worth another.
    guessed: bool,
    diag: &'d mut Diagnostics,
}

/// What a statement says about all its calls.
struct Around<'a> {
    stream: String,
    doc: Option<String>,
    attrs: &'a [Attribute],
}

impl Lowering<'_> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Chain { attrs, bindings, tuple, chain } => {
                self.chain_statement(attrs, bindings, *tuple, chain)
            }
            Statement::For { attrs, for_token, pat, range, body, others } => {
                if self.for_body(range, others) {
                    self.for_statement(attrs, *for_token, pat, range, body);
                }
            }
        }
    }

    fn chain_statement(
        &mut self,
        attrs: &[Attribute],
        bindings: &[Binding],
        tuple: Option<Span>,
        chain: &Chain,
    ) {
        let first = bindings.iter().find_map(|b| b.name.as_ref());
        let stream = match (first, &chain.root) {
            (Some(name), _) | (None, Root::Stream(name)) => names::text(name),
            (None, Root::Source { keyword, .. }) => keyword.to_string(),
        };
        let around = Around { stream, doc: doc(attrs), attrs: &self.lints(attrs) };
        self.guessed = false;
        let Some(outputs) = self.chain(chain, &around) else {
            self.broken.extend(bindings.iter().filter_map(|b| b.name.as_ref()).map(ToString::to_string));
            return;
        };
        let outputs = self.with_late(outputs, bindings, tuple);
        if (self.guessed && bindings.len() == outputs.len())
            || (!self.guessed && self.counts_match(bindings, tuple, chain, outputs.len()))
        {
            for (binding, stream) in bindings.iter().zip(outputs) {
                self.bind(binding, stream);
            }
        } else {
            self.broken.extend(bindings.iter().filter_map(|b| b.name.as_ref()).map(ToString::to_string));
        }
    }

    /// Whether a statement binds what its chain gives.
    fn counts_match(
        &mut self,
        bindings: &[Binding],
        tuple: Option<Span>,
        chain: &Chain,
        outputs: usize,
    ) -> bool {
        let last = chain.calls.last().map(|c| &c.name);
        let (at, op) = match (&chain.root, last) {
            (_, Some(op)) => (op.span(), op.to_string()),
            (Root::Source { keyword, .. }, None) => (keyword.span(), "source".to_string()),
            (Root::Stream(name), None) => (name.span(), name.to_string()),
        };
        let message = match (bindings.len(), outputs) {
            (0, 0) => return true,
            (b, o) if b == o && (tuple.is_some() == (o == 2)) => return true,
            (0, 1) => "this stream goes nowhere: bind it (`let s = …;`), or end the chain with an output such as `.print()`".to_string(),
            (0, _) => format!("`{op}` gives two streams: bind them, `let (a, b) = ….{op}(…);`"),
            (_, 0) => format!("`{op}` is an output and gives no stream: leave out the `let`"),
            (_, 1) => format!("`{op}` gives one stream: bind it to one name. Two come from `split`, `try_map`, `map_with_state_and_snapshots`, and, with the late records, of aggregates of windows, `sessionize`, `lag` and `delta`"),
            (_, _) => format!("`{op}` gives two streams: bind them to two names, `let (a, b) = ….{op}(…);`"),
        };
        self.diag.error(if outputs == 1 { tuple.unwrap_or(at) } else { at }, message);
        false
    }

    fn bind(&mut self, binding: &Binding, stream: StreamId) {
        let Some(name) = &binding.name else {
            self.graph.streams[stream].may_be_unused = true;
            return;
        };
        let text = name.to_string();
        if self.scope.contains_key(&text) || self.broken.contains(&text) {
            self.diag.error(
                name.span(),
                format!("`{text}` is already a stream of this pipeline: give this one a name of its own (names identify streams in the plan, and state in checkpoints)"),
            );
            return;
        }
        let s = &mut self.graph.streams[stream];
        s.may_be_unused |= text.starts_with('_');
        s.name.get_or_insert_with(|| name.clone());
        if s.item.is_none() {
            s.item.clone_from(&binding.item);
        }
        self.scope.insert(text, stream);
    }

    /// The streams that come out of a chain; `None` after an error.
    fn chain(&mut self, chain: &Chain, around: &Around<'_>) -> Option<Vec<StreamId>> {
        let mut current = match &chain.root {
            Root::Source { keyword, operand } => {
                let operands = vec![Operand::Value((**operand).clone())];
                self.node(OpKind::Source, keyword, Vec::new(), operands, around)
            }
            Root::Stream(name) => vec![self.resolve(name)?],
        };
        let mut before: Option<&Ident> = match &chain.root {
            Root::Source { keyword, .. } => Some(keyword),
            Root::Stream(_) => None,
        };
        for call in &chain.calls {
            if let Some(modifier) = Modifier::by_name(&call.name.to_string()) {
                self.modify(modifier, call, before);
                continue;
            }
            let [input] = current[..] else {
                let before = before?;
                let message = if current.is_empty() {
                    format!(
                        "`{before}` is an output and ends its chain: to use the stream twice, bind it first with `let`"
                    )
                } else {
                    format!("`{before}` gives two streams: bind them first, `let (a, b) = ….{before}(…);`")
                };
                self.diag.error(call.name.span(), message);
                return None;
            };
            current = self.call(call, input, around)?;
            before = Some(&call.name);
        }
        Some(current)
    }

    fn resolve(&mut self, name: &Ident) -> Option<StreamId> {
        let text = name.to_string();
        if let Some(stream) = self.scope.get(&text) {
            return Some(*stream);
        }
        if !self.broken.contains(&text) {
            let mut names: Vec<&str> = self.scope.keys().map(String::as_str).collect();
            names.sort_unstable();
            let hint = match suggest::nearest(&text, names.into_iter()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "if it is a source, write `source({text})`; an ordinary value goes above `stream!`"
                ),
            };
            self.diag.error(name.span(), format!("`{text}` is no stream of this pipeline: {hint}"));
        }
        None
    }

    fn call(&mut self, call: &Call, input: StreamId, around: &Around<'_>) -> Option<Vec<StreamId>> {
        let name = call.name.to_string();
        let above = self.graph.nodes[self.graph.streams[input].node].kind;
        let found = if above.is_window() { OpKind::windowed_by_name(&name) } else { OpKind::by_name(&name) };
        let Some(kind) = found else {
            let message = if above.is_window() {
                suggest::no_aggregate(above, &name)
            } else {
                suggest::unknown_operator(&name)
            };
            self.diag.error(call.name.span(), message);
            self.guessed = true;
            // As if it were a `map`: what follows is read too.
            return Some(self.node(OpKind::Map, &call.name, vec![input], Vec::new(), around));
        };
        let spec = kind.spec();
        let required =
            spec.args.iter().filter(|a| !matches!(a, Arg::OptionalValue | Arg::OptionalFunction(_))).count();
        if call.args.len() < required || call.args.len() > spec.args.len() {
            let message = match spec.args.len() {
                0 => format!("`{name}` takes no arguments: write `.{name}()`"),
                _ => format!(
                    "`{name}` has {} here: write {}",
                    arguments(call.args.len()),
                    suggest::example(suggest::meant(kind, call.args.len()))
                ),
            };
            self.diag.error(call.name.span(), message);
        }
        let mut inputs = vec![input];
        let mut operands = Vec::new();
        for (arg, shape) in call.args.iter().zip(spec.args) {
            if let Arg::Stream = shape {
                let streams =
                    parse::chain(arg.clone(), self.diag).and_then(|chain| self.chain(&chain, around));
                match streams.as_deref() {
                    Some([stream]) => inputs.push(*stream),
                    Some(_) => self.diag.error(
                        arg.span(),
                        format!(
                            "`{name}` takes a stream here, and this chain does not end in one: write {}",
                            suggest::example(kind)
                        ),
                    ),
                    None => {}
                }
            } else {
                operands.extend(operand::operand(&call.name, kind, arg, *shape, self.diag));
            }
        }
        Some(self.node(kind, &call.name, inputs, operands, around))
    }

    fn node(
        &mut self,
        kind: OpKind,
        op: &Ident,
        inputs: Vec<StreamId>,
        operands: Vec<Operand>,
        around: &Around<'_>,
    ) -> Vec<StreamId> {
        let id = self.graph.nodes.len();
        for (i, input) in inputs.iter().enumerate() {
            self.graph.streams[*input].consumers.push((id, i));
        }
        let first = self.graph.streams.len();
        let outputs: Vec<StreamId> = (first..first + kind.spec().outputs).collect();
        for _ in &outputs {
            self.graph.streams.push(Stream {
                name: None,
                may_be_unused: false,
                item: None,
                node: id,
                consumers: Vec::new(),
            });
        }
        self.graph.nodes.push(Node {
            kind,
            op: op.clone(),
            inputs,
            outputs: outputs.clone(),
            operands,
            stream: around.stream.clone(),
            doc: around.doc.clone(),
            attrs: around.attrs.to_vec(),
            repeat: None,
            modifiers: Vec::new(),
        });
        outputs
    }

    /// The attributes that pass through to the code; others are refused.
    fn lints(&mut self, attrs: &[Attribute]) -> Vec<Attribute> {
        let mut lints = Vec::new();
        for attr in attrs {
            if ["allow", "expect", "warn", "deny", "forbid"].iter().any(|l| attr.path().is_ident(l)) {
                lints.push(never_unfulfilled(attr));
            } else if !attr.path().is_ident("doc") {
                self.diag.error(
                    attr.span(),
                    "a statement of a pipeline takes `///` (it describes the stream in the plan) and lint attributes such as `#[allow(…)]`",
                );
            }
        }
        lints
    }
}

/// `#[expect(…)]` as `#[allow(…)]`: one statement becomes several, and most of them would not fulfil it.
fn never_unfulfilled(attr: &Attribute) -> Attribute {
    let mut attr = attr.clone();
    if attr.path().is_ident("expect")
        && let syn::Meta::List(list) = &mut attr.meta
    {
        list.path = Ident::new("allow", list.path.span()).into();
    }
    attr
}

/// `no argument`, `1 argument`, `2 arguments`.
fn arguments(count: usize) -> String {
    match count {
        0 => "no argument".to_string(),
        1 => "1 argument".to_string(),
        n => format!("{n} arguments"),
    }
}

/// The text of `///` lines.
fn doc(attrs: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attrs
        .iter()
        .filter(|a| a.path().is_ident("doc"))
        .filter_map(|a| match &a.meta.require_name_value().ok()?.value {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value().trim().to_string()),
            _ => None,
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}
