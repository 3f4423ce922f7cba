//! `split`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::place;
use crate::emit::stage::{Emitter, Exit, Returns};
use crate::ir::NodeId;
use crate::names;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, _, n) = place(cx.graph, node);
    let (yes, no) = (names::item(cx.graph, n.outputs[0]), names::item(cx.graph, n.outputs[1]));
    let then_yes = cx.stream(n.outputs[0], &yes, exit);
    let then_no = cx.stream(n.outputs[1], &no, exit);
    let choice = cx.call_inside(node, &n.op, &n.operands[0], &quote_spanned!(at=> &#item), Returns::Bool);
    quote_spanned! {at=>
        if #choice { let #yes = #item; #then_yes } else { let #no = #item; #then_no }
    }
}
