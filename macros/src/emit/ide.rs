//! The editor's view: the body as it was written, against the facade `dsl::Stream`.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

use super::ops::{AGGREGATES, DEFAULT_LENGTH, DEFAULT_SUFFIX};
use crate::ast::{Body, Statement};
use crate::ir::{Graph, OpKind};
use millstream_plan::{Arg, Class};

/// A block in which the user's own tokens are ordinary method calls.
///
/// A `for` replaces its stream, so in front of it the stream is bound again as `mut`.
pub fn facade(body: &Body) -> TokenStream {
    let at = Span::call_site();
    let graph = Graph { crate_path: body.crate_path.clone(), ..Graph::default() };
    let rt = graph.rt(at);
    let mut targets = body.statements.iter().filter_map(|s| match s {
        Statement::For { body, .. } => Some(body.first().map(|a| &a.target)),
        Statement::Chain { .. } => None,
    });
    let mut tokens = TokenStream::new();
    for token in with_late(with_defaults(body.tokens.clone(), &rt)) {
        if let TokenTree::Ident(ident) = &token
            && ident == "for"
            && let Some(Some(target)) = targets.next()
        {
            tokens.extend(quote!(let mut #target = #target;));
        }
        tokens.extend([token]);
    }
    quote_spanned! {at=> {
        #[allow(unused_imports)]
        use #rt::facade::{Identified as _, Stream, source};
        #tokens
        #rt::facade::pipeline()
    }}
}

/// Rust has no optional arguments, so `print()` becomes `print(10)`, and an operator that was given all its functions has
/// another name; all else stays as it is.
fn with_defaults(tokens: TokenStream, rt: &TokenStream) -> TokenStream {
    let mut given = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) => {
                let (name, default) = match tokens.peek() {
                    Some(TokenTree::Group(group)) => as_method(name, &group.stream(), rt),
                    _ => (name, None),
                };
                given.extend([TokenTree::Ident(name)]);
                if let (Some(default), Some(TokenTree::Group(group))) = (default, tokens.peek().cloned()) {
                    given.extend([same_group(&group, default)]);
                    tokens.next();
                }
            }
            TokenTree::Group(group) => {
                given.extend([same_group(&group, with_defaults(group.stream(), rt))]);
            }
            token => given.extend([token]),
        }
    }
    given
}

/// The facade's method for a call, and its argument where that was left out.
fn as_method(name: Ident, args: &TokenStream, rt: &TokenStream) -> (Ident, Option<TokenStream>) {
    let count =
        || Punctuated::<Expr, Token![,]>::parse_terminated.parse2(args.clone()).map_or(0, |args| args.len());
    let is = |kind: OpKind| name == kind.name();
    let comma = || (!args.to_string().trim_end().ends_with(',')).then(<Token![,]>::default);
    if is(OpKind::Print) && args.is_empty() {
        (name, Some(quote!(#DEFAULT_LENGTH)))
    } else if is(OpKind::SaveAsTextFiles) && count() == 1 {
        let comma = comma();
        (name, Some(quote!(#args #comma #DEFAULT_SUFFIX)))
    } else if (is(OpKind::DropDuplicates) || is(OpKind::DropDuplicatesByKey)) && args.is_empty() {
        (name, Some(quote!(::core::time::Duration::MAX)))
    } else if is(OpKind::SortByKey) && args.is_empty() {
        (name, Some(quote!(#rt::Order::Ascending)))
    } else if (is(OpKind::WindowedAggregate) || is(OpKind::WindowedAggregateByKey)) && count() == 1 {
        (name, Some(aggregates(args.clone(), rt)))
    } else if let Some(kind) = OpKind::by_name(&name.to_string())
        && kind.hands_on_times()
        && !kind.is_interval_join()
        && count() + 1 == kind.spec().args.len()
    {
        // How old a value may be, at most.
        let comma = (!args.is_empty()).then(comma).flatten();
        (name, Some(quote!(#args #comma ::core::time::Duration::MAX)))
    } else if let Some(kind) = OpKind::by_name(&name.to_string())
        && kind.spec().class == Class::Windowed
    {
        let slide = kind.spec().args.iter().position(|arg| *arg == Arg::OptionalValue);
        match (kind, count()) {
            (_, given) if Some(given) == slide => {
                let comma = comma();
                (name, Some(quote!(#args #comma ::core::time::Duration::ZERO)))
            }
            (OpKind::ReduceByKeyAndWindowWithInverse, 5) => {
                (Ident::new("reduce_by_key_and_window_with_inverse_and_filter", name.span()), None)
            }
            _ => (name, None),
        }
    } else if let Some(kind) = joins_by_name(&name)
        && count() == kind.spec().args.len()
        && kind.spec().args.contains(&Arg::OptionalFunction(2))
    {
        (quote::format_ident!("{name}_if"), None)
    } else if let Some((_, full)) = WITH_ALL.iter().find(|(kind, _)| is(*kind))
        && count() == 2
    {
        (Ident::new(full, name.span()), None)
    } else {
        (name, None)
    }
}

/// The join in event time that is called so.
fn joins_by_name(name: &Ident) -> Option<OpKind> {
    let is_join = |kind: &&OpKind| kind.is_windowed_join() || kind.is_interval_join();
    OpKind::ALL.iter().filter(is_join).copied().find(|kind| name == kind.name())
}

/// Operators whose second operand may be left out, and what the facade calls them with both.
const WITH_ALL: [(OpKind, &str); 5] = [
    (OpKind::Top, "top_by"),
    (OpKind::UpdateStateByKey, "update_state_by_key_from"),
    (OpKind::UpdateStateByKeyWith, "update_state_by_key_with_from"),
    (OpKind::MapWithState, "map_with_state_spec"),
    (OpKind::MapWithStateAndSnapshots, "map_with_state_and_snapshots_spec"),
];

/// The names of aggregates that come ready-made, by their paths.
fn aggregates(args: TokenStream, rt: &TokenStream) -> TokenStream {
    let mut given = TokenStream::new();
    let mut tokens = args.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (token, tokens.peek()) {
            (TokenTree::Ident(name), Some(TokenTree::Group(args)))
                if AGGREGATES.iter().any(|known| name == known) =>
            {
                let count = Punctuated::<Expr, Token![,]>::parse_terminated
                    .parse2(args.stream())
                    .map_or(0, |args| args.len());
                let name = if name == "top" && count == 2 { Ident::new("top_by", name.span()) } else { name };
                given.extend(quote!(#rt::facade::#name));
                given.extend(tokens.next());
            }
            (TokenTree::Group(group), _) => {
                given.extend([same_group(&group, aggregates(group.stream(), rt))])
            }
            (token, _) => given.extend([token]),
        }
    }
    given
}

/// An operator that leaves out late records gives them to whoever binds two names: the facade's method for that.
fn with_late(tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |token: Option<&TokenTree>, what: char| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == what);
    let is_group = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Group(g)) if g.delimiter() == proc_macro2::Delimiter::Parenthesis);
    let mut at = 0;
    while at < tokens.len() {
        let is_let = matches!(&tokens[at], TokenTree::Ident(word) if word == "let");
        if !(is_let && is_group(tokens.get(at + 1))) {
            at += 1;
            continue;
        }
        let end = (at..tokens.len()).find(|i| is(tokens.get(*i), ';')).unwrap_or(tokens.len());
        let called = (at + 3..end).rev().find_map(|i| match &tokens[i] {
            TokenTree::Ident(name) if is(tokens.get(i - 1), '.') && is_group(tokens.get(i + 1)) => {
                let text = name.to_string();
                millstream_plan::Modifier::by_name(&text).is_none().then(|| (i, name.clone()))
            }
            _ => None,
        });
        if let Some((i, name)) = called
            && gives_late(&name.to_string())
        {
            tokens[i] = TokenTree::Ident(quote::format_ident!("{name}_and_late"));
        }
        at = end;
    }
    tokens.into_iter().collect()
}

fn gives_late(name: &str) -> bool {
    OpKind::windowed_by_name(name).is_some() || OpKind::by_name(name).is_some_and(OpKind::gives_late)
}

fn same_group(group: &Group, tokens: TokenStream) -> TokenTree {
    let mut same = Group::new(group.delimiter(), tokens);
    same.set_span(group.span());
    TokenTree::Group(same)
}
