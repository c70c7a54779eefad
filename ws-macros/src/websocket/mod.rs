//! `#[websocket]`, and `#[dependency]`, whose parameters are the same: parse, resolve, expand. After a mistake, it emits the function and a placeholder for its endpoint.

mod args;
mod captures;
mod constraints;
mod dependency;
mod expand;
mod fallback;
mod forms;
mod helpers;
mod model;
mod number;
mod option_texts;
mod options;
mod params;
mod path;
mod resolve;
mod wire;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use self::dependency::dependency;
use self::{args::Args, captures::reconcile, expand::expand, fallback::fallback, resolve::resolve};
use crate::{endpoint_fn::EndpointFn, errors::Errors};

/// Runs all stages.
pub(crate) fn websocket(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(mut function) = EndpointFn::parse(item.clone(), "websocket", &mut errors) else {
        return errors.with(item);
    };
    let mut args = Args::parse(args, &mut errors);
    if let Some(path) = &mut args.path {
        reconcile(&mut function, path, &mut errors);
    }
    let endpoint = match resolve(&args, &function, &mut errors) {
        Some(route) if errors.is_empty() => expand(&route),
        _ => fallback(&args.names, &function),
    };
    let editor = &errors.editor;
    let expanded = quote!(#function #editor #endpoint);
    errors.with(expanded)
}
