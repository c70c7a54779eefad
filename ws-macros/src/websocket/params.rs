//! Resolves the parameters: each has one source, and the last one is the connection.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Meta, Pat, PatType, Type};

use super::{
    captures::{as_ident, written},
    helpers::resolve_helper,
    model::{Origin, Param, Source},
    path::RoutePath,
};
use crate::{
    endpoint_fn::{EndpointFn, param_name},
    errors::Errors,
    names::unraw,
    signature::{check_concrete, check_connection_type},
    text::tidy,
};

/// Returns the parameters before the connection, and the connection. `path` is `None` if it has a mistake.
pub(super) fn resolve_params<'a>(
    function: &'a EndpointFn,
    path: Option<&RoutePath>,
    errors: &mut Errors,
) -> Option<(Vec<Param<'a>>, &'a PatType)> {
    let mut params: Vec<_> = function.params().collect();
    for (param, _) in &params {
        check_attrs(param, errors);
    }
    let connection = take_connection(&mut params, path, function, errors);
    let resolved: Vec<_> = params
        .iter()
        .map(|(param, helpers)| errors.scope(|errors| resolve_param(param, helpers, path, errors)).flatten())
        .collect();
    let named = params.iter().filter_map(|(param, _)| param_name(param)).map(|name| &name.ident);
    check_path_is_read(path, named, function, errors);
    check_wire_names(&params, &resolved, errors);
    Some((resolved.into_iter().collect::<Option<_>>()?, connection?))
}

// The extraction is the same list in all builds, so a parameter cannot be conditional.
fn check_attrs(param: &PatType, errors: &mut Errors) {
    for attr in param.attrs.iter().filter(|attr| attr.path().is_ident("cfg")) {
        let help = "write one endpoint for each configuration, with `#[cfg]` on the function";
        errors.push(attr, "parameter cannot be conditional", help);
    }
}

/// Takes the last parameter as the connection, unless it is evidently something else.
fn take_connection<'a>(
    params: &mut Vec<(&'a PatType, &'a [Attribute])>,
    path: Option<&RoutePath>,
    function: &EndpointFn,
    errors: &mut Errors,
) -> Option<&'a PatType> {
    let is_candidate =
        |(param, helpers): &(&PatType, &[Attribute])| helpers.is_empty() && path_param(param, path).is_none();
    let last = params.last().copied();
    let is_last_fit = last.is_some_and(|last| is_candidate(&last));
    // The types only decide the wording of the error: if the last parameter is not a connection, there is one.
    let earlier = params[..params.len().saturating_sub(1)].iter().rposition(|param| {
        is_candidate(param)
            && if is_last_fit {
                is_called_connection(&param.0.ty)
                    && !last.is_some_and(|(last, _)| is_called_connection(&last.ty))
            } else {
                is_called_connection(&param.0.ty)
                    || param_name(param.0).is_some_and(|name| name.mutability.is_some())
            }
    });
    if let (Some(earlier), Some((last, _))) = (earlier, last) {
        let (connection, _) = params.remove(earlier);
        let help = format!("move `{}` behind `{}`", without_attrs(connection), without_attrs(last));
        errors.push(connection, "the connection is the last parameter", help);
        return None;
    }
    match last {
        Some((param, [])) if is_last_fit => {
            params.pop();
            let second = |(param, helpers): &(&PatType, &[Attribute])| {
                helpers.is_empty() && is_called_connection(&param.ty)
            };
            if let Some(index) = params.iter().position(second) {
                let (second, _) = params.remove(index);
                let help = "remove it: `ws.split()` makes a sender and a receiver of the last";
                errors.push(second, "an endpoint has one connection", help);
            }
            return errors.scope(|errors| check_connection(param, errors)).map(|()| param);
        }
        // A connection is used to receive and send, so it is `mut`. A value that is only read seldom is.
        Some((param, [helper, ..])) if param_name(param).is_some_and(|name| name.mutability.is_some()) => {
            errors.push(
                helper,
                "the connection has no source",
                "remove this attribute: the last parameter is the connection",
            );
            params.pop();
        }
        _ => {
            let help = if params.iter().any(is_candidate) {
                "the connection is the last parameter: move it there, or add `mut ws: WebSocket`"
            } else {
                "add `mut ws: WebSocket` as the last parameter"
            };
            errors.push_at(function.sig.paren_token.span.join(), "endpoint takes no connection", help);
        }
    }
    None
}

fn is_called_connection(ty: &Type) -> bool {
    let ty = match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|name| name.ident == "WebSocket" || name.ident == "Upgrade")
}

fn without_attrs(param: &PatType) -> String {
    format!("{}: {}", tidy(&param.pat), tidy(&param.ty))
}

// The runtime passes the connection on, and its parts do not outlive the call.
fn check_connection(param: &PatType, errors: &mut Errors) {
    if let Type::Reference(reference) = &*param.ty {
        let pattern = match param_name(param) {
            Some(name) => format!("mut {}", name.ident),
            None => tidy(&param.pat),
        };
        let help = format!("`{pattern}: {}`", tidy(&reference.elem));
        errors.push(&param.ty, "the connection is owned by its endpoint", help);
        return;
    }
    check_connection_type(&param.ty, errors);
}

fn path_param<'p>(param: &PatType, path: Option<&'p RoutePath>) -> Option<&'p super::path::PathParam> {
    let name = unraw(&param_name(param)?.ident);
    path?.params.iter().find(|in_path| in_path.name == name)
}

fn resolve_param<'a>(
    param: &'a PatType,
    helpers: &[Attribute],
    path: Option<&RoutePath>,
    errors: &mut Errors,
) -> Option<Param<'a>> {
    let name = param_name(param).map(|name| &name.ident);
    if name.is_none() && helpers.iter().any(|helper| !helper.path().is_ident("depends")) {
        report_unnamed(&param.pat, errors);
    }
    let in_path = path_param(param, path);
    // `#[path(ge = 1)]` bounds a parameter of the path, or names one that a prefix has.
    let (in_path, takes_rest) = match helpers.first() {
        Some(helper) if helper.path().is_ident("path") => {
            (None, in_path.is_some_and(|found| found.takes_rest))
        }
        _ => (in_path, false),
    };
    let sourced = in_path.is_some() || !helpers.is_empty();
    check_concrete(&param.ty, &param.pat.to_token_stream(), sourced, errors);
    if let (Some(in_path), Some(helper)) = (in_path, helpers.first()) {
        let message = format!("`{}` is already read from the path", in_path.name);
        let help = match &helper.meta {
            Meta::List(_) if !helper.path().is_ident("depends") => {
                "remove this attribute: its keys are for `#[query]` and the like, and a value in the path is checked by its type, or in the body"
            }
            _ => "remove this attribute, or the segment from the path",
        };
        errors.push(helper, message, help);
        return None;
    }
    if let Some(helper) = helpers.first().filter(|_| has_own_source(&param.ty)) {
        let message = format!("`{}` says by itself where it is read", tidy(&param.ty));
        errors.push(helper, message, "remove this attribute");
        return None;
    }
    if let [_, second, ..] = helpers {
        let name = param.pat.to_token_stream();
        errors.push(second, format!("parameter `{name}` has two sources"), "remove one of them");
    }
    let origin = match (in_path, helpers.first()) {
        (Some(in_path), _) => {
            let source = if in_path.takes_rest { Source::Rest } else { Source::Path };
            Origin::Text { source, wire_name: in_path.name.clone(), constraints: Vec::new() }
        }
        (None, Some(helper)) => resolve_helper(helper, name, &param.ty, errors)?,
        (None, None) => Origin::Handshake,
    };
    let origin = match origin {
        Origin::Text { source: Source::Path, wire_name, constraints } if takes_rest => {
            Origin::Text { source: Source::Rest, wire_name, constraints }
        }
        origin => origin,
    };
    Some(Param { ty: &param.ty, origin })
}

/// Returns the parameters of a dependency, which has no path of its own and no connection.
pub(super) fn resolve_dependency_params<'a>(
    function: &'a EndpointFn,
    errors: &mut Errors,
) -> Option<Vec<Param<'a>>> {
    let params: Vec<_> = function.params().collect();
    for (param, _) in &params {
        check_attrs(param, errors);
    }
    let resolved: Vec<_> = params
        .iter()
        .map(|(param, helpers)| {
            errors.scope(|errors| resolve_dependency_param(param, helpers, errors)).flatten()
        })
        .collect();
    check_wire_names(&params, &resolved, errors);
    resolved.into_iter().collect()
}

fn resolve_dependency_param<'a>(
    param: &'a PatType,
    helpers: &[Attribute],
    errors: &mut Errors,
) -> Option<Param<'a>> {
    if helpers.is_empty() && is_called_connection(&param.ty) {
        let help = "remove it: a dependency runs before the connection is accepted";
        errors.push(param, "a dependency takes no connection", help);
        return None;
    }
    if helpers.is_empty() && is_handshake(&param.ty) {
        return Some(Param { ty: &param.ty, origin: Origin::Request });
    }
    let Param { ty, origin } = resolve_param(param, helpers, None, errors)?;
    let origin = match (origin, param_name(param)) {
        (Origin::Text { source: Source::Path, wire_name, constraints }, _) => {
            Origin::Text { source: Source::InPath, wire_name, constraints }
        }
        (Origin::Handshake, Some(name)) if !has_own_source(ty) => Origin::Bare(unraw(&name.ident)),
        (origin, _) => origin,
    };
    Some(Param { ty, origin })
}

// `&Handshake`
fn is_handshake(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let Type::Path(path) = &*reference.elem else { return false };
    reference.mutability.is_none() && path.path.segments.last().is_some_and(|name| name.ident == "Handshake")
}

// Neither is read from a text. rustc would say so, but suggest changes that do not help.
fn has_own_source(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let last = path.path.segments.last();
    last.is_some_and(|last| (last.ident == "State" || last.ident == "Query") && !last.arguments.is_empty())
}

fn report_unnamed(pattern: &Pat, errors: &mut Errors) {
    if let Pat::Wild(wildcard) = pattern {
        errors.push(
            wildcard,
            "parameter must be named",
            "a name that starts with `_`, such as `_id`, may stay unused",
        );
    } else {
        errors.push(pattern, "parameter must be a plain name", "destructure it in the body");
    }
}

fn check_path_is_read<'n>(
    path: Option<&RoutePath>,
    named: impl Iterator<Item = &'n Ident>,
    function: &EndpointFn,
    errors: &mut Errors,
) {
    let Some(path) = path else { return };
    // A dependency may read what the endpoint does not.
    if function.params().any(|(_, helpers)| helpers.iter().any(|helper| helper.path().is_ident("depends"))) {
        return;
    }
    let named: Vec<String> = named.map(unraw).collect();
    for param in path.params.iter().filter(|param| !named.contains(&param.name)) {
        let name = &param.name;
        let ty = if param.takes_rest { "Vec<String>" } else { "T" };
        let help = format!("add `{}: {ty}` to `{}`", as_ident(name), function.name());
        errors.push(&path.literal, format!("no parameter named `{name}` for `{}`", written(param)), help);
    }
}

fn check_wire_names(
    params: &[(&PatType, &[Attribute])],
    resolved: &[Option<Param<'_>>],
    errors: &mut Errors,
) {
    let mut earlier: Vec<(Source, &str)> = Vec::new();
    for ((_, helpers), param) in params.iter().zip(resolved) {
        let Some(Param { origin: Origin::Text { source, wire_name, .. }, .. }) = param else { continue };
        let Some(helper) = helpers.first() else { continue };
        if earlier.contains(&(*source, wire_name)) {
            let message = format!("two parameters read {} `{wire_name}`", source.name());
            let help = match &helper.meta {
                Meta::List(_) => "give one another `name`, or remove it".to_owned(),
                _ => format!("`#[{}(name = \"..\")]`, or remove one", source.name()),
            };
            errors.push(helper, message, help);
        }
        earlier.push((*source, wire_name));
    }
}
