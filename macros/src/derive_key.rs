//! `#[derive(Key)]`

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, GenericParam, Index, Path, Type, parse_quote};

pub fn derive(input: TokenStream) -> TokenStream {
    syn::parse2::<DeriveInput>(input).and_then(expand).unwrap_or_else(|e| e.to_compile_error())
}

fn expand(input: DeriveInput) -> syn::Result<TokenStream> {
    let krate = crate_path(&input)?;
    if let Some(lifetime) = input.generics.lifetimes().next() {
        return Err(syn::Error::new(
            lifetime.span(),
            "a key leaves its stage and is owned then: `#[derive(Key)]` is for types without lifetimes \
             (group by a tuple of borrowed parts, `(a, b)`, which becomes owned where it must)",
        ));
    }
    let body = match &input.data {
        Data::Struct(data) => {
            let fields = data.fields.iter().enumerate().map(|(i, field)| match &field.ident {
                Some(name) => write(&krate, &quote!(&key.#name), &field.ty),
                None => {
                    let index = Index::from(i);
                    write(&krate, &quote!(&key.#index), &field.ty)
                }
            });
            quote!(#(#fields)*)
        }
        Data::Enum(data) => {
            let arms = data.variants.iter().enumerate().map(|(i, variant)| {
                let name = &variant.ident;
                let index = u32::try_from(i).unwrap_or(u32::MAX);
                let names: Vec<_> = (0..variant.fields.len()).map(|n| format_ident!("field_{n}")).collect();
                let pattern = match &variant.fields {
                    Fields::Named(fields) => {
                        let idents = fields.named.iter().map(|f| &f.ident);
                        quote!({ #(#idents: #names),* })
                    }
                    Fields::Unnamed(_) => quote!((#(#names),*)),
                    Fields::Unit => quote!(),
                };
                let fields =
                    names.iter().zip(&variant.fields).map(|(n, f)| write(&krate, &quote!(#n), &f.ty));
                quote!(Self::#name #pattern => { out.variant(#index); #(#fields)* })
            });
            quote!(match key { #(#arms)* })
        }
        Data::Union(data) => return Err(syn::Error::new(data.union_token.span(), "a union can't be a key")),
    };
    let name = &input.ident;
    let mut generics = input.generics.clone();
    for param in &mut generics.params {
        if let GenericParam::Type(ty) = param {
            ty.bounds.push(parse_quote!(#krate::Key));
        }
    }
    let at = Span::call_site().located_at(name.span());
    let bounds = quote_spanned! {at=>
        Self: ::core::clone::Clone + ::core::cmp::Eq + ::core::marker::Send + 'static
    };
    generics.make_where_clause().predicates.push(parse_quote!(#bounds));
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #krate::Key for #name #type_generics #where_clause {
            type Owned = Self;
            type Slot = Self;
            type Memo = u64;
            type Probe<'p> = &'p Self where Self: 'p;

            fn probe(&self) -> &Self { self }
            fn same(probe: &&Self, slot: &Self) -> bool { *probe == slot }
            fn into_slot(self) -> Self { self }
            fn from_slot(slot: Self) -> Self { slot }
            fn write(key: &&Self, out: &mut #krate::rt::Canonical) { Self::write_slot(*key, out) }
            fn write_slot(key: &Self, out: &mut #krate::rt::Canonical) {
                let _ = &out;
                #body
            }
        }
    })
}

/// `#[key(crate = path)]`, for a renamed crate.
fn crate_path(input: &DeriveInput) -> syn::Result<Path> {
    let mut path = parse_quote!(::millstream);
    for attr in input.attrs.iter().filter(|a| a.path().is_ident("key")) {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("a key's only attribute is `#[key(crate = path::to::millstream)]`"));
            }
            path = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        })?;
    }
    Ok(path)
}

/// Appends one field's canonical bytes. A field that is no key is told so at its type.
fn write(krate: &Path, field: &TokenStream, ty: &Type) -> TokenStream {
    let at = Span::call_site().located_at(ty.span());
    quote_spanned!(at=> #krate::rt::write_key::<#ty>(#field, out);)
}
