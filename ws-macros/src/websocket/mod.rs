//! `#[websocket]`, and `#[dependency]`, whose parameters are the same: parse, resolve, expand. After a mistake, it emits the function and a placeholder for its endpoint.

mod args;
mod captures;
mod constraints;
mod contract;
mod dependency;
pub(crate) mod describe;
mod expand;
mod fallback;
mod forms;
mod helpers;
mod implementation;
mod model;
mod number;
mod option_texts;
mod options;
mod params;
mod path;
mod request;
mod resolve;
mod wire;

use proc_macro2::TokenStream;
use quote::quote;

use self::{
    args::Args, captures::reconcile, expand::expand, fallback::fallback,
    implementation::expand_implementation, resolve::resolve,
};
pub(crate) use self::{contract::contract, dependency::dependency, options::as_array};
use crate::{endpoint_fn::EndpointFn, errors::Errors};

/// Runs all stages.
pub(crate) fn websocket(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(mut function) = EndpointFn::parse(item.clone(), "websocket", &mut errors) else {
        return errors.with(item);
    };
    let mut args = Args::parse(args, &mut errors);
    if let (Some(path), None) = (&mut args.path, &args.implements) {
        reconcile(&mut function, path, &mut errors);
    }
    let endpoint = match resolve(&args, &function, &mut errors) {
        Some(route) if errors.is_empty() => match &args.implements {
            Some(implemented) => expand_implementation(&route, implemented),
            None => expand(&route),
        },
        _ => fallback(&args.names, &function),
    };
    let editor = &errors.editor;
    let expanded = quote!(#function #editor #endpoint);
    errors.with(expanded)
}
