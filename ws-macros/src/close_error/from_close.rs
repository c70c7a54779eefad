//! Writes how an error is recognized by its close, for clients that share the type with their server.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::{Data, spanned::Spanned};

use super::model::{Case, CaseClose, Model, Reason};
use crate::{
    features::has_requests,
    names::{Names, locals, mixed},
};

// fn from_close(__code: u16, __reason: &str) -> Option<Self> {
//     use __private::{InnerFallback as _, InnerFromClose as _};
//     let mut __found = __private::find_close(__code, __reason, [Self::NoSession {}, Self::Gone {}]);
//     __found = __found.or_else(|| (&&Inner::<Throttled>::NEW).__from_close(__code, __reason).map(|__inner| Self::Throttled { 0: __inner }));
//     __found
// }
pub(super) fn expand_from_close(names: &Names, model: &Model<'_>) -> Option<TokenStream> {
    if !has_requests() {
        return None;
    }
    let span = mixed(model.input.ident.span());
    let private = names.private(span);
    let local = |name: &str| Ident::new(name, span);
    let (code, reason) = (local("__code"), local("__reason"));
    let known = model.cases.iter().filter(|case| is_known(case, model)).map(Case::path);
    let known: Vec<_> = known.map(|path| quote_spanned!(span=> #path {})).collect();
    let inner: Vec<_> = model
        .cases
        .iter()
        .filter_map(|case| match &case.close {
            CaseClose::Transparent { member, ty } => {
                let (path, inner, at) = (case.path(), locals::inner(span), mixed(ty.span()));
                let probe = quote_spanned!(at=> (&&#private::Inner::<#ty>::NEW).__from_close(#code, #reason));
                Some(quote_spanned! {span=>
                    ::core::option::Option::map(#probe, |#inner| #path { #member: #inner })
                })
            }
            CaseClose::Code { .. } => None,
        })
        .collect();
    if known.is_empty() && inner.is_empty() {
        return None;
    }
    let found = quote_spanned!(span=> #private::find_close(#code, #reason, [#(#known),*]));
    let found = inner.into_iter().fold(
        found,
        |found, inner| quote_spanned!(span=> ::core::option::Option::or_else(#found, || #inner)),
    );
    let has_inner = model.cases.iter().any(|case| matches!(case.close, CaseClose::Transparent { .. }));
    let traits =
        has_inner.then(|| quote_spanned!(span=> use #private::{InnerFallback as _, InnerFromClose as _};));
    let (number, text) =
        (quote_spanned!(span=> ::core::primitive::u16), quote_spanned!(span=> ::core::primitive::str));
    Some(quote_spanned! {span=>
        fn from_close(#code: #number, #reason: &#text) -> ::core::option::Option<Self> {
            #traits
            #found
        }
    })
}

// A reason does not contain the values of fields, and that of 1011 is the same for all faults.
fn is_known(case: &Case<'_>, model: &Model<'_>) -> bool {
    let has_fields = match (&model.input.data, case.variant) {
        (Data::Enum(data), Some(name)) => {
            data.variants.iter().any(|variant| variant.ident == *name && !variant.fields.is_empty())
        }
        (Data::Struct(data), _) => !data.fields.is_empty(),
        _ => true,
    };
    !has_fields && matches!(&case.close, CaseClose::Code { reason: Reason::Display | Reason::Literal(_), .. })
}
