//! Translates the patterns that users write (`/items/<id>/<rest..>`) into those of the routing table.

use std::sync::Arc;

/// A pattern in the syntax of the routing table.
pub(crate) struct Parsed {
    pub(crate) path: String,
    /// The path that `<rest..>` matches with no segment at all, unless another endpoint has that path.
    pub(crate) without_rest: Option<String>,
    /// The names of the parameters, in order.
    pub(crate) parameters: Vec<Arc<str>>,
}

/// A mistake in a pattern. `#[websocket]` reports the same mistakes at compile time; this is for endpoints written by
/// hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("the path must start with `/`")]
    Relative,
    #[error("the path parameter `{0}` must fill its segment")]
    PartialSegment(String),
    #[error("`<{0}..>` must be the last segment")]
    RestNotLast(String),
    #[error(
        "the path parameter `<{0}>` appears twice: rename it in the path, or in the prefix of the router"
    )]
    Repeated(String),
    #[error("the path conflicts with `{0}`")]
    Conflict(String),
    #[error("{0}")]
    Other(String),
}

pub(crate) fn parse(pattern: &str) -> Result<Parsed, PatternError> {
    let segments = pattern.strip_prefix('/').ok_or(PatternError::Relative)?;
    let mut path = String::new();
    let mut parameters = Vec::new();
    let mut segments = segments.split('/').peekable();
    while let Some(segment) = segments.next() {
        path.push('/');
        let Some(name) = inside(segment) else {
            if segment.contains(['<', '>']) {
                return Err(PatternError::PartialSegment(segment.to_owned()));
            }
            // Braces have a meaning in the syntax of the table.
            path.push_str(&segment.replace('{', "{{").replace('}', "}}"));
            continue;
        };
        let plain = name.strip_suffix("..").unwrap_or(name);
        if parameters.iter().any(|earlier: &Arc<str>| **earlier == *plain) {
            return Err(PatternError::Repeated(plain.to_owned()));
        }
        if let Some(name) = name.strip_suffix("..") {
            if segments.peek().is_some() {
                return Err(PatternError::RestNotLast(name.to_owned()));
            }
            parameters.push(Arc::from(name));
            let rest = format!("{path}{{*{name}}}");
            return Ok(Parsed { path: rest, without_rest: Some(path), parameters });
        }
        parameters.push(Arc::from(name));
        path.extend(["{", name, "}"]);
    }
    Ok(Parsed { path, without_rest: None, parameters })
}

/// Returns the mistakes in a prefix: it starts with `/`, does not end with one, and its parameters, such as `<tenant>`,
/// fill their segments.
pub(crate) fn check_prefix(prefix: &str) -> impl Iterator<Item = &'static str> {
    let segments = || prefix.split('/');
    let is_other = |segment: &str| segment.starts_with([':', '*']) || segment.contains(['{', '}']);
    let takes_rest = segments().filter_map(inside).any(|name| name.ends_with(".."));
    let is_malformed = |segment: &str| match inside(segment) {
        Some(name) => !name.ends_with("..") && !is_name(name),
        None => segment.contains(['<', '>']),
    };
    let mistakes = [
        (!prefix.starts_with('/'), "must start with `/`"),
        (prefix.len() > 1 && prefix.ends_with('/') && !prefix.contains("//"), "must not end with `/`"),
        (
            prefix == "/",
            "is empty: mount the routes themselves, by `.routes(routes![..])`, or `.merge(router)`",
        ),
        (segments().any(is_other), "has no parameters in this form: write `/<tenant>`"),
        (takes_rest, "takes the rest of the path: write `/<tenant>`, which takes one segment"),
        (
            segments().any(is_malformed),
            "has a parameter that is not a name in a segment of its own, as in `/<tenant>`",
        ),
        (prefix.contains("//") || prefix.contains(['?', '#']), "is not a path"),
    ];
    mistakes.into_iter().filter_map(|(is_wrong, problem)| is_wrong.then_some(problem))
}

/// Returns what is wrong with a path that has no parameters and that requests name literally.
pub(crate) fn check_static(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("must start with `/`");
    }
    if path.contains(['<', '>', '{', '}']) {
        return Some("must be static: it has no parameters");
    }
    let is_path = path.parse::<http::uri::PathAndQuery>().is_ok_and(|parsed| parsed.path() == path);
    (!is_path).then_some("is not a path")
}

/// Returns the text between the angle brackets of `<name>` or `<name..>`.
fn inside(segment: &str) -> Option<&str> {
    segment.strip_prefix('<')?.strip_suffix('>')
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(pattern: &str) -> Result<Vec<String>, PatternError> {
        parse(pattern).map(|parsed| [Some(parsed.path), parsed.without_rest].into_iter().flatten().collect())
    }

    #[test]
    fn parameters_become_those_of_the_table() {
        assert_eq!(paths("/").unwrap(), ["/"]);
        assert_eq!(paths("/items/<id>/ws").unwrap(), ["/items/{id}/ws"]);
        assert_eq!(paths("/files/<rest..>").unwrap(), ["/files/{*rest}", "/files/"]);
        assert_eq!(paths("/a{b}").unwrap(), ["/a{{b}}"]);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert_eq!(paths("items"), Err(PatternError::Relative));
        assert_eq!(paths("/v<id>"), Err(PatternError::PartialSegment("v<id>".to_owned())));
        assert_eq!(paths("/<id>/<id>"), Err(PatternError::Repeated("id".to_owned())));
        assert_eq!(paths("/<rest..>/x"), Err(PatternError::RestNotLast("rest".to_owned())));
    }
}
