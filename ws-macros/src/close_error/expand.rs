//! Writes the implementation of `CloseError`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{DeriveInput, LitInt, Member, Type, parse_quote, spanned::Spanned};

use super::{
    describe::expand_closes,
    from_close::expand_from_close,
    model::{Case, CaseClose, Model, Reason},
};
use crate::names::{Names, locals, mixed};

// impl ::ws_runtime::CloseError for ItemError {
//     fn close(&self) -> Close { match self { Self::NoSession { .. } => .. } }
//     fn closes(__closes: &mut Closes) { .. }                 // only with the feature `describe`
//     fn transparent(self) -> Result<Error, Self> { .. }     // only if a case is
//     fn as_error(&self) -> Option<&(dyn Error + 'static)> { (&&Sourced(self)).__as_error() }
// }
pub(super) fn expand(names: &Names, model: &Model<'_>) -> TokenStream {
    let (close, transparent) = (expand_close(names, model), expand_transparent(names, model));
    let (closes, as_error) = (expand_closes(names, model), expand_as_error(names, model));
    let from_close = expand_from_close(names, model);
    expand_impl(names, model.input, &quote!(#close #closes #from_close #transparent #as_error))
}

/// Expands after a mistake, so that `?` still finds an implementation.
pub(super) fn fallback(names: &Names, input: &DeriveInput) -> TokenStream {
    // An implementation for a type that borrows would be another mistake.
    if input.generics.lifetimes().next().is_some() {
        return TokenStream::new();
    }
    let span = mixed(input.ident.span());
    let close = names.close(span);
    expand_impl(names, input, &quote_spanned!(span=> fn close(&self) -> #close { ::core::unreachable!() }))
}

fn expand_impl(names: &Names, input: &DeriveInput, body: &TokenStream) -> TokenStream {
    let span = mixed(input.ident.span());
    let (name, close_error) = (&input.ident, names.close_error(span));
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        // These are the trait's requirements for the whole type. The derive cannot know what they mean for each parameter.
        generics.make_where_clause().predicates.push(parse_quote! {
            Self: ::core::fmt::Debug + ::core::fmt::Display + ::core::marker::Send + ::core::marker::Sync + 'static
        });
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {span=>
        #[allow(deprecated)]
        #[automatically_derived]
        impl #impl_generics #close_error for #name #ty_generics #where_clause {
            #body
        }
    }
}

fn expand_close(names: &Names, model: &Model<'_>) -> TokenStream {
    let span = mixed(model.input.ident.span());
    let (close, private) = (names.close(span), names.private(span));
    let has_transparent = model.cases.iter().any(Case::is_transparent);
    let probes = has_transparent
        .then(|| quote_spanned!(span=> use #private::{TransparentClose as _, TransparentFallback as _};));
    let arms = model.cases.iter().map(|case| expand_arm(names, case, model));
    // An enum without variants can only be matched by value.
    let scrutinee =
        if model.cases.is_empty() { quote_spanned!(span=> *self) } else { quote_spanned!(span=> self) };
    quote_spanned! {span=>
        fn close(&self) -> #close {
            #probes
            match #scrutinee { #(#arms)* }
        }
    }
}

// Self::NoSession { .. } => close_display(close_code!(1008), self),
fn expand_arm(names: &Names, case: &Case<'_>, model: &Model<'_>) -> TokenStream {
    let span = mixed(model.input.ident.span());
    let path = case.path();
    match &case.close {
        CaseClose::Transparent { member, ty } => {
            // The inner error may have a close of its own, or only a handler. The runtime finds out.
            let (inner, private) = (locals::inner(ty.span()), names.private(span));
            quote_spanned!(span=> #path { #member: #inner } => (&&#private::Transparent(#inner)).__close(),)
        }
        CaseClose::Code { code, reason, status } => {
            let close = expand_code(names, code, reason, status.as_ref());
            quote_spanned!(span=> #path { .. } => #close,)
        }
    }
}

fn expand_code(names: &Names, code: &LitInt, reason: &Reason, status: Option<&LitInt>) -> TokenStream {
    let span = mixed(code.span());
    let (close, private, close_code) = (names.close(span), names.private(span), names.close_code(span));
    let built = match reason {
        Reason::Fixed => quote_spanned!(span=> #close::internal_error()),
        Reason::Display => quote_spanned!(span=> #private::close_display(#close_code!(#code), self)),
        Reason::Literal(text) => quote_spanned!(span=> #close::new(#close_code!(#code), #text)),
    };
    match status {
        Some(status) => quote_spanned!(span=> #built.with_status(#private::status(#status))),
        None => built,
    }
}

/// The type usually implements `Error`, but need not. The runtime finds out.
fn expand_as_error(names: &Names, model: &Model<'_>) -> TokenStream {
    let span = mixed(model.input.ident.span());
    let private = names.private(span);
    quote_spanned! {span=>
        fn as_error(&self) -> ::core::option::Option<&(dyn ::core::error::Error + 'static)> {
            use #private::{AsError as _, AsErrorFallback as _};
            (&&#private::Sourced(self)).__as_error()
        }
    }
}

// fn transparent(self) -> Result<Error, Self> {
//     match self { Self::Socket { 0: __inner } => Ok(<Error as From<_>>::from(__inner)), __other => Err(__other) }
// }
fn expand_transparent(names: &Names, model: &Model<'_>) -> Option<TokenStream> {
    let span = mixed(model.input.ident.span());
    let arms: Vec<TokenStream> = model
        .cases
        .iter()
        .filter_map(|case| match &case.close {
            CaseClose::Transparent { member, ty } => Some(expand_hand_over(names, &case.path(), member, ty)),
            CaseClose::Code { .. } => None,
        })
        .collect();
    if arms.is_empty() {
        return None;
    }
    let error = names.error(span);
    let other = Ident::new("__other", span);
    let rest = (arms.len() < model.cases.len())
        .then(|| quote_spanned!(span=> #other => ::core::result::Result::Err(#other),));
    Some(quote_spanned! {span=>
        fn transparent(self) -> ::core::result::Result<#error, Self> {
            match self { #(#arms)* #rest }
        }
    })
}

fn expand_hand_over(names: &Names, path: &TokenStream, member: &Member, ty: &Type) -> TokenStream {
    // An inner error without a close is reported at the field's type.
    let span = mixed(ty.span());
    let (inner, error) = (locals::inner(ty.span()), names.error(span));
    let from = quote_spanned!(ty.span()=> <#error as ::core::convert::From<_>>::from);
    quote_spanned! {span=>
        #path { #member: #inner } => ::core::result::Result::Ok(#from(#inner)),
    }
}

impl Case<'_> {
    fn is_transparent(&self) -> bool {
        matches!(self.close, CaseClose::Transparent { .. })
    }

    pub(super) fn path(&self) -> TokenStream {
        let variant = self.variant.into_iter();
        quote!(Self #(::#variant)*)
    }
}
