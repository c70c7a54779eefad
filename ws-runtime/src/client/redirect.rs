//! Redirects: where an answer to a handshake sends the client instead.

use std::sync::Arc;

use http::{StatusCode, header};

use super::{Refused, request::Target};

/// Returns where the answer redirects to, or `None` if it is no redirect or one that must not be followed: to another
/// scheme than `ws` and `wss`, or from `wss` to `ws`.
pub(super) fn redirected(from: &Target, refused: &Refused) -> Option<Arc<Target>> {
    let location = location(refused)?;
    let mut parts = from.parts.clone();
    parts.redirect(resolve(&from.url(), location)?);
    let mut to = parts.target().ok()?;
    if from.tls && !to.tls {
        return None;
    }
    if !is_same_server(from, &to) {
        parts.forget_secrets();
        to = parts.target().ok()?;
    }
    Some(Arc::new(to))
}

/// Returns the target of a redirect.
pub(super) fn location(refused: &Refused) -> Option<&str> {
    let is_redirect = matches!(
        refused.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    refused.headers().get(header::LOCATION).filter(|_| is_redirect)?.to_str().ok()
}

/// Returns `true` for the same host and port, and for the same host if the default port of `wss` replaces that of `ws`.
fn is_same_server(from: &Target, to: &Target) -> bool {
    let upgraded = (from.tls, from.port, to.tls, to.port) == (false, 80, true, 443);
    from.host.eq_ignore_ascii_case(&to.host) && (from.port == to.port && from.tls <= to.tls || upgraded)
}

/// Resolves a reference (RFC 3986, section 5.2), and replaces the schemes of HTTP by those of WebSocket. `base` has no
/// query.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    let (scheme, rest) = base.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if let Some((scheme, rest)) = reference.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => "ws",
            "https" | "wss" => "wss",
            _ => return None,
        };
        return Some(format!("{scheme}://{rest}"));
    }
    if reference.starts_with("//") {
        return Some(format!("{scheme}:{reference}"));
    }
    let (reference, query) = reference.split_at(reference.find('?').unwrap_or(reference.len()));
    let merged = match reference {
        "" => path.to_owned(),
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("{}/{relative}", path.rsplit_once('/').map_or("", |(directory, _)| directory)),
    };
    Some(format!("{scheme}://{authority}{}{query}", without_dots(&merged)))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|next| next.is_ascii_alphanumeric() || "+-.".contains(next))
}

/// Removes the segments `.` and `..` from a path (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = path.split('/').skip(1).peekable();
    while let Some(segment) = rest.next() {
        let is_last = rest.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
            _ => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        let base = "ws://a:8000/b/c";
        for (reference, expected) in [
            ("/x?y=z#f", "ws://a:8000/x?y=z"),
            ("d", "ws://a:8000/b/d"),
            ("../d/./e", "ws://a:8000/d/e"),
            ("../../..", "ws://a:8000/"),
            ("?q", "ws://a:8000/b/c?q"),
            ("//b/x", "ws://b/x"),
            ("https://c/x", "wss://c/x"),
            ("HTTP://c/x?u=http://d", "ws://c/x?u=http://d"),
            ("/x?u=http://d", "ws://a:8000/x?u=http://d"),
            ("wss://c", "wss://c"),
        ] {
            assert_eq!(resolve(base, reference).as_deref(), Some(expected), "{reference}");
        }
        assert_eq!(resolve(base, "ftp://c/x"), None);
        assert_eq!(resolve("ws://a", "x").as_deref(), Some("ws://a/x"));
    }
}
