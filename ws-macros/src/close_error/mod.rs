//! `#[derive(CloseError)]`: parse, resolve, expand. After a mistake, it emits a placeholder implementation.

mod attr;
mod describe;
mod expand;
mod from_close;
mod model;
mod resolve;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

pub(crate) use self::attr::check_code;
use self::{
    expand::{expand, fallback},
    resolve::resolve,
};
use crate::errors::Errors;

/// Runs all stages.
pub(crate) fn close_error(input: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(input) = errors.take(syn::parse2::<DeriveInput>(input), "derive on an enum or a struct") else {
        return errors.with(TokenStream::new());
    };
    if let Data::Union(data) = &input.data {
        let message = "`CloseError` cannot be derived for unions";
        errors.push(data.union_token, message, "make it an enum, whose variants have close codes");
        return errors.with(TokenStream::new());
    }
    let (names, model) = resolve(&input, &mut errors);
    let implementation = match &model {
        Some(model) if errors.is_empty() => expand(&names, model),
        _ => fallback(&names, &input),
    };
    let editor = &errors.editor;
    let expanded = quote!(#editor #implementation);
    errors.with(expanded)
}
