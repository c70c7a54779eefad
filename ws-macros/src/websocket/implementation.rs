//! `#[websocket(shared::item(id))]`, which implements a contract.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Attribute, Expr, ExprCall, ExprPath, LitStr, PatType, Path, spanned::Spanned};

use super::{
    describe::expand_describe_implementation,
    expand::{
        expand_begin, expand_call, expand_marker, expand_needs, expand_options, expand_requirements,
        expand_supply, marker_name, nest,
    },
    model::{Origin, Route},
    options::OPTIONS,
    path::{PathParam, RoutePath},
};
use crate::{
    endpoint_fn::param_name,
    errors::Errors,
    list::as_ident,
    names::{locals, mixed, unraw},
    place::Place,
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

// struct item {}
// type __item_contract = shared::item;
// impl item { const fn __contract() -> Implemented<impl Contract> { .. } }
// impl Endpoint for item {
//     fn route() -> Route { Implemented::route::<Self>(&item::__contract(), "item", ..) .. }
//     async fn run(mut __cx: Extraction, __upgrade: Upgrade) -> Outcome {
//         const __NAMED: bool = Implemented::has_parameters(&item::__contract(), &["id"]);
//         const _: () = assert!(__NAMED, "..");
//         Extraction::validate(&mut __cx, &Parameter::<State<Db>>::of());
//         let __read = Reading::<__item_contract, __NAMED>::NEW.__read(&mut __cx).await?;
//         let (__arg0,) = same_messages::<WebSocket, _, _>(__read);
//         ..
//     }
// }
pub(super) fn expand_implementation(route: &Route<'_>, implemented: &Implemented) -> TokenStream {
    let names = route.names;
    let span = mixed(route.function.name().span());
    let (name, shared, marker) = (
        marker_name(route.function),
        route.function.shared_attrs(),
        expand_marker(route.function, &TokenStream::new()),
    );
    let (endpoint, route_ty, private) = (names.endpoint(span), names.route(span), names.private(span));
    let (extraction, upgrade_ty, outcome) =
        (names.extraction(span), names.upgrade(span), names.outcome(span));
    let (cx, upgrade) = (locals::cx(span), locals::upgrade(span));
    let place = route.function.name().span();
    let place = quote_spanned!(place=> ::core::module_path!(), ::core::file!(), ::core::line!());
    let (requirements, options) = (expand_requirements(route), expand_options(route));
    let needs = expand_needs(names, &route.params, span);
    let numbered = || route.params.iter().enumerate();
    let beginnings = numbered().filter_map(|(index, param)| expand_begin(names, index, param));
    let supplies = numbered().filter_map(|(index, param)| expand_supply(names, index, param));
    let (function_name, call) = (unraw(route.function.name()), expand_call(route, span));
    let (is_named, check) = expand_check(route, implemented, &name);
    let contract_ty = format_ident!("__{function_name}_contract", span = span);
    let contract = expand_contract(route, implemented, &contract_ty);
    let read = expand_read(route, implemented, &contract_ty, &is_named);
    let described = expand_describe_implementation(route, &name, span);
    quote_spanned! {span=>
        #marker
        #contract
        #shared
        #[allow(deprecated)]
        #[automatically_derived]
        impl #endpoint for #name {
            fn route() -> #route_ty {
                #needs
                #private::Implemented::route::<Self>(&#name::__contract(), #function_name, #place) #requirements #options
            }
            #described
            async fn run(mut #cx: #extraction, #upgrade: #upgrade_ty) -> #outcome {
                #check
                use #private::ReadsContract as _;
                #needs
                #(#beginnings)*
                #read
                #(#supplies)*
                #call
            }
        }
    }
}

// type __item_contract = shared::item;
// impl item { const fn __contract() -> Implemented<impl Contract> { return Implemented::<__item_contract>::new(); } }
//
// The path is named once, and what is no contract is reported once: the other code sees an opaque type. rustc adds the type of
// the value to that report, unless it is returned by a statement.
fn expand_contract(route: &Route<'_>, implemented: &Implemented, contract: &Ident) -> TokenStream {
    let (path, place) = (&implemented.path, Place::of(&implemented.path));
    let span = mixed(place.first);
    let (name, shared, names) = (marker_name(route.function), route.function.shared_attrs(), route.names);
    let (private, bound) = (names.private(place.first), place.ended(names.contract(place.first)));
    let new = place
        .call(&quote_spanned!(place.first=> #private::Implemented::<#contract>::new), &TokenStream::new());
    let opaque = quote_spanned!(place.first=> impl #bound);
    let returned = place.ended(quote_spanned!(place.first=> #private::Implemented<#opaque>));
    let new = quote_spanned!(place.first=> return #new;);
    quote_spanned! {span=>
        #shared
        #[allow(deprecated, non_camel_case_types)]
        type #contract = #path;
        #shared
        #[allow(clippy::needless_return)]
        #[automatically_derived]
        impl #name {
            const fn __contract() -> #returned {
                #new
            }
        }
    }
}

// const __NAMED: bool = Implemented::has_parameters(&item::__contract(), &["id"]);
// const _: () = assert!(__NAMED, "..");
fn expand_check(route: &Route<'_>, implemented: &Implemented, name: &Ident) -> (Ident, TokenStream) {
    let place = Place::of(&implemented.path);
    let span = mixed(place.first);
    let (private, is_named) = (route.names.private(span), Ident::new("__NAMED", span));
    let params: Vec<_> = implemented.params.iter().map(unraw).collect();
    let message = format!(
        "the contract has other parameters than `({})`; name all of them, in their order",
        params.join(", ")
    );
    let assert = place
        .call(&quote_spanned!(place.first=> ::core::assert!), &quote_spanned!(span=> #is_named, #message));
    let check = quote_spanned! {span=>
        const #is_named: bool = #private::Implemented::has_parameters(&#name::__contract(), &[#(#params),*]);
        const _: () = #assert;
    };
    (is_named, check)
}

// let __read = Reading::<__item_contract, __NAMED>::NEW.__read(&mut __cx).await?;
// let (__arg0,) = same_messages::<WebSocket, _, _>(__read);
fn expand_read(
    route: &Route<'_>,
    implemented: &Implemented,
    contract: &Ident,
    is_named: &Ident,
) -> TokenStream {
    let span = mixed(route.function.name().span());
    let args: Vec<_> = implemented.params.iter().map(|param| read_into(route, param, span)).collect();
    let (args, connection) = (nest(&args), &route.connection.ty);
    let (cx, read, private) = (locals::cx(span), locals::read(span), route.names.private(span));
    let connection_at = mixed(connection.span());
    let same_messages = route.names.private(connection_at);
    let same_messages =
        quote_spanned!(connection_at=> #same_messages::same_messages::<#connection, _, _>(#read));
    quote_spanned! {span=>
        let #read = #private::Reading::<#contract, #is_named>::NEW.__read(&mut #cx).await?;
        let #args = #same_messages;
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
