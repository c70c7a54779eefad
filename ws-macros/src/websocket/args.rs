//! The arguments of the attribute: the route path, and then the options.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Lit};

use super::{
    implementation::Implemented,
    options::{OPTIONS, as_array, check_option},
    path::RoutePath,
};
use crate::{
    errors::Errors,
    list::{Entry, as_ident, literal, parse_list},
    names::Names,
    text::only_text,
};

/// `"/items/<id>", subprotocols = ["chat"], crate = some::path`
#[derive(Default)]
pub(super) struct Args {
    /// `None` if the path has a mistake.
    pub(super) path: Option<RoutePath>,
    /// The contract in the place of the path. The path then has the parameters that the contract gives the function.
    pub(super) implements: Option<Implemented>,
    /// Known options with a plausible value, in the order in which they are written.
    pub(super) options: Vec<(Ident, Expr)>,
    pub(super) names: Names,
}

const PATH_HELP: &str = "`#[websocket(\"/items/<id>/ws\")]`";

/// Names that users give the path when they write it as a key.
const PATH_KEYS: [&str; 7] = ["path", "uri", "url", "route", "endpoint", "pattern", "at"];

impl Args {
    /// Parses as much as possible, so that what follows a mistake is still checked.
    pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let (unquoted, args) = take_unquoted_path(args);
        let mut entries = parse_list(args, PATH_HELP, errors);
        let implements = take_contract(&mut entries);
        let path = match unquoted {
            None if implements.is_some() => implements.as_ref().map(Implemented::as_route_path),
            Some(path) => {
                let help = format!("`#[websocket({:?})]`", spaceless(&path));
                errors.push(path, "route path must be a string literal", help);
                None
            }
            None => take_path(&mut entries, errors),
        };
        refuse_paths(&mut entries, errors);
        let mut parsed = Self { path, implements, ..Self::default() };
        for (key, value) in OPTIONS.check(&entries, errors) {
            if key == "crate" {
                parsed.names = Names::from_option(value, errors);
            } else if errors.scope(|errors| check_option(key, value, errors)).is_some() {
                parsed.options.push((key.clone(), value.clone()));
            }
        }
        parsed
    }
}

// `/items/<id>` without quotes is not an expression, and the arguments after its comma should still be read.
fn take_unquoted_path(args: TokenStream) -> (Option<TokenStream>, TokenStream) {
    let starts_with_slash = args
        .clone()
        .into_iter()
        .next()
        .is_some_and(|first| matches!(first, TokenTree::Punct(punct) if punct.as_char() == '/'));
    if !starts_with_slash {
        return (None, args);
    }
    let mut trees = args.into_iter();
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
    let path = trees.by_ref().take_while(|tree| !is_comma(tree)).collect();
    (Some(path), trees.collect())
}

fn spaceless(path: &TokenStream) -> String {
    let write = |tree: TokenTree| match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            format!("<{}>", spaceless(&group.stream()))
        }
        tree => tree.to_string().replace(' ', ""),
    };
    path.clone().into_iter().map(write).collect()
}

fn take_contract(entries: &mut Vec<Entry>) -> Option<Implemented> {
    let Some(Entry::Value(value)) = entries.first() else { return None };
    let implemented = Implemented::of(value)?;
    entries.remove(0);
    Some(implemented)
}

// The first value that is not an option without a value. The user meant it as the path, wherever it is.
fn take_path(entries: &mut Vec<Entry>, errors: &mut Errors) -> Option<RoutePath> {
    let is_path = |entry: &Entry| matches!(entry, Entry::Value(value) if is_no_option(value));
    let is_const = |entry: &Entry| matches!(entry, Entry::Value(value) if as_ident(value).is_some_and(|name| OPTIONS.find(name).is_none()));
    let index = entries.iter().position(is_path).or_else(|| entries.iter().position(is_const));
    let Some(index) = index else {
        let index = entries.iter().position(|entry| keyed_path(entry).is_some());
        let Some(index) = index else {
            errors.push_at(Span::call_site(), "expected a route path", PATH_HELP);
            return None;
        };
        return refuse_key(&entries.remove(index), errors);
    };
    let Entry::Value(value) = entries.remove(index) else { return None };
    let Some(Lit::Str(path)) = literal(&value) else {
        refuse_path(&value, errors);
        return None;
    };
    RoutePath::parse(path, errors)
}

fn is_no_option(value: &Expr) -> bool {
    let name = match value {
        Expr::Call(call) => as_ident(&call.func),
        Expr::Index(index) => as_ident(&index.expr),
        _ => as_ident(value),
    };
    match (name, value) {
        (Some(_), Expr::Path(_) | Expr::Group(_)) => false,
        (Some(name), _) => OPTIONS.find(name).is_none() && !OPTIONS.knows_as_alias(name),
        (None, _) => true,
    }
}

// `path = "/items"`, `path: "/items"`
fn keyed_path(entry: &Entry) -> Option<(&Ident, &Expr)> {
    match entry {
        Entry::Pair(key, Some(value)) | Entry::Unequal(key, _, Some(value)) => {
            PATH_KEYS.iter().any(|name| key == name).then_some((key, value))
        }
        _ => None,
    }
}

fn refuse_key(entry: &Entry, errors: &mut Errors) -> Option<RoutePath> {
    let (key, value) = keyed_path(entry)?;
    let Some(Lit::Str(path)) = literal(value) else {
        errors.push(key, "the route path has no key", PATH_HELP);
        return None;
    };
    errors.push(key, "the route path has no key", format!("`#[websocket({:?})]`", path.value()));
    // The rest is checked as if it were written without this.
    RoutePath::parse(path, errors)
}

fn refuse_path(value: &Expr, errors: &mut Errors) {
    let paths = as_array(value).map(|array| array.elems.iter().collect::<Vec<_>>());
    let paths = paths.or_else(|| match value {
        Expr::Tuple(tuple) => Some(tuple.elems.iter().collect()),
        _ => None,
    });
    if paths.is_some_and(|paths| paths.iter().all(|path| matches!(literal(path), Some(Lit::Str(_))))) {
        let help = "write one function for each route; both may call a third";
        return errors.push(value, "endpoint has one route path", help);
    }
    // `format!("/items")`, `"/items".to_owned()`, `&"/items"` and `b"/items"` contain the text to write.
    let help = match only_text(value.to_token_stream()) {
        Some(path) if path.starts_with('/') => format!("`#[websocket({path:?})]`"),
        _ => PATH_HELP.to_owned(),
    };
    errors.push(value, "route path must be a string literal", help);
}

fn refuse_paths(entries: &mut Vec<Entry>, errors: &mut Errors) {
    entries.retain(|entry| match entry {
        Entry::Value(value) if matches!(literal(value), Some(Lit::Str(_))) => {
            let help = "write one function for each route; both may call a third";
            errors.push(value, "endpoint has one route path", help);
            false
        }
        _ => true,
    });
}
