//! Checks the arguments against the function, reports every mistake, and returns a route only if there is none.

use super::{
    args::Args, contract::check_contract, implementation::check_implementation, model::Route,
    params::resolve_params,
};
use crate::{
    endpoint_fn::EndpointFn,
    errors::Errors,
    signature::{check_declaration, check_signature},
};

/// Every check runs before the first `?`.
pub(super) fn resolve<'a>(
    args: &'a Args,
    function: &'a EndpointFn,
    errors: &mut Errors,
) -> Option<Route<'a>> {
    if let Some(again) = &function.applied_again {
        errors.push(
            again,
            "endpoint already has a route",
            "write one function for each route; both may call a third",
        );
    }
    if function.is_unparsed() {
        return None;
    }
    check_signature(function, "endpoint", errors);
    let route = resolve_route(args, function, errors)?;
    if args.implements.is_some() {
        check_implementation(&route, errors);
    }
    Some(route)
}

/// Checks the signature of a declaration.
pub(super) fn resolve_contract<'a>(
    args: &'a Args,
    function: &'a EndpointFn,
    errors: &mut Errors,
) -> Option<Route<'a>> {
    if function.is_unparsed() {
        return None;
    }
    check_declaration(function, "contract", errors);
    let route = resolve_route(args, function, errors)?;
    check_contract(&route, errors);
    Some(route)
}

fn resolve_route<'a>(args: &'a Args, function: &'a EndpointFn, errors: &mut Errors) -> Option<Route<'a>> {
    let resolved = resolve_params(function, args.path.as_ref(), errors);
    let (params, connection) = resolved?;
    Some(Route {
        names: &args.names,
        function,
        path: args.path.as_ref()?,
        options: &args.options,
        params,
        connection,
    })
}
