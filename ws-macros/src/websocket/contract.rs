//! `#[contract]`, which declares an endpoint, and `#[websocket(shared::item(id))]`, which implements it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Attribute, Expr, ExprCall, ExprPath, LitStr, PatType, Path, ReturnType, Type, spanned::Spanned};

use super::{
    args::Args,
    captures::reconcile,
    describe::{expand_describe_contract, expand_describe_implementation},
    expand::{
        expand_begin, expand_call, expand_marker, expand_needs, expand_options, expand_readings,
        expand_requirements, expand_supply, marker_name, nest,
    },
    model::{Origin, Route},
    options::OPTIONS,
    path::{PathParam, RoutePath},
    request::expand_request,
    resolve::resolve_contract,
};
use crate::{
    endpoint_fn::{EndpointFn, param_name},
    errors::Errors,
    list::as_ident,
    names::{locals, mixed, unraw},
};

/// The contract that an endpoint implements: `shared::item(id, q)`.
pub(super) struct Implemented {
    pub(super) path: Path,
    params: Vec<Ident>,
}

impl Implemented {
    /// Returns the contract that a value names, if it can be one.
    pub(super) fn of(value: &Expr) -> Option<Self> {
        let (path, params) = match value {
            Expr::Call(ExprCall { func, args, .. }) => {
                let params = args.iter().map(|arg| as_ident(arg).cloned()).collect::<Option<Vec<_>>>()?;
                (plain_path(func)?, params)
            }
            // A single word is more likely a route path without its quotes, or an option that is being typed.
            value => (plain_path(value).filter(|path| path.segments.len() > 1)?, Vec::new()),
        };
        let last = &path.segments.last()?.ident;
        let is_option =
            path.segments.len() == 1 && (OPTIONS.find(last).is_some() || OPTIONS.knows_as_alias(last));
        // A constant is meant as the route path.
        let is_function = last.to_string().chars().any(char::is_lowercase);
        (is_function && !is_option).then(|| Self { path: path.clone(), params })
    }

    /// Returns the parameters as if a path contained them, so that the rest is resolved in the same way.
    pub(super) fn as_route_path(&self) -> RoutePath {
        let name = unraw(&self.path.segments[self.path.segments.len() - 1].ident);
        let params = self.params.iter().map(|param| PathParam { name: unraw(param), takes_rest: false });
        RoutePath { literal: LitStr::new(&name, self.path.span()), params: params.collect() }
    }
}

fn plain_path(value: &Expr) -> Option<&Path> {
    match value {
        Expr::Path(ExprPath { qself: None, path, .. }) => Some(path),
        Expr::Group(group) => plain_path(&group.expr),
        _ => None,
    }
}

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
        Some(route) if errors.is_empty() => expand_contract(&route),
        _ => expand_marker(&function, &TokenStream::new()),
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

/// Reports what belongs to the contract.
pub(super) fn check_implementation(route: &Route<'_>, errors: &mut Errors) {
    for ((param, helpers), resolved) in route.function.params().zip(&route.params) {
        if let (Origin::Text { .. }, Some(helper)) = (&resolved.origin, helpers.first()) {
            let name = param.pat.to_token_stream();
            let help = format!("declare it there, and name it here: `(.., {name})`");
            errors.push(helper, format!("parameter `{name}` is not in the contract"), help);
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
fn expand_contract(route: &Route<'_>) -> TokenStream {
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

// struct item {}
// impl Endpoint for item {
//     fn route() -> Route { Route::of_contract::<Self, shared::item>("item", ..) .. }
//     async fn run(mut __cx: Extraction, __upgrade: Upgrade) -> Outcome {
//         const { assert!(same_parameters(<shared::item as Contract>::PARAMETERS, &["id"])); same_messages::<..>() }
//         Extraction::validate(&mut __cx, &Parameter::<State<Db>>::of());
//         let (__arg0,) = <shared::item as Declares<_, _>>::read(&mut __cx).await?;
//         ..
//     }
// }
pub(super) fn expand_implementation(route: &Route<'_>, implemented: &Implemented) -> TokenStream {
    let names = route.names;
    let span = mixed(route.function.name().span());
    let at = mixed(implemented.path.span());
    let (name, shared, marker) = (
        marker_name(route.function),
        route.function.shared_attrs(),
        expand_marker(route.function, &TokenStream::new()),
    );
    let (endpoint, route_ty, contract_trait) = (names.endpoint(span), names.route(span), names.contract(at));
    let (extraction, upgrade_ty, outcome) =
        (names.extraction(span), names.upgrade(span), names.outcome(span));
    let (cx, upgrade, private) = (locals::cx(span), locals::upgrade(span), names.private(at));
    let place = route.function.name().span();
    let place = quote_spanned!(place=> ::core::module_path!(), ::core::file!(), ::core::line!());
    let (requirements, options) = (expand_requirements(route), expand_options(route));
    let needs = expand_needs(names, &route.params, span);
    let numbered = || route.params.iter().enumerate();
    let beginnings = numbered().filter_map(|(index, param)| expand_begin(names, index, param));
    let supplies = numbered().filter_map(|(index, param)| expand_supply(names, index, param));
    let args: Vec<_> = implemented.params.iter().map(|param| read_into(route, param, span)).collect();
    let args = nest(&args);
    let taken = implemented.params.iter().map(unraw);
    let (contract, function_name) = (&implemented.path, unraw(route.function.name()));
    let connection = &route.connection.ty;
    let connection_at = mixed(connection.span());
    let same_messages = names.private(connection_at);
    let same_messages =
        quote_spanned!(connection_at=> #same_messages::same_messages::<#contract, #connection, _, _>());
    let call = expand_call(route, span);
    let described = expand_describe_implementation(route, contract, span);
    let message = format!(
        "the contract has other parameters than `({})`; name all of them, in their order",
        implemented.params.iter().map(unraw).collect::<Vec<_>>().join(", ")
    );
    let check = quote_spanned! {at=>
        const _: () = ::core::assert!(
            #private::same_parameters(<#contract as #contract_trait>::PARAMETERS, &[#(#taken),*]),
            #message
        );
    };
    quote_spanned! {span=>
        #marker
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #endpoint for #name {
            fn route() -> #route_ty {
                #needs
                #route_ty::of_contract::<Self, #contract>(#function_name, #place) #requirements #options
            }
            #described
            async fn run(mut #cx: #extraction, #upgrade: #upgrade_ty) -> #outcome {
                #check
                #same_messages;
                #needs
                #(#beginnings)*
                let #args = <#contract as #private::Declares<_, _>>::read(&mut #cx).await?;
                #(#supplies)*
                #call
            }
        }
    }
}

/// Returns the variable that the parameter of a contract becomes.
fn read_into(route: &Route<'_>, param: &Ident, span: Span) -> TokenStream {
    let name = |(param, _): (&PatType, &[Attribute])| param_name(param).map(|name| unraw(&name.ident));
    let index =
        route.function.params().position(|given| name(given).is_some_and(|name| name == unraw(param)));
    // `resolve` has reported a name that no parameter has.
    let at = route.params.get(index.unwrap_or_default()).map_or(span, |param| param.ty.span());
    locals::arg(index.unwrap_or_default(), at).to_token_stream()
}
