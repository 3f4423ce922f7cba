//! Tokens to statements. Goes on after an error at the next `;`, so that every statement gets its say.

mod chain;

pub use chain::{chain, strip};

use chain::plain_name;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, GenericArgument, Pat, PathArguments, Stmt, Token, Type, braced, token};

use crate::ast::{Assign, Binding, Body, Chain, Root, Statement};
use crate::closure;
use crate::diag::Diagnostics;

/// Parses the whole input; never fails, but may report.
pub fn body(input: TokenStream, diag: &mut Diagnostics) -> Body {
    let mut body = Body {
        crate_path: None,
        name: None,
        owned: false,
        statements: Vec::new(),
        refused: Vec::new(),
        tokens: TokenStream::new(),
    };
    let parser = |input: ParseStream| {
        whole(input, &mut body, diag);
        Ok(())
    };
    // `whole` consumes everything, so this can't fail.
    let _ = parser.parse2(input);
    body
}

/// Header, `move`, and the statements, which may stand in braces of their own.
fn whole(input: ParseStream, body: &mut Body, diag: &mut Diagnostics) {
    header(input, body, diag);
    if input.peek(Token![move]) && input.peek2(token::Brace) {
        body.owned = input.parse::<Token![move]>().is_ok();
    }
    if input.peek(token::Brace) && sole_group(input) {
        if let Err(e) = braces(input, body, diag) {
            diag.syntax(&e);
        }
    } else {
        statements(input, body, diag);
    }
}

fn braces(input: ParseStream, body: &mut Body, diag: &mut Diagnostics) -> syn::Result<()> {
    let content;
    braced!(content in input);
    header(&content, body, diag);
    statements(&content, body, diag);
    Ok(())
}

/// Whether one group is all that is left.
fn sole_group(input: ParseStream) -> bool {
    let ahead = input.fork();
    ahead.parse::<TokenTree>().is_ok() && ahead.is_empty()
}

/// `#![millstream(crate = path)]` and `<Name>`.
fn header(input: ParseStream, body: &mut Body, diag: &mut Diagnostics) {
    if input.peek(Token![#]) && input.peek2(Token![!]) {
        match input.call(Attribute::parse_inner) {
            Ok(attrs) => attrs.iter().for_each(|attr| crate_attribute(attr, body, diag)),
            Err(e) => diag.syntax(&e),
        }
    }
    if input.peek(Token![<]) {
        match name(input) {
            Ok(name) => body.name = Some(name),
            Err(e) => {
                diag.error(e.span(), "a pipeline's name is one identifier: `stream! { <WordCount> … }`");
                while !input.is_empty() && !input.peek(Token![>]) {
                    let _ = input.parse::<TokenTree>();
                }
                let _ = input.parse::<Token![>]>();
            }
        }
    }
}

fn name(input: ParseStream) -> syn::Result<Ident> {
    input.parse::<Token![<]>()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![>]>()?;
    Ok(name)
}

fn crate_attribute(attr: &Attribute, body: &mut Body, diag: &mut Diagnostics) {
    let parsed = attr.path().is_ident("millstream").then(|| {
        attr.parse_args_with(|input: ParseStream| {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            input.call(syn::Path::parse_mod_style)
        })
    });
    match parsed {
        Some(Ok(path)) => body.crate_path = Some(path),
        _ => diag.error(
            attr.span(),
            "the only attribute of a whole pipeline is `#![millstream(crate = path::to::millstream)]`",
        ),
    }
}

fn statements(input: ParseStream, body: &mut Body, diag: &mut Diagnostics) {
    if let Ok(tokens) = input.fork().parse::<TokenStream>() {
        body.tokens = tokens;
    }
    while !input.is_empty() {
        if input.peek(Token![;]) {
            let _ = input.parse::<Token![;]>();
            continue;
        }
        let begin = input.cursor();
        match statement(input, &mut body.refused, diag) {
            Ok(statement) => body.statements.extend(statement),
            Err(e) => {
                diag.syntax(&e);
                if input.cursor() == begin && !input.peek(Token![;]) {
                    let _ = input.parse::<TokenTree>();
                }
                skip_statement(input);
            }
        }
    }
}

/// To after the next `;`.
fn skip_statement(input: ParseStream) {
    while !input.is_empty() {
        if input.parse::<Token![;]>().is_ok() || input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// One statement; `None` where it was refused with a message.
fn statement(
    input: ParseStream,
    refused: &mut Vec<Ident>,
    diag: &mut Diagnostics,
) -> syn::Result<Option<Statement>> {
    let attrs = input.call(Attribute::parse_outer)?;
    if input.peek(Token![let]) {
        return let_statement(input, attrs, refused, diag);
    }
    if input.peek(Token![for]) {
        return Ok(Some(for_statement(attrs, input.parse()?, diag)));
    }
    if let Some(message) = control_structure(input) {
        let at = input.span();
        // Through rustc's own grammar, so that its braces and `else` are behind us.
        let _: Stmt = input.parse()?;
        diag.error(at, message);
        return Ok(None);
    }
    if is_item(input) {
        let at = input.span();
        let _: syn::Item = input.parse()?;
        diag.error(at, "an item is no part of a pipeline: move it above `stream!`");
        return Ok(None);
    }
    let block = input.peek(token::Brace) || input.peek(Token![unsafe]);
    let expr: Expr = input.parse()?;
    if !block {
        end_of_statement(input)?;
    }
    match expr {
        Expr::Macro(m) => diag.error(
            m.span(),
            "a macro call is no stream: put it into a closure (`.inspect(|x| …)`), or above `stream!`",
        ),
        Expr::Block(_) | Expr::Unsafe(_) => diag.error(
            expr.span(),
            "a block is no part of a pipeline: write its statements one after the other, without the braces",
        ),
        Expr::Assign(a) => diag.error(
            a.eq_token.span(),
            "a stream is bound once, with `let`; only inside `for` may it be replaced (`s = s.map(f);`)",
        ),
        expr => {
            let chain = chain(expr, diag);
            return Ok(chain.map(|chain| Statement::Chain {
                attrs,
                bindings: Vec::new(),
                tuple: None,
                chain,
            }));
        }
    }
    Ok(None)
}

fn end_of_statement(input: ParseStream) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Token![;]>().is_ok() {
        return Ok(());
    }
    Err(input.error("expected `;` after this statement of the pipeline"))
}

fn is_item(input: ParseStream) -> bool {
    input.peek(Token![fn])
        || input.peek(Token![struct])
        || input.peek(Token![enum])
        || input.peek(Token![use])
        || input.peek(Token![const])
        || input.peek(Token![static])
        || input.peek(Token![impl])
        || input.peek(Token![trait])
        || input.peek(Token![mod])
        || input.peek(Token![type])
}

/// Why control structures over streams can't be, and what to write.
fn control_structure(input: ParseStream) -> Option<&'static str> {
    if input.peek(Token![if]) {
        Some(
            "`if` can't choose between streams: the graph is built once, before any data. \
             To choose records write `.filter(|x| …)` or `let (yes, no) = s.split(|x| …);`; \
             an `if` over each record goes inside a closure",
        )
    } else if input.peek(Token![match]) {
        Some(
            "`match` can't choose between streams: the graph is built once, before any data. \
             To choose records write `.filter_map(|x| match x { … })` or `.split(|x| …)`; \
             a `match` over each record goes inside a closure",
        )
    } else if input.peek(Token![while]) || input.peek(Token![loop]) {
        Some(
            "`while` and `loop` can't run over streams: the graph is built once, before any data, so it would \
             never see one arrive. To repeat operators a known number of times write \
             `for _ in 0..n { s = s.map(f); }`; a loop over each record goes inside a closure",
        )
    } else {
        None
    }
}

fn let_statement(
    input: ParseStream,
    attrs: Vec<Attribute>,
    refused: &mut Vec<Ident>,
    diag: &mut Diagnostics,
) -> syn::Result<Option<Statement>> {
    input.parse::<Token![let]>()?;
    let pat = Pat::parse_single(input)?;
    let before = refused.len();
    refused.extend(closure::bound(&pat));
    let annotation: Option<Type> = match input.parse::<Option<Token![:]>>()? {
        Some(_) => Some(input.parse()?),
        None => None,
    };
    if !input.peek(Token![=]) {
        diag.error(
            pat.span(),
            "a stream is made where it is bound: `let s = source(…);`, or `let s = t.map(…);`",
        );
        skip_statement(input);
        return Ok(None);
    }
    input.parse::<Token![=]>()?;
    if let Some(message) = control_structure(input) {
        let at = input.span();
        let _: Expr = input.parse()?;
        diag.error(at, message);
        return Ok(None);
    }
    let expr: Expr = input.parse()?;
    if input.peek(Token![else]) {
        diag.error(
            input.span(),
            "`let … else` can't be here: a binding is a stream, not a value. Leave out records that don't fit with `.filter_map(…)`",
        );
        skip_statement(input);
        return Ok(None);
    }
    end_of_statement(input)?;
    let tuple = matches!(pat, Pat::Tuple(_)).then(|| pat.span());
    let bindings = bindings(&pat, annotation.as_ref(), diag);
    let chain = chain(expr, diag);
    Ok(match (bindings, chain) {
        (Some(bindings), Some(chain)) => {
            refused.truncate(before);
            Some(Statement::Chain { attrs, bindings, tuple, chain })
        }
        _ => None,
    })
}

/// The names that a `let` binds, each with its annotation.
fn bindings(pat: &Pat, annotation: Option<&Type>, diag: &mut Diagnostics) -> Option<Vec<Binding>> {
    match pat {
        Pat::Tuple(tuple) => {
            let types: Vec<Option<&Type>> = match annotation {
                Some(Type::Tuple(types)) => types.elems.iter().map(Some).collect(),
                _ => Vec::new(),
            };
            let mut all = Vec::new();
            for (i, elem) in tuple.elems.iter().enumerate() {
                all.extend(bindings(elem, types.get(i).copied().flatten(), diag)?);
            }
            Some(all)
        }
        Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => {
            if let Some(m) = &p.mutability {
                diag.error(
                    m.span(),
                    "streams don't change: leave out `mut` (a `for` may still replace the stream)",
                );
            }
            let item = annotation.and_then(|t| stream_item(t, diag));
            Some(vec![Binding { name: Some(p.ident.clone()), item }])
        }
        Pat::Wild(_) => Some(vec![Binding { name: None, item: None }]),
        other => {
            diag.error(
                other.span(),
                "a `let` in a pipeline binds a stream to a name, or two to `(a, b)`: patterns take records apart, inside closures",
            );
            None
        }
    }
}

/// The `T` of `Stream<T>`.
fn stream_item(annotation: &Type, diag: &mut Diagnostics) -> Option<Type> {
    if let Type::Path(path) = annotation
        && let Some(last) = path.path.segments.last()
        && last.ident == "Stream"
        && let PathArguments::AngleBracketed(args) = &last.arguments
        && let Some(GenericArgument::Type(item)) = args.args.first()
        && args.args.len() == 1
    {
        return Some(item.clone());
    }
    diag.error(
        annotation.span(),
        "a stream's type is written `Stream<T>`, where `T` is the type of its records",
    );
    None
}

fn for_statement(attrs: Vec<Attribute>, f: syn::ExprForLoop, diag: &mut Diagnostics) -> Statement {
    let mut body = Vec::new();
    let mut others = Vec::new();
    for stmt in f.body.stmts {
        match stmt {
            Stmt::Expr(Expr::Assign(assign), _) => {
                let at = assign.left.span();
                let Some(target) = plain_name(&assign.left) else {
                    others.push(at);
                    continue;
                };
                // After an error in the chain the line still counts.
                let chain = chain(*assign.right, diag)
                    .unwrap_or_else(|| Chain { root: Root::Stream(target.clone()), calls: Vec::new() });
                body.push(Assign { target, chain });
            }
            other => others.push(other.span()),
        }
    }
    Statement::For { attrs, for_token: f.for_token.span(), pat: f.pat, range: f.expr, body, others }
}
