//! Checks the arguments against the function, reports every mistake, and returns a route only if there is none.

use super::{args::Args, model::Route, params::resolve_params};
use crate::{endpoint_fn::EndpointFn, errors::Errors, signature::check_signature};

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
