//! `try_map`

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::place;
use crate::emit::stage::{Called, Emitter, Exit, Returns};
use crate::ir::NodeId;
use crate::names;

pub fn fused(cx: &Emitter<'_>, node: NodeId, item: &Ident, exit: &Exit) -> TokenStream {
    let (at, rt, n) = place(cx.graph, node);
    let (good, bad) = (names::item(cx.graph, n.outputs[0]), names::item(cx.graph, n.outputs[1]));
    let then_good = cx.stream(n.outputs[0], &good, exit);
    let then_bad = cx.stream(n.outputs[1], &bad, exit);
    let Called { before, value } = cx.call(node, &quote_spanned!(at=> #item), Returns::Result);
    quote_spanned! {at=>
        let __record = #rt::copy(&#item);
        #before
        match #rt::outcome(#value) {
            ::core::result::Result::Ok(#good) => { #then_good }
            ::core::result::Result::Err(__error) => {
                let #bad = #rt::Bad { record: __record, error: __error };
                #then_bad
            }
        }
    }
}
