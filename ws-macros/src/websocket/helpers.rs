//! The helper attributes of parameters: `#[query]`, `#[cookie]`, `#[header]` with their keys, and `#[depends]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprPath, Ident, Lit, Meta, Path, RangeLimits, Type, parse_quote};

use super::{
    constraints::resolve_constraints,
    model::{Origin, Source},
    number::Number,
    wire::is_token,
};
use crate::{
    errors::Errors,
    list::{Entry, Key, Known, as_ident, literal, parse_list, suggest_literal},
    names::unraw,
    text::tidy,
};

const KEYS: &[Key] = &[
    Key {
        name: "name",
        example: "name = \"page-size\"",
        aliases: &["alias", "rename", "key", "wire_name", "title_name", "param"],
    },
    Key {
        name: "default",
        example: "default = 10",
        aliases: &["default_value", "default_factory", "or", "unwrap_or", "fallback", "value"],
    },
    Key { name: "required", example: "required = true", aliases: &[] },
    Key { name: "ge", example: "ge = 1", aliases: &["min", "minimum", "gte", "at_least", "min_value"] },
    Key {
        name: "gt",
        example: "gt = 0",
        aliases: &["greater_than", "more_than", "exclusive_min", "exclusive_minimum"],
    },
    Key { name: "le", example: "le = 100", aliases: &["max", "maximum", "lte", "at_most", "max_value"] },
    Key { name: "lt", example: "lt = 100", aliases: &["less_than", "exclusive_max", "exclusive_maximum"] },
    Key { name: "multiple_of", example: "multiple_of = 5", aliases: &["step", "multiple", "divisible_by"] },
    Key { name: "min_length", example: "min_length = 3", aliases: &["min_len", "minlength", "minLength"] },
    Key { name: "max_length", example: "max_length = 50", aliases: &["max_len", "maxlength", "maxLength"] },
    Key {
        name: "pattern",
        example: "pattern = \"^[a-z]+$\"",
        aliases: &["regex", "regexp", "re", "matches"],
    },
];

/// The keys of `#[path]`: all but `name`, `default` and `required`.
const PATH: Known = Known {
    keys: KEYS.split_at(3).1,
    elsewhere: &[
        (
            &["name", "alias", "rename"],
            "remove it: a path parameter has the name of its segment, and a keyword is written as `r#type`",
        ),
        (&["default", "required"], "remove it: a path parameter is never absent"),
    ],
    ..known(" in `#[path]`")
};

/// The keys of one helper attribute, which `place` names.
const fn known(place: &'static str) -> Known {
    Known {
        noun: "key",
        place,
        keys: KEYS,
        elsewhere: &[
            (
                &["optional", "nullable"],
                "remove it: a parameter of type `Option<T>` may be absent, any other may not",
            ),
            (&["range"], "write its two ends: `ge = 1, le = 100`"),
            (&["length", "len"], "write its two ends: `min_length = 3, max_length = 50`"),
            (
                &["title", "description", "doc", "example", "examples", "deprecated", "include_in_schema"],
                "remove it: what is said of a parameter stands in a doc comment before it",
            ),
            (&["convert_underscores"], "write the name on the wire: `name = \"x_token\"`"),
            (&["ty", "type", "schema"], "remove it: the type is that of the parameter"),
            (&["validate", "with", "custom", "parse_with"], "a type of your own decides in its `FromStr`"),
        ],
        suggest: suggest_literal,
    }
}

/// Resolves one helper attribute of the parameter `name`. Any other attribute is a bug of the caller.
pub(super) fn resolve_helper(
    attr: &Attribute,
    name: Option<&Ident>,
    ty: &Type,
    errors: &mut Errors,
) -> Option<Origin> {
    let (source, known) = match attr.path().get_ident()?.to_string().as_str() {
        "path" => (Source::Path, PATH),
        "query" => (Source::Query, known(" in `#[query]`")),
        "cookie" => (Source::Cookie, known(" in `#[cookie]`")),
        "header" => (Source::Header, known(" in `#[header]`")),
        _ => return resolve_depends(attr, errors).map(Origin::Depends),
    };
    let mut entries = parse_keys(attr, source, &known, errors);
    let secret = take_secret(&mut entries, source, errors);
    let pairs = known.check(&entries, errors);
    let named = pairs.iter().find(|(key, _)| *key == "name").map(|(_, value)| *value);
    let wire_name = match named {
        Some(value) => explicit_name(value, source, errors),
        None => derived_name(name?, source, errors),
    };
    let constraints = resolve_constraints(&pairs, ty, errors);
    Some(Origin::Text { source, wire_name: wire_name?, constraints, secret })
}

fn parse_keys(attr: &Attribute, source: Source, known: &Known, errors: &mut Errors) -> Vec<Entry> {
    let helper = source.name();
    let mut entries = match &attr.meta {
        Meta::Path(_) => Vec::new(),
        // `>= 1` does not begin an expression.
        Meta::List(list) => match bound_without_name(&list.tokens) {
            Some(bound) => {
                errors.push(&list.tokens, "a bound has a name", format!("`#[{helper}({bound})]`"));
                Vec::new()
            }
            None => parse_list(list.tokens.clone(), &format!("`#[{helper}(name = \"page\")]`"), errors),
        },
        Meta::NameValue(pair) => {
            let message = format!("`#[{helper}]` takes its keys in parentheses");
            errors.push(pair, message, pair_for(helper, &pair.value));
            Vec::new()
        }
    };
    entries.retain(|entry| match entry {
        Entry::Value(value) if literal(value).is_some() || Number::of(value).is_some() => {
            errors.push(value, "expected `key = value`", pair_for(helper, value));
            false
        }
        Entry::Value(Expr::Range(range)) => {
            let most = match range.limits {
                RangeLimits::Closed(_) => "le",
                RangeLimits::HalfOpen(_) => "lt",
            };
            let ends = [("ge", &range.start), (most, &range.end)];
            let bounds: Vec<String> = ends
                .iter()
                .filter_map(|(key, end)| end.as_ref().map(|end| format!("{key} = {}", tidy(end))))
                .collect();
            errors.push(
                range,
                "a range has a key for each end",
                format!("`#[{helper}({})]`", bounds.join(", ")),
            );
            false
        }
        // It needs no value.
        Entry::Value(value) if as_ident(value).is_some_and(|name| name == "required") => true,
        // `#[cookie(session)]`: other frameworks name the source this way.
        Entry::Value(value) => match as_ident(value) {
            Some(name) if name == "secret" => true,
            Some(name) if !known.knows(name) => {
                known.offer(name, errors);
                let help = format!(
                    "`#[{helper}(name = \"{name}\")]`, or `#[{helper}]` if the parameter is called so"
                );
                errors.push(value, "expected `key = value`", help);
                false
            }
            _ => true,
        },
        _ => true,
    });
    for entry in &mut entries {
        let name = match entry {
            Entry::Value(value) => as_ident(value).filter(|name| *name == "required").cloned(),
            _ => None,
        };
        if let Some(name) = name {
            *entry = Entry::Pair(name, Some(parse_quote!(true)));
        }
    }
    entries
}

// `secret` says that the value is a credential. It takes no value.
fn take_secret(entries: &mut Vec<Entry>, source: Source, errors: &mut Errors) -> bool {
    let mut secret = None;
    entries.retain(|entry| {
        let name = match entry {
            Entry::Value(value) => as_ident(value),
            Entry::Pair(key, _) | Entry::Unequal(key, ..) => Some(key),
        };
        let Some(name) = name.filter(|name| *name == "secret") else { return true };
        if !matches!(entry, Entry::Value(_)) {
            errors.push(name, "`secret` takes no value", format!("`#[{}(secret)]`", source.name()));
        } else if secret.is_some() {
            let message = format!("duplicate key `secret` in `#[{}]`", source.name());
            errors.push(name, message, "remove one of the two");
        }
        secret = Some(());
        false
    });
    secret.is_some()
}

// A string names the source, and anything else is a default.
fn pair_for(helper: &str, value: &Expr) -> String {
    match literal(value) {
        Some(Lit::Str(text)) => format!("`#[{helper}(name = {:?})]`", text.value()),
        Some(_) => format!("`#[{helper}(default = {})]`", tidy(value)),
        None if Number::of(value).is_some() => format!("`#[{helper}(default = {})]`", tidy(value)),
        None => format!("`#[{helper}(name = \"..\")]`"),
    }
}

fn bound_without_name(tokens: &TokenStream) -> Option<String> {
    let text = tidy(tokens).replace(' ', "");
    let (key, value) = [(">=", "ge"), ("<=", "le"), (">", "gt"), ("<", "lt")]
        .iter()
        .find_map(|(sign, key)| text.strip_prefix(sign).map(|value| (key, value)))?;
    Some(format!("{key} = {value}"))
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
    // Header names are case-insensitive (RFC 9110, section 5.1), and `http` keeps them in lower case.
    Some(if source == Source::Header { name.to_ascii_lowercase() } else { name })
}

fn derived_name(ident: &Ident, source: Source, errors: &mut Errors) -> Option<String> {
    let name = unraw(ident);
    let name = if source == Source::Header { name.replace('_', "-").to_ascii_lowercase() } else { name };
    let is_valid = match source {
        Source::Header => is_token(&name) && !name.starts_with('-'),
        Source::Cookie => is_token(&name),
        Source::Path | Source::Rest | Source::InPath | Source::Query => true,
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
            let help = match named_function(&pair.value) {
                Some(function) => format!("`#[depends({function})]`"),
                None => HELP.to_owned(),
            };
            errors.push(pair, "`#[depends]` takes its function in parentheses", help);
            return None;
        }
    };
    let entries = errors.scope(|errors| parse_list(tokens, HELP, errors))?;
    match entries.as_slice() {
        [] => errors.push(attr, "`#[depends]` needs a function", HELP),
        [Entry::Value(value)] => match function_path(value) {
            // Names of types begin with a capital, and names of functions do not.
            Some(ty) if last_name(ty).starts_with(char::is_uppercase) => {
                let help = "remove it: a type that implements `FromHandshake` is read without an attribute";
                errors.push(value, "`#[depends]` names a function, and this is a type", help);
            }
            Some(function) => {
                errors.editor.function(function);
                return Some(function.clone());
            }
            None => report_no_function(value, errors),
        },
        [Entry::Value(_), Entry::Value(second), ..] => {
            let help = "give each function a parameter, or call one from the other";
            errors.push(second, "`#[depends]` takes one function", help);
        }
        [Entry::Pair(key, value) | Entry::Unequal(key, _, value)] => {
            let help = match value.as_ref().and_then(named_function) {
                Some(function) => format!("`#[depends({function})]`"),
                None => HELP.to_owned(),
            };
            errors.push(key, "`#[depends]` has no keys", help);
        }
        [first, rest @ ..] => {
            let key = [first].into_iter().chain(rest).find_map(|entry| match entry {
                Entry::Pair(key, _) | Entry::Unequal(key, ..) => Some(key),
                Entry::Value(_) => None,
            });
            errors.push(key, "`#[depends]` has no keys", "name the function alone: `#[depends(session)]`");
        }
    }
    None
}

fn last_name(path: &Path) -> String {
    path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

fn function_path(value: &Expr) -> Option<&Path> {
    match value {
        Expr::Path(ExprPath { qself: None, path, .. }) => Some(path),
        Expr::Group(group) => function_path(&group.expr),
        _ => None,
    }
}

// Returns the function that `session`, `session()`, `"session"`, `&session` or `Depends(session)` stands for.
fn named_function(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(_) => match literal(value)? {
            Lit::Str(text) => syn::parse_str::<Path>(&text.value()).ok().map(|path| tidy(&path)),
            _ => None,
        },
        Expr::Call(call) => match call.args.first() {
            Some(argument) if function_path(&call.func)?.is_ident("Depends") => named_function(argument),
            _ => named_function(&call.func),
        },
        Expr::Reference(reference) => named_function(&reference.expr),
        _ => function_path(value).map(tidy),
    }
}

fn report_no_function(value: &Expr, errors: &mut Errors) {
    let help = match (named_function(value), value) {
        (Some(function), Expr::Call(_)) => {
            format!("`#[depends({function})]`: the endpoint calls it with the handshake")
        }
        (Some(function), _) => format!("`#[depends({function})]`"),
        (None, Expr::Closure(_)) => {
            "write the closure as an `async fn session(handshake: &Handshake) -> Result<T, E>`, and name it"
                .to_owned()
        }
        (None, _) => "name a function: `#[depends(session)]`".to_owned(),
    };
    errors.push(value, "`#[depends]` needs the name of a function", help);
}
