//! The placeholder for an endpoint after a mistake, so that `routes![item]` adds no error of its own.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::expand::{expand_marker, marker_name};
use crate::{
    endpoint_fn::EndpointFn,
    names::{Names, mixed},
};

// struct item {}
// impl ::ws_runtime::Endpoint for item { /* unreachable!() */ }
pub(super) fn fallback(names: &Names, function: &EndpointFn) -> TokenStream {
    // Neither a struct nor an impl is allowed inside the `impl` block that contains this function.
    if function.receiver().is_some() {
        return TokenStream::new();
    }
    let span = mixed(function.name().span());
    let marker = expand_marker(function, &TokenStream::new());
    let shared = function.shared_attrs();
    let (name, endpoint, route) = (marker_name(function), names.endpoint(span), names.route(span));
    let (extraction, upgrade, outcome) = (names.extraction(span), names.upgrade(span), names.outcome(span));
    quote_spanned! {span=>
        #marker
        #shared
        #[automatically_derived]
        impl #endpoint for #name {
            fn route() -> #route {
                ::core::unreachable!()
            }
            async fn run(_: #extraction, _: #upgrade) -> #outcome {
                ::core::unreachable!()
            }
        }
    }
}
