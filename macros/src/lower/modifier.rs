//! Modifiers: calls that say more about the operator before them.

use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit};

use super::Lowering;
use crate::ast::Call;
use crate::diag::Diagnostics;
use crate::ir::{Modified, Modifier};
use crate::parse::strip;
use crate::suggest;
use millstream_plan::ModifierArg;

impl Lowering<'_> {
    /// `before`: the operator that the call stands behind, if one was read; it made the newest node.
    pub(super) fn modify(&mut self, modifier: Modifier, call: &Call, before: Option<&Ident>) {
        let (name, at) = (modifier.name(), call.name.span());
        let takers = modifier.spec().takers;
        let Some(before) = before else {
            self.diag.error(
                at,
                format!(
                    "`{name}` stands right behind the operator that it is about, and here is none; it is for {takers}"
                ),
            );
            return;
        };
        if self.guessed {
            return;
        }
        let Some(node) = self.graph.nodes.last_mut() else { return };
        if !modifier.fits(node.kind) {
            self.diag.error(at, format!("`{before}` does not take `{name}`, which is for {takers}"));
            return;
        }
        if node.modified(modifier).is_some() {
            self.diag.error(at, format!("`{before}` has its `{name}` already: leave out one of the two"));
            return;
        }
        let (mut text, mut value) = (None, None);
        match modifier.spec().arg {
            ModifierArg::Nothing if call.args.is_empty() => {}
            ModifierArg::Nothing => {
                self.diag.error(at, format!("`{name}` takes no arguments: write `.{name}()`"));
                return;
            }
            ModifierArg::Text => match name_of(modifier, call, self.diag) {
                Some(name) => text = Some(name),
                None => return,
            },
            ModifierArg::Value => match &call.args[..] {
                [arg] => value = Some(strip(arg.clone())),
                _ => {
                    let example = suggest::modifier(modifier);
                    self.diag.error(at, format!("`{name}` takes one argument: write {example}"));
                    return;
                }
            },
        }
        node.modifiers.push(Modified { modifier, name: call.name.clone(), text, value });
    }
}

/// The literal between the parentheses.
fn name_of(modifier: Modifier, call: &Call, diag: &mut Diagnostics) -> Option<String> {
    let name = modifier.name();
    let [arg] = &call.args[..] else {
        diag.error(
            call.name.span(),
            format!("`{name}` takes one argument, a name: write `.{name}(\"counts\")`"),
        );
        return None;
    };
    let Expr::Lit(ExprLit { lit: Lit::Str(literal), .. }) = strip(arg.clone()) else {
        diag.error(
            arg.span(),
            format!(
                "`{name}` takes a name as it stands in the checkpoint, so a string literal: write `.{name}(\"counts\")`"
            ),
        );
        return None;
    };
    let text = literal.value();
    if text.is_empty() || text.trim() != text || text.contains(char::is_control) {
        diag.error(
            literal.span(),
            format!("a name has something in it, and neither blanks around it nor line breaks: write `.{name}(\"counts\")`"),
        );
        return None;
    }
    Some(text)
}
