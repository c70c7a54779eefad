//! The arguments of the attribute: the route path, then options.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, ExprLit, Lit};

use super::{
    options::{OPTIONS, check_option},
    path::RoutePath,
};
use crate::{
    errors::Errors,
    list::{Entry, as_ident, parse_list},
    names::Names,
};

/// `"/items/<id>", protocols = ["chat"], crate = some::path`
#[derive(Default)]
pub(super) struct Args {
    /// None after a mistake in it.
    pub(super) path: Option<RoutePath>,
    /// Known options with a plausible value, in the order written.
    pub(super) options: Vec<(Ident, Expr)>,
    pub(super) names: Names,
}

const PATH_HELP: &str = "`#[websocket(\"/items/<id>/ws\")]`";

impl Args {
    /// Parses as much as possible, so that what follows a mistake is still checked.
    pub(super) fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        let mut entries = parse_list(args, PATH_HELP, errors);
        let path = take_path(&mut entries, errors);
        refuse_paths(&mut entries, errors);
        let mut parsed = Self { path, ..Self::default() };
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

// The first value that is not an option without a value; wherever it stands, the user meant it as the path.
fn take_path(entries: &mut Vec<Entry>, errors: &mut Errors) -> Option<RoutePath> {
    let is_path = |entry: &Entry| matches!(entry, Entry::Value(value) if as_ident(value).is_none());
    let is_const = |entry: &Entry| matches!(entry, Entry::Value(value) if as_ident(value).is_some_and(|name| OPTIONS.find(name).is_none()));
    let index = entries.iter().position(is_path).or_else(|| entries.iter().position(is_const));
    let Some(index) = index else {
        errors.push_at(Span::call_site(), "expected a route path", PATH_HELP);
        return None;
    };
    let Entry::Value(value) = entries.remove(index) else { return None };
    let Some(Lit::Str(path)) = literal(&value) else {
        errors.push(value, "route path must be a string literal", PATH_HELP);
        return None;
    };
    RoutePath::parse(path, errors)
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

/// The literal that an expression consists of, also if a macro passed it on as `$path:expr`.
pub(super) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
