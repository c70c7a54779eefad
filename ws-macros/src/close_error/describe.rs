//! Writes the closes that a type declares, for `App::describe` (feature `describe`).

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Attribute, LitStr, Meta, parse::ParseStream};

use super::model::{Case, CaseClose, Model, Reason};
use crate::{
    features::has_descriptions,
    names::{Names, locals, mixed},
    websocket::describe::docs,
};

// fn closes(__closes: &mut Closes) {
//     use __private::described::*;
//     __closes.push(CloseDescription::new(close_code!(1008)).variant("NoSession").template("no session").docs(docs(&[..])));
//     (&&Failing::<SocketError>::NEW).__closes().add_to(__closes);
// }
pub(super) fn expand_closes(names: &Names, model: &Model<'_>) -> Option<TokenStream> {
    if !has_descriptions() {
        return None;
    }
    let span = mixed(model.input.ident.span());
    let (closes_ty, closes, private) = (names.closes(span), locals::closes(span), names.private(span));
    let has_transparent = model.cases.iter().any(|case| matches!(case.close, CaseClose::Transparent { .. }));
    let probes = has_transparent.then(|| quote_spanned!(span=> use #private::described::*;));
    let cases = model.cases.iter().map(|case| describe_case(names, case, model));
    Some(quote_spanned! {span=>
        fn closes(#closes: &mut #closes_ty) {
            #probes
            #(#cases)*
        }
    })
}

fn describe_case(names: &Names, case: &Case<'_>, model: &Model<'_>) -> TokenStream {
    let span = mixed(model.input.ident.span());
    let (closes, private) = (locals::closes(span), names.private(span));
    let (code, reason, status) = match &case.close {
        CaseClose::Transparent { ty, .. } => {
            return quote_spanned!(span=> (&&#private::Failing::<#ty>::NEW).__closes().add_to(#closes););
        }
        CaseClose::Code { code, reason, status } => (code, reason, status),
    };
    let close_code = names.close_code(span);
    let variant = case.variant.map(|name| {
        let name = crate::names::unraw(name);
        quote_spanned!(span=> .variant(#name))
    });
    let reason = match reason {
        Reason::Fixed => Some(quote_spanned!(span=> .internal())),
        Reason::Literal(text) => Some(quote_spanned!(span=> .reason(#text))),
        Reason::Display => template(case.attrs).map(|text| quote_spanned!(span=> .template(#text))),
    };
    let docs = docs(case.attrs);
    let docs = (!docs.is_empty()).then(|| quote_spanned!(span=> .docs(#private::docs(&[#(#docs),*]))));
    let status = status.as_ref().map(|status| quote_spanned!(span=> .status(#private::status(#status))));
    quote_spanned! {span=>
        #closes.push(#private::CloseDescription::new(#close_code!(#code)) #variant #reason #docs #status);
    }
}

/// Returns the format string in `#[error("..")]`, by which `thiserror` implements `Display`.
fn template(attrs: &[Attribute]) -> Option<LitStr> {
    attrs.iter().filter(|attr| attr.path().is_ident("error")).find_map(|attr| match &attr.meta {
        Meta::List(list) => list
            .parse_args_with(|input: ParseStream<'_>| {
                let text: LitStr = input.parse()?;
                // What follows are values for the places.
                let _: TokenStream = input.parse()?;
                Ok(text)
            })
            .ok(),
        _ => None,
    })
}
