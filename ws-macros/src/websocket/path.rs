//! The route path `"/items/<id>/<rest..>"`.

use proc_macro2::Ident;
use syn::{LitStr, ext::IdentExt, parse::Parser};

use super::wire::encode_segment;
use crate::errors::Errors;

/// A well-formed route path.
pub(super) struct RoutePath {
    pub(super) literal: LitStr,
    pub(super) params: Vec<PathParam>,
}

/// `<name>` or `<name..>`.
#[derive(Debug, PartialEq)]
pub(super) struct PathParam {
    pub(super) name: String,
    pub(super) takes_rest: bool,
}

impl RoutePath {
    /// Reports every malformed segment. The errors are at the whole literal, because stable Rust has no spans inside of
    /// one. For the same reason, each message quotes the segment.
    pub(super) fn parse(literal: &LitStr, errors: &mut Errors) -> Option<Self> {
        let path = literal.value();
        errors.scope(|errors| {
            let mut report = |mistake: Mistake| errors.push(literal, mistake.message, mistake.help);
            let params = parse_path(&path, &mut report);
            Self { literal: literal.clone(), params }
        })
    }
}

struct Mistake {
    message: String,
    help: String,
}

impl Mistake {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

fn parse_path(path: &str, report: &mut dyn FnMut(Mistake)) -> Vec<PathParam> {
    let (path, query) = match path.find(['?', '#']) {
        // In other frameworks, `/:id?` says that the segment may be absent.
        Some(at) if path[at..] == *"?" || path[at..].starts_with("?/") || path[at..].starts_with("?>") => {
            (path, "")
        }
        Some(at) => path.split_at(at),
        None => (path, ""),
    };
    if query.starts_with('?') {
        report(Mistake::new(
            "route path cannot contain a query",
            format!("`\"{path}\"`, and a parameter with `#[query]`"),
        ));
    } else if !query.is_empty() {
        report(Mistake::new("route path cannot contain a fragment", format!("`\"{path}\"`")));
    }
    let Some(relative) = path.strip_prefix('/') else {
        let help = if path.contains("://") {
            "only the path: `/items/<id>`".to_owned()
        } else {
            format!("`\"/{path}\"`")
        };
        report(Mistake::new("route path must start with `/`", help));
        return Vec::new();
    };
    let segments: Vec<&str> = relative.split('/').collect();
    let mut params: Vec<PathParam> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        // A path with a trailing slash is a different path.
        if segment.is_empty() && !is_last {
            let full: Vec<&str> = segments.iter().copied().filter(|segment| !segment.is_empty()).collect();
            let message = format!("route path `{path}` has an empty segment");
            report(Mistake::new(message, format!("`\"/{}\"`", full.join("/"))));
            // One report is enough, because the help removes all of them.
            if segments[..index].iter().any(|segment| segment.is_empty()) {
                continue;
            }
        }
        match parse_segment(segment) {
            Ok(None) => {}
            Ok(Some(param)) => {
                if param.takes_rest && !is_last {
                    report(Mistake::new(
                        format!("`<{}..>` must be the last segment", param.name),
                        format!("`<{}>` takes one segment", param.name),
                    ));
                }
                if params.iter().any(|earlier| earlier.name == param.name) {
                    report(Mistake::new(
                        format!("path parameter `{}` appears twice", param.name),
                        "give one of the two another name",
                    ));
                } else {
                    params.push(param);
                }
            }
            Err(mistake) => report(mistake),
        }
    }
    params
}

fn parse_segment(segment: &str) -> Result<Option<PathParam>, Mistake> {
    let Some(opening) = segment.find('<') else { return parse_static(segment).map(|()| None) };
    let Some(length) = segment[opening..].find('>') else {
        let name = name_like(&segment[opening + 1..]);
        return Err(Mistake::new(
            format!("path parameter `{segment}` is not closed"),
            format!("`{}<{}>`", &segment[..opening], name.as_deref().unwrap_or("id")),
        ));
    };
    let (inside, after) = (&segment[opening + 1..opening + length], &segment[opening + length + 1..]);
    if opening > 0 || !after.is_empty() {
        let parts: Vec<String> = [&segment[..opening], &segment[opening..=opening + length], after]
            .iter()
            .filter(|part| !part.is_empty())
            .map(|part| format!("/{part}"))
            .collect();
        return Err(Mistake::new(
            format!("path parameter must fill its segment: `{segment}`"),
            format!("`{}`, or take the whole segment as one parameter", parts.concat()),
        ));
    }
    if let Some(mistake) = typed_param(inside) {
        return Err(mistake);
    }
    if let Some(name) = inside.strip_suffix('?').filter(|name| is_identifier(name)) {
        return Err(optional(segment, name));
    }
    let (name, takes_rest) = match inside.strip_suffix("..") {
        Some(name) => (name, true),
        None => (inside, false),
    };
    let dots = if takes_rest { ".." } else { "" };
    if name.is_empty() {
        return Err(Mistake::new(
            format!("path parameter `{segment}` has no name"),
            format!("`<{}{dots}>`", if takes_rest { "rest" } else { "id" }),
        ));
    }
    if !is_identifier(name) {
        let help = match name_like(name) {
            Some(name) => format!("`<{name}{dots}>`"),
            None => "name it as the parameter of the function".to_owned(),
        };
        return Err(Mistake::new(format!("`{name}` is not an identifier"), help));
    }
    Ok(Some(PathParam { name: name.to_owned(), takes_rest }))
}

// `<id: u64>` is the form of a function's parameter, `<int:id>` that of Flask and Django, `<id:[0-9]+>` that of actix.
fn typed_param(inside: &str) -> Option<Mistake> {
    const CONVERTERS: [&str; 8] = ["int", "float", "string", "str", "path", "uuid", "slug", "any"];
    let (before, after) = inside.split_once(':').map(|(before, after)| (before.trim(), after.trim()))?;
    let is_converter = CONVERTERS.contains(&before) && is_identifier(after);
    let (name, ty) = if is_converter { (after, before) } else { (before, after) };
    if !is_identifier(name) {
        return None;
    }
    let dots = if ty == "path" { ".." } else { "" };
    let ty = match ty {
        "int" => "u64",
        "float" => "f64",
        "str" | "string" | "slug" => "String",
        "path" => "Vec<String>",
        ty if syn::parse_str::<syn::TypePath>(ty).is_ok() && !is_converter => ty,
        _ => "T",
    };
    let help = format!("`<{name}{dots}>`, and the type at the parameter: `{name}: {ty}`");
    Some(Mistake::new(format!("path parameter `<{inside}>` has its type in the function"), help))
}

fn optional(segment: &str, name: &str) -> Mistake {
    let help = format!("`<{name}>`, and a function of its own for the path without it");
    Mistake::new(format!("`{segment}` cannot be absent from a path"), help)
}

fn parse_static(segment: &str) -> Result<(), Mistake> {
    if matches!(segment, "*" | "**") {
        return Err(Mistake::new(format!("`{segment}` is not a path parameter"), "`<rest..>`"));
    }
    let absent = segment.strip_suffix('?').map(|name| name.trim_matches([':', '{', '}', '<', '>']));
    if let Some(name) = absent.filter(|name| is_identifier(name)) {
        return Err(optional(segment, name));
    }
    let other_syntax = segment
        .strip_prefix([':', '*'])
        .or_else(|| segment.strip_prefix('{').and_then(|inside| inside.strip_suffix('}')));
    if let Some(name) = other_syntax.and_then(name_like) {
        let dots = if segment.contains('*') || segment.contains(":path") { ".." } else { "" };
        return Err(Mistake::new(
            format!("`{segment}` is not a path parameter"),
            format!("`<{name}{dots}>`"),
        ));
    }
    if segment == "." || segment == ".." {
        return Err(Mistake::new(
            format!("route path cannot contain the segment `{segment}`"),
            "clients resolve it before they ask; write the path they arrive at",
        ));
    }
    let encoded = encode_segment(segment);
    if encoded != segment {
        return Err(Mistake::new(
            format!("`{segment}` cannot stand in a request path"),
            format!("percent-encode it: `{encoded}`"),
        ));
    }
    Ok(())
}

// Keywords are allowed: the parameter is then written `r#type`.
fn is_identifier(name: &str) -> bool {
    let cannot_be_raw = ["self", "Self", "super", "crate", "_"].contains(&name);
    !cannot_be_raw
        && !name.starts_with("r#")
        && Ident::parse_any.parse_str(name).is_ok_and(|ident| ident == name)
}

/// Returns the identifier that was probably meant: `item_id` for `item-id`, and `id` for `id:u64` and `id:[0-9]+`.
fn name_like(text: &str) -> Option<String> {
    let text = text.trim_start_matches(['*', ':']);
    let text = text.split([':', '=', '(', '[']).next().unwrap_or(text).trim();
    let name: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let name = name.trim_end_matches('_').to_owned();
    is_identifier(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(path: &str) -> (Vec<PathParam>, Vec<String>) {
        let mut mistakes = Vec::new();
        let params =
            parse_path(path, &mut |mistake| mistakes.push(format!("{} | {}", mistake.message, mistake.help)));
        (params, mistakes)
    }

    #[test]
    fn names_parameters_in_order() {
        let (params, mistakes) = parse("/items/<id>/<type>/~a%20b/<rest..>");
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let names: Vec<_> = params.iter().map(|param| (param.name.as_str(), param.takes_rest)).collect();
        assert_eq!(names, [("id", false), ("type", false), ("rest", true)]);
    }

    #[test]
    fn accepts_the_root_and_a_trailing_slash() {
        for path in ["/", "/items/", "/<rest..>"] {
            assert!(parse(path).1.is_empty(), "{path}");
        }
    }

    #[test]
    fn says_what_to_write() {
        for (path, expected) in [
            ("items", "route path must start with `/` | `\"/items\"`"),
            ("", "route path must start with `/` | `\"/\"`"),
            ("/a//b", "route path `/a//b` has an empty segment | `\"/a/b\"`"),
            ("/<id", "path parameter `<id` is not closed | `<id>`"),
            (
                "/v<id>",
                "path parameter must fill its segment: `v<id>` | `/v/<id>`, or take the whole segment as one parameter",
            ),
            ("/<>", "path parameter `<>` has no name | `<id>`"),
            ("/<..>", "path parameter `<..>` has no name | `<rest..>`"),
            ("/<item-id>", "`item-id` is not an identifier | `<item_id>`"),
            (
                "/<id: u64>",
                "path parameter `<id: u64>` has its type in the function | `<id>`, and the type at the parameter: `id: u64`",
            ),
            (
                "/<int:id>",
                "path parameter `<int:id>` has its type in the function | `<id>`, and the type at the parameter: `id: u64`",
            ),
            (
                "/<path:file>",
                "path parameter `<path:file>` has its type in the function | `<file..>`, and the type at the parameter: `file: Vec<String>`",
            ),
            ("/*", "`*` is not a path parameter | `<rest..>`"),
            ("/{id:int}", "`{id:int}` is not a path parameter | `<id>`"),
            ("/{rest:path}", "`{rest:path}` is not a path parameter | `<rest..>`"),
            (
                "/:id?",
                "`:id?` cannot be absent from a path | `<id>`, and a function of its own for the path without it",
            ),
            (
                "/<id?>/a",
                "`<id?>` cannot be absent from a path | `<id>`, and a function of its own for the path without it",
            ),
            ("/<self>", "`self` is not an identifier | name it as the parameter of the function"),
            ("/<a..>/b", "`<a..>` must be the last segment | `<a>` takes one segment"),
            ("/<a>/<a>", "path parameter `a` appears twice | give one of the two another name"),
            ("/a?b=1", "route path cannot contain a query | `\"/a\"`, and a parameter with `#[query]`"),
            ("/:id", "`:id` is not a path parameter | `<id>`"),
            ("/{id}", "`{id}` is not a path parameter | `<id>`"),
            ("/{*rest}", "`{*rest}` is not a path parameter | `<rest..>`"),
            ("/a b", "`a b` cannot stand in a request path | percent-encode it: `a%20b`"),
        ] {
            assert_eq!(parse(path).1, [expected], "{path}");
        }
    }

    #[test]
    fn reports_every_segment() {
        assert_eq!(parse("/:a/<b/<c-d>/<e>/<e>").1.len(), 4);
    }
}
