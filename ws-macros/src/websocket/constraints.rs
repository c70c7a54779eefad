//! The keys that constrain a parameter, and contradictions between their literals.

use proc_macro2::Ident;
use syn::{Expr, Lit, LitStr, Type};

use super::{
    forms::{check_bound, check_default_form},
    model::Constraint,
    number::Number,
};
use crate::{errors::Errors, list::literal};

/// Converts the pairs of a helper attribute into constraints. `name` is not one of them.
pub(super) fn resolve_constraints(
    pairs: &[(&Ident, &Expr)],
    ty: &Type,
    errors: &mut Errors,
) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    let (mut default, mut required) = (None, None);
    for &(key, value) in pairs {
        match key.to_string().as_str() {
            "name" => {}
            "required" => {
                check_required(key, value, errors);
                required = Some(Constraint::Required(key.clone()));
            }
            "default" => {
                check_default_form(value, ty, errors);
                default = Some(Constraint::Default(key.clone(), value.clone()));
            }
            "pattern" => {
                constraints.extend(
                    check_pattern(key, value, errors)
                        .map(|pattern| Constraint::Pattern(key.clone(), pattern)),
                );
            }
            "min_length" | "max_length" => {
                check_length(key, value, errors);
                constraints.push(Constraint::Bound(key.clone(), value.clone()));
            }
            _ => {
                check_bound(key, value, ty, errors);
                constraints.push(Constraint::Bound(key.clone(), value.clone()));
            }
        }
    }
    check_contradictions(&Literals(pairs), errors);
    // This comes after the bounds, because it ends their chain.
    if let (Some(Constraint::Required(key)), Some(_)) = (&required, &default) {
        errors.push(key, "a parameter with a default is not required", "remove one of the two");
    }
    constraints.extend(default);
    constraints.extend(required);
    constraints
}

fn check_required(key: &Ident, value: &Expr, errors: &mut Errors) {
    if !matches!(literal(value), Some(Lit::Bool(value)) if value.value) {
        let help = "remove it: a parameter of type `Option<T>` may be absent, a `Vec<T>` may be empty, any other may not";
        errors.push(key, "`required` has no other value than `true`", help);
    }
}

fn check_length(key: &Ident, value: &Expr, errors: &mut Errors) {
    match Number::of(value) {
        Some(Number::Int(0..)) => {}
        Some(Number::Int(_)) => {
            errors.push(value, format!("`{key}` cannot be negative"), format!("`{key} = 0` or more"));
        }
        None if literal(value).is_none() => {}
        _ => errors.push(value, format!("`{key}` is a number of characters"), format!("`{key} = 3`")),
    }
}

fn check_pattern(key: &Ident, value: &Expr, errors: &mut Errors) -> Option<LitStr> {
    if cfg!(not(feature = "pattern")) {
        let help = "enable it: `ws-runtime = { features = [\"pattern\"] }`";
        errors.push(key, "`pattern` needs the feature `pattern` of `ws-runtime`", help);
    }
    let Some(Lit::Str(pattern)) = literal(value) else {
        errors.push(value, "`pattern` needs a string literal", "`pattern = \"^[a-z]+$\"`");
        return None;
    };
    #[cfg(feature = "pattern")]
    if let Err(error) = regex_syntax::parse(&pattern.value()) {
        let (what, at) = match &error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(*error.span())),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(*error.span())),
            _ => (error.to_string(), None),
        };
        let text = pattern.value();
        let quoted =
            at.and_then(|at| text.get(at.start.offset..at.end.offset)).filter(|part| !part.is_empty());
        let help = match quoted {
            Some(part) => format!("change `{part}`, or escape it: `{}`", escape(part)),
            None => "the syntax is that of the crate `regex`".to_owned(),
        };
        errors.push(value, format!("`{text}` is not a regular expression: {what}"), help);
        return None;
    }
    Some(pattern.clone())
}

// The text as a raw string would hold it.
#[cfg(feature = "pattern")]
fn escape(part: &str) -> String {
    let is_meta = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c);
    part.chars().flat_map(|c| is_meta(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The pairs of one attribute, by key.
struct Literals<'a>(&'a [(&'a Ident, &'a Expr)]);

impl<'a> Literals<'a> {
    fn expr(&self, key: &str) -> Option<&'a Expr> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn number(&self, key: &str) -> Option<Number> {
        self.expr(key).and_then(Number::of)
    }
}

fn check_contradictions(keys: &Literals<'_>, errors: &mut Errors) {
    let reachable = errors.scope(|errors| {
        check_step(keys, errors);
        check_order(keys, errors);
        check_multiples(keys, errors);
        check_lengths(keys, errors);
    });
    if reachable.is_some() {
        check_default(keys, errors);
    }
}

fn check_step(keys: &Literals<'_>, errors: &mut Errors) {
    let step = keys.number("multiple_of").filter(|step| *step <= Number::Int(0));
    if let (Some(value), Some(_)) = (keys.expr("multiple_of"), step) {
        errors.push(value, "`multiple_of` must be greater than 0", "`multiple_of = 5`");
    }
}

// Bounds that exclude each other make an endpoint that refuses every request.
fn check_order(keys: &Literals<'_>, errors: &mut Errors) {
    for (low, high) in [("ge", "le"), ("ge", "lt"), ("gt", "le"), ("gt", "lt")] {
        let (Some(least), Some(most), Some(value)) = (keys.number(low), keys.number(high), keys.expr(high))
        else {
            continue;
        };
        let strict = u8::from(low == "gt") + u8::from(high == "lt");
        let is_empty = match (least, most) {
            // Integer literals are only valid for integers, which have no value between 1 and 2.
            (Number::Int(least), Number::Int(most)) => least.saturating_add(i128::from(strict)) > most,
            _ if strict > 0 => least >= most,
            _ => least > most,
        };
        if is_empty {
            let message = format!("no value satisfies `{low} = {least}` and `{high} = {most}`");
            errors.push(value, message, format!("raise `{high}` or lower `{low}`"));
            return;
        }
    }
}

// A multiple of 5 from 1 to 4 does not exist either.
fn check_multiples(keys: &Literals<'_>, errors: &mut Errors) {
    let int = |key| match keys.number(key) {
        Some(Number::Int(int)) => Some(int),
        _ => None,
    };
    let least = int("ge").into_iter().chain(int("gt").map(|bound| bound.saturating_add(1))).max();
    let most = int("le").into_iter().chain(int("lt").map(|bound| bound.saturating_sub(1))).min();
    let (Some(least), Some(most), Some(step @ 1..)) = (least, most, int("multiple_of")) else { return };
    let largest_multiple = most - most.rem_euclid(step);
    if least <= most && largest_multiple < least {
        let message = format!("no multiple of {step} is from {least} to {most}");
        errors.push(keys.expr("multiple_of"), message, "change `multiple_of`, or widen the bounds");
    }
}

fn check_lengths(keys: &Literals<'_>, errors: &mut Errors) {
    let (Some(Number::Int(min)), Some(Number::Int(max)), Some(value)) =
        (keys.number("min_length"), keys.number("max_length"), keys.expr("max_length"))
    else {
        return;
    };
    if min > max && max >= 0 {
        let message = format!("no text satisfies `min_length = {min}` and `max_length = {max}`");
        errors.push(value, message, "raise `max_length` or lower `min_length`");
    }
}

fn check_default(keys: &Literals<'_>, errors: &mut Errors) {
    let Some(value) = keys.expr("default") else { return };
    if let Some(default) = Number::of(value) {
        for key in ["ge", "gt", "le", "lt", "multiple_of"] {
            let Some(bound) = keys.number(key) else { continue };
            let holds = match key {
                "ge" => default >= bound,
                "gt" => default > bound,
                "le" => default <= bound,
                "lt" => default < bound,
                _ => default.is_multiple_of(bound),
            };
            if !holds {
                let message = format!("default `{default}` does not satisfy `{key} = {bound}`");
                errors.push(value, message, format!("change the default or `{key}`"));
            }
        }
    }
    if let Some(Lit::Str(default)) = literal(value) {
        let length = i128::try_from(default.value().chars().count()).unwrap_or(i128::MAX);
        for key in ["min_length", "max_length"] {
            let Some(Number::Int(bound)) = keys.number(key) else { continue };
            if (key == "min_length" && length < bound) || (key == "max_length" && length > bound) {
                let characters =
                    if length == 1 { "1 character".to_owned() } else { format!("{length} characters") };
                let message = format!("default has {characters}, which does not satisfy `{key} = {bound}`");
                errors.push(value, message, format!("change the default or `{key}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;
    use crate::list::{Entry, parse_list};

    fn mistakes(keys: proc_macro2::TokenStream) -> usize {
        let mut errors = Errors::new();
        let entries = parse_list(keys, "", &mut errors);
        let pairs: Vec<_> = entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::Pair(key, Some(value)) => Some((key, value)),
                _ => None,
            })
            .collect();
        resolve_constraints(&pairs, &syn::parse_quote!(T), &mut errors);
        errors.with(quote!()).to_string().matches("compile_error").count()
    }

    #[test]
    fn bounds_may_meet_but_not_cross() {
        for keys in [
            quote!(ge = 1, le = 1),
            quote!(gt = 1, lt = 3),
            quote!(gt = 0.0, lt = 0.5),
            quote!(ge = -5, le = -1, default = -3),
            quote!(ge = MIN, le = 0),
            quote!(min_length = 0, max_length = 0),
            quote!(multiple_of = 5, default = 10),
            quote!(gt = -5, lt = 5, multiple_of = 5),
            quote!(ge = -5, le = -5, multiple_of = 5),
            quote!(ge = 0, le = 1.5, default = 1),
        ] {
            assert_eq!(mistakes(keys.clone()), 0, "{keys}");
        }
        for keys in [
            quote!(ge = 2, le = 1),
            quote!(gt = 1, lt = 2),
            quote!(gt = 1, le = 1),
            quote!(ge = 1.0, lt = 1.0),
            quote!(ge = -1, le = -5),
            quote!(min_length = 2, max_length = 1),
            quote!(min_length = -1),
            quote!(max_length = "3"),
            quote!(multiple_of = 0),
            quote!(multiple_of = -5),
            quote!(ge = 1, lt = 5, multiple_of = 5),
            quote!(gt = -5, le = -1, multiple_of = 5),
        ] {
            assert_eq!(mistakes(keys.clone()), 1, "{keys}");
        }
    }

    #[test]
    fn a_literal_default_satisfies_literal_bounds() {
        for keys in [
            quote!(ge = 1, default = 0),
            quote!(lt = 0.5, default = 0.5),
            quote!(multiple_of = 5, default = 7),
            quote!(min_length = 2, default = "a"),
            quote!(max_length = 1, default = "\u{e9}a"),
        ] {
            assert_eq!(mistakes(keys.clone()), 1, "{keys}");
        }
        assert_eq!(mistakes(quote!(max_length = 1, default = "\u{e9}")), 0);
    }

    #[cfg(feature = "pattern")]
    #[test]
    fn patterns_are_regular_expressions() {
        assert_eq!(mistakes(quote!(pattern = "^[a-z]+$")), 0);
        assert_eq!(mistakes(quote!(pattern = "(a")), 1);
        assert_eq!(mistakes(quote!(pattern = PATTERN)), 1);
    }
}
