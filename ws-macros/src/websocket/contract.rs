//! `#[contract]`, which declares an endpoint.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{ReturnType, Type};

use super::{
    args::Args,
    captures::reconcile,
    describe::expand_describe_contract,
    expand::{expand_marker, expand_options, expand_readings, expand_requirements, marker_name, nest},
    model::{Origin, Route},
    request::expand_request,
    resolve::resolve_contract,
};
use crate::{
    endpoint_fn::{EndpointFn, param_name},
    errors::Errors,
    names::{Names, locals, mixed, unraw},
};

/// Runs all stages of `#[contract]`. There is no function in the expansion, because it has no body.
pub(crate) fn contract(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let Some(mut function) = EndpointFn::parse(item.clone(), "contract", &mut errors) else {
        return errors.with(item);
    };
    let mut args = Args::parse(args, &mut errors);
    if let Some(implemented) = args.implements.take() {
        errors.push(&implemented.path, "a contract has a route path", "`#[contract(\"/items/<id>/ws\")]`");
    }
    if let Some(path) = &mut args.path {
        reconcile(&mut function, path, &mut errors);
    }
    let declared = match resolve_contract(&args, &function, &mut errors) {
        Some(route) if errors.is_empty() => expand_declaration(&route),
        _ => fallback(&args.names, &function),
    };
    errors.with(declared)
}

/// Reports what belongs to the crate that implements a contract.
pub(super) fn check_contract(route: &Route<'_>, errors: &mut Errors) {
    for ((param, _), resolved) in route.function.params().zip(&route.params) {
        if let Origin::Depends(function) = &resolved.origin {
            let help = format!(
                "move `{}` to the function that implements the contract",
                param.pat.to_token_stream()
            );
            errors.push(function, "a contract depends on no function", help);
        }
    }
}

// struct item { .. }
// impl Contract for item {
//     const PATH: &'static str = "/items/<id>/ws";
//     const PARAMETERS: &'static [&'static str] = &["id"];
//     fn route(__route: Route) -> Route { __route.requires(..).subprotocols(..) }
// }
// impl Declares<WebSocket, (u64,)> for item {
//     async fn read(mut __cx: &mut Extraction) -> Result<(u64,), Error> { .. Ok((__arg0,)) }
// }
fn expand_declaration(route: &Route<'_>) -> TokenStream {
    let names = route.names;
    let span = mixed(route.function.name().span());
    let (name, shared) = (marker_name(route.function), route.function.shared_attrs());
    let (contract, route_ty, private) = (names.contract(span), names.route(span), names.private(span));
    let own_route = quote_spanned!(span=> #route_ty::unimplemented::<Self>());
    let request = expand_request(route, &name, &own_route);
    let marker = expand_marker(route.function, &request.fields);
    let impls = &request.impls;
    let path = &route.path.literal;
    let param_names =
        route.function.params().zip(&route.params).map(|((param, _), _)| {
            param_name(param).map_or_else(|| "_".to_owned(), |name| unraw(&name.ident))
        });
    let types: Vec<_> = route.params.iter().map(|param| param.ty.to_token_stream()).collect();
    let args: Vec<_> =
        (0..route.params.len()).map(|index| locals::arg(index, span).to_token_stream()).collect();
    let (types, args) = (nest(&types), nest(&args));
    let (requirements, options) = (expand_requirements(route), expand_options(route));
    let (given, cx, extraction, error) =
        (Ident::new("__route", span), locals::cx(span), names.extraction(span), names.error(span));
    let readings = expand_readings(route, span);
    // Nothing else names the type that the declaration returns, and its `use` would be unused.
    let returned = match &route.function.sig.output {
        ReturnType::Type(_, ty) if !matches!(**ty, Type::ImplTrait(_) | Type::Never(_)) => {
            let phantom = quote_spanned!(span=> ::core::marker::PhantomData);
            Some(quote_spanned!(span=> const _: #phantom<#ty> = #phantom;))
        }
        _ => None,
    };
    let connection = &route.connection.ty;
    let described = expand_describe_contract(route, span);
    quote_spanned! {span=>
        #marker
        #impls
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #contract for #name {
            const PATH: &'static ::core::primitive::str = #path;
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[#(#param_names),*];
            fn route(#given: #route_ty) -> #route_ty {
                #returned
                #given #requirements #options
            }
            #described
        }
        #shared
        #[allow(deprecated, clippy::unused_async)]
        #[automatically_derived]
        impl #private::Declares<#connection, #types> for #name {
            async fn read(mut #cx: &mut #extraction) -> ::core::result::Result<#types, #error> {
                #readings
                ::core::result::Result::Ok(#args)
            }
        }
    }
}

// After a mistake, code that names the contract still compiles.
fn fallback(names: &Names, function: &EndpointFn) -> TokenStream {
    let span = mixed(function.name().span());
    let (name, shared) = (marker_name(function), function.shared_attrs());
    let marker = expand_marker(function, &TokenStream::new());
    let (contract, route) = (names.contract(span), names.route(span));
    quote_spanned! {span=>
        #marker
        #shared
        #[automatically_derived]
        impl #contract for #name {
            const PATH: &'static ::core::primitive::str = "";
            const PARAMETERS: &'static [&'static ::core::primitive::str] = &[".."];
            fn route(_: #route) -> #route {
                ::core::unreachable!()
            }
        }
    }
}
