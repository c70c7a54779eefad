//! The helper attributes of parameters: `#[query]`, `#[cookie]`, `#[header]` with their keys, and `#[depends]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprPath, Ident, Lit, Meta, Path};

use super::{
    args::literal,
    constraints::resolve_constraints,
    model::{Origin, Source},
    wire::is_token,
};
use crate::{
    errors::Errors,
    list::{Entry, Key, Known, parse_list},
    names::unraw,
};

const KEYS: &[Key] = &[
    Key { name: "name", example: "name = \"page-size\"" },
    Key { name: "default", example: "default = 10" },
    Key { name: "ge", example: "ge = 1" },
    Key { name: "gt", example: "gt = 0" },
    Key { name: "le", example: "le = 100" },
    Key { name: "lt", example: "lt = 100" },
    Key { name: "multiple_of", example: "multiple_of = 5" },
    Key { name: "min_length", example: "min_length = 3" },
    Key { name: "max_length", example: "max_length = 50" },
    Key { name: "pattern", example: "pattern = \"^[a-z]+$\"" },
];

/// Resolves one helper attribute of the parameter `name`; anything but a helper attribute is a bug of the caller.
pub(super) fn resolve_helper(attr: &Attribute, name: Option<&Ident>, errors: &mut Errors) -> Option<Origin> {
    let (source, known) = match attr.path().get_ident()?.to_string().as_str() {
        "query" => (Source::Query, Known { noun: "key", place: " in `#[query]`", keys: KEYS }),
        "cookie" => (Source::Cookie, Known { noun: "key", place: " in `#[cookie]`", keys: KEYS }),
        "header" => (Source::Header, Known { noun: "key", place: " in `#[header]`", keys: KEYS }),
        _ => return resolve_depends(attr, errors).map(Origin::Depends),
    };
    let entries = parse_keys(attr, source, errors);
    let pairs = known.check(&entries, errors);
    let named = pairs.iter().find(|(key, _)| *key == "name").map(|(_, value)| *value);
    let wire_name = match named {
        Some(value) => explicit_name(value, source, errors),
        None => derived_name(name?, source, errors),
    };
    let constraints = resolve_constraints(&pairs, errors);
    Some(Origin::Text { source, wire_name: wire_name?, constraints })
}

fn parse_keys(attr: &Attribute, source: Source, errors: &mut Errors) -> Vec<Entry> {
    let helper = source.name();
    let mut entries = match &attr.meta {
        Meta::Path(_) => Vec::new(),
        Meta::List(list) => {
            parse_list(list.tokens.clone(), &format!("`#[{helper}(name = \"page\")]`"), errors)
        }
        Meta::NameValue(pair) => {
            let message = format!("`#[{helper}]` takes its keys in parentheses");
            errors.push(pair, message, format!("`#[{helper}(name = {})]`", quoted(&pair.value)));
            Vec::new()
        }
    };
    entries.retain(|entry| match entry {
        Entry::Value(value) if matches!(literal(value), Some(Lit::Str(_))) => {
            let help = format!("`#[{helper}(name = {})]`", quoted(value));
            errors.push(value, "expected `key = value`", help);
            false
        }
        _ => true,
    });
    entries
}

fn quoted(value: &Expr) -> String {
    match literal(value) {
        Some(Lit::Str(text)) => format!("{:?}", text.value()),
        _ => "\"..\"".to_owned(),
    }
}

fn explicit_name(value: &Expr, source: Source, errors: &mut Errors) -> Option<String> {
    let Some(Lit::Str(name)) = literal(value) else {
        errors.push(value, "key `name` needs a string literal", "`name = \"page-size\"`");
        return None;
    };
    let name = name.value();
    if name.is_empty() {
        errors.push(value, "name is empty", "remove `name` to use the parameter's own");
        return None;
    }
    if matches!(source, Source::Cookie | Source::Header) && !is_token(&name) {
        let message = format!("{} name `{name}` is not a token", source.name());
        errors.push(value, message, "use letters, digits and `-_.`, as RFC 9110, section 5.6.2, asks");
        return None;
    }
    // Header names compare without case (RFC 9110, section 5.1), and `http` keeps them in lower case.
    Some(if source == Source::Header { name.to_ascii_lowercase() } else { name })
}

fn derived_name(ident: &Ident, source: Source, errors: &mut Errors) -> Option<String> {
    let name = unraw(ident);
    let name = if source == Source::Header { name.replace('_', "-").to_ascii_lowercase() } else { name };
    let is_valid = match source {
        Source::Header => is_token(&name) && !name.starts_with('-'),
        Source::Cookie => is_token(&name),
        Source::Path | Source::Rest | Source::Query => true,
    };
    if !is_valid {
        let message = format!("`{ident}` would read the {} `{name}`", source.name());
        let meant = if name.is_ascii() { name.trim_start_matches('-') } else { ".." };
        errors.push(ident, message, format!("`#[{}(name = \"{meant}\")]`", source.name()));
        return None;
    }
    Some(name)
}

fn resolve_depends(attr: &Attribute, errors: &mut Errors) -> Option<Path> {
    const HELP: &str =
        "`#[depends(session)]`, with `async fn session(handshake: &Handshake) -> Result<T, E>`";
    let tokens = match &attr.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            errors.push(pair, "`#[depends]` takes its function in parentheses", HELP);
            return None;
        }
    };
    let entries = errors.scope(|errors| parse_list(tokens, HELP, errors))?;
    match entries.as_slice() {
        [] => errors.push(attr, "`#[depends]` needs a function", HELP),
        [Entry::Value(value)] => match function_path(value) {
            Some(function) => return Some(function.clone()),
            None => report_no_function(value, errors),
        },
        [Entry::Value(_), Entry::Value(second), ..] => {
            let help = "give each function a parameter, or call one from the other";
            errors.push(second, "`#[depends]` takes one function", help);
        }
        [Entry::Pair(key, _), ..] | [_, Entry::Pair(key, _), ..] => {
            errors.push(key, "`#[depends]` has no keys", HELP);
        }
    }
    None
}

fn function_path(value: &Expr) -> Option<&Path> {
    match value {
        Expr::Path(ExprPath { qself: None, path, .. }) => Some(path),
        Expr::Group(group) => function_path(&group.expr),
        _ => None,
    }
}

fn report_no_function(value: &Expr, errors: &mut Errors) {
    let help = match value {
        Expr::Call(call) => match function_path(&call.func) {
            Some(path) => {
                let path = quote::quote!(#path).to_string().replace(' ', "");
                format!("`#[depends({path})]`: the endpoint calls it with the handshake")
            }
            None => "name a function: `#[depends(session)]`".to_owned(),
        },
        _ => "name a function: `#[depends(session)]`".to_owned(),
    };
    errors.push(value, "`#[depends]` needs the name of a function", help);
}
