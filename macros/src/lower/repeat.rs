//! `for` over a stream: a loop of element-wise operators, one node of the graph.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Attribute, Expr};

use super::{Around, Lowering, arguments, doc};
use crate::ast::{Assign, Call, Root};
use crate::ir::{BodyOp, OpKind, Operand, Repeat};
use crate::{names, operand, suggest};
use millstream_plan::Class;

impl Lowering<'_> {
    /// Whether the body of a `for` has nothing but `s = s.map(f);`.
    pub(super) fn for_body(&mut self, range: &Expr, others: &[Span]) -> bool {
        if let Expr::Path(path) = range
            && let Some(name) = path.path.get_ident()
            && self.scope.contains_key(&name.to_string())
        {
            self.diag.error(
                name.span(),
                format!("`{name}` is a stream, and a `for` can't go over its records, which come while the pipeline runs: write `{name}.for_each(|x| …);`"),
            );
            return false;
        }
        for at in others {
            self.diag.error(
                *at,
                "the body of a `for` over a stream holds only `s = s.map(f);`, with element-wise operators that keep the record's type",
            );
        }
        others.is_empty()
    }

    pub(super) fn for_statement(
        &mut self,
        attrs: &[Attribute],
        for_token: Span,
        pat: &syn::Pat,
        range: &Expr,
        body: &[Assign],
    ) {
        let Some(first) = body.first() else {
            self.diag.error(
                for_token,
                "this `for` does nothing: write `s = s.map(f);` into its body, for a stream `s`",
            );
            return;
        };
        let target = first.target.clone();
        let Some(input) = self.resolve(&target) else { return };
        let mut ops = Vec::new();
        for assign in body {
            match &assign.chain.root {
                Root::Stream(root) if *root == target && assign.target == target => {}
                _ => {
                    self.diag.error(
                        assign.target.span(),
                        format!("a `for` goes over one stream, here `{target}`: each line is `{target} = {target}.map(f);`"),
                    );
                    return;
                }
            }
            for call in &assign.chain.calls {
                match self.body_op(call) {
                    Some(op) => ops.push(op),
                    None => return,
                }
            }
        }
        let keyword = Ident::new("for", Span::call_site());
        let keyword = {
            let mut k = keyword;
            k.set_span(for_token);
            k
        };
        let around = Around { stream: names::text(&target), doc: doc(attrs), attrs: &self.lints(attrs) };
        let outputs =
            self.node(OpKind::Repeat, &keyword, vec![input], vec![Operand::Value(range.clone())], &around);
        if let Some(node) = self.graph.nodes.last_mut() {
            node.repeat = Some(Repeat { pat: pat.clone(), body: ops });
        }
        self.graph.streams[outputs[0]].name = Some(target.clone());
        self.scope.insert(target.to_string(), outputs[0]);
    }

    /// An operator in the body of a `for`.
    fn body_op(&mut self, call: &Call) -> Option<BodyOp> {
        let name = call.name.to_string();
        let Some(kind) = OpKind::by_name(&name) else {
            self.diag.error(call.name.span(), suggest::unknown_operator(&name));
            return None;
        };
        let spec = kind.spec();
        if !spec.in_for {
            let why = if spec.class == Class::ElementWise {
                "it may give several records for one, or records of another type"
            } else {
                "it needs an exchange, and the plan does not grow with the count"
            };
            self.diag.error(
                call.name.span(),
                format!("`{name}` can't be in a `for` over a stream: {why}. The body holds `map`, `filter`, `filter_map`, `map_values`, `filter_values` and `inspect`, and keeps the record's type"),
            );
            return None;
        }
        let [arg] = &call.args[..] else {
            let message =
                format!("`{name}` has {} here: write {}", arguments(call.args.len()), suggest::example(kind));
            self.diag.error(call.name.span(), message);
            return None;
        };
        let operand = match operand::operand(&call.name, kind, arg, spec.args[0], self.diag)? {
            Operand::Value(path @ Expr::Path(_)) => Operand::Path(path),
            Operand::Value(value) => {
                self.diag.error(value.span(), "in a `for` write a closure or the name of a function");
                return None;
            }
            operand => operand,
        };
        Some(BodyOp { kind, op: call.name.clone(), operand })
    }
}
