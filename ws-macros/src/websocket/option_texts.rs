//! The options that are lists of texts: subprotocols, origins and hosts.

use syn::{Expr, Lit};

use super::{
    options::{as_array, example},
    wire::is_token,
};
use crate::{errors::Errors, list::literal};

/// What is wrong with one string of a list, and what to write instead.
type Check = fn(&str) -> Result<(), (String, String)>;

pub(super) fn check_strings(name: &str, value: &Expr, errors: &mut Errors, check: Check) {
    let Some(array) = as_array(value) else {
        if let (Some(Lit::Str(single)), "origins") = (literal(value), name) {
            report(value, check(&single.value()), errors);
        } else if let Some(single) = literal(value) {
            let help = match single {
                Lit::Str(single) => format!("`{name} = [{:?}]`", single.value()),
                _ => example(name),
            };
            errors.push(value, format!("option `{name}` needs a list"), help);
        }
        return;
    };
    let mut earlier = Vec::new();
    for element in &array.elems {
        match literal(element) {
            Some(Lit::Str(text)) => {
                let text = text.value();
                let checked = check(&text);
                if checked.is_err() {
                    report(element, checked, errors);
                } else if earlier.contains(&text) {
                    errors.push(
                        element,
                        format!("`{text}` appears twice in `{name}`"),
                        "remove one of the two",
                    );
                } else {
                    earlier.push(text);
                }
            }
            Some(_) => errors.push(element, format!("`{name}` holds strings"), example(name)),
            None => {}
        }
    }
}

fn report(at: &Expr, checked: Result<(), (String, String)>, errors: &mut Errors) {
    if let Err((message, help)) = checked {
        errors.push(at, message, help);
    }
}

pub(super) fn check_subprotocol(text: &str) -> Result<(), (String, String)> {
    if is_token(text) {
        return Ok(());
    }
    let words: Vec<String> =
        text.split([' ', ',']).filter(|word| is_token(word)).map(|word| format!("{word:?}")).collect();
    let help = if words.len() > 1 {
        format!("one string for each: `subprotocols = [{}]`", words.join(", "))
    } else {
        "use letters, digits and `-._`, as RFC 6455, section 4.1, asks".to_owned()
    };
    Err((format!("subprotocol `{text}` is not a token"), help))
}

// The origin that a browser sends (RFC 6454, section 6.2): scheme, host, and the port unless it is the scheme's default.
pub(super) fn check_origin(text: &str) -> Result<(), (String, String)> {
    let complaint = |help: String| Err((format!("`{text}` is not an origin"), help));
    let Some((scheme, host)) = text.split_once("://") else {
        return match text {
            "*" => complaint("`origins = Origins::any()`".to_owned()),
            "null" => complaint("sandboxed pages have no origin that could be trusted".to_owned()),
            _ => complaint(format!("`\"https://{}\"`", if is_host(text) { text } else { "example.com" })),
        };
    };
    let bare = host.split(['/', '?', '#']).next().unwrap_or(host);
    match scheme {
        // Web views send `file://` and similar origins. Only pages on the web must have a host.
        _ if host.is_empty() && !["http", "https", "ws", "wss", ""].contains(&scheme) => Ok(()),
        _ if bare != host && is_host(bare) => complaint(format!("`\"{scheme}://{bare}\"`")),
        _ if !is_host(host) => complaint("`\"https://example.com\"`".to_owned()),
        // The scheme is that of the page, not that of the socket.
        "ws" | "wss" => complaint(format!("`\"{}://{host}\"`", scheme.replace("ws", "http"))),
        _ => Ok(()),
    }
}

pub(super) fn check_host(text: &str) -> Result<(), (String, String)> {
    if is_host(text) {
        return Ok(());
    }
    if text == "*" {
        return Err((format!("`{text}` is not a host"), "no `hosts`, which allows all".to_owned()));
    }
    let bare =
        text.split_once("://").map_or(text, |(_, host)| host).split(['/', '?', '#']).next().unwrap_or(text);
    let help = if is_host(bare) {
        format!("`{bare:?}`")
    } else {
        "`\"example.com\"` or `\"example.com:8000\"`".to_owned()
    };
    Err((format!("`{text}` is not a host"), help))
}

/// Returns `true` if the text is `host[:port]`. `*.example.com` stands for every subdomain, `localhost:*` for every port.
fn is_host(text: &str) -> bool {
    let text = text.strip_prefix("*.").unwrap_or(text);
    let (host, port) = match text.rsplit_once(':') {
        // The colons inside of `[::1]` belong to the address.
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (text, "80"),
    };
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
    };
    let is_address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
    let is_port =
        port == "*" || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    is_port && (is_address || is_name(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        for origin in [
            "https://example.com",
            "http://localhost:3000",
            "http://[::1]:80",
            "https://*.example.com",
            "http://localhost:*",
            "chrome-extension://abc",
            "tauri://localhost",
            "app://.",
            "file://",
        ] {
            assert_eq!(check_origin(origin), Ok(()));
        }
        for (origin, help) in [
            ("example.com", "`\"https://example.com\"`"),
            ("https://example.com/", "`\"https://example.com\"`"),
            ("wss://example.com", "`\"https://example.com\"`"),
            ("*", "`origins = Origins::any()`"),
            ("https://", "`\"https://example.com\"`"),
            ("https://*", "`\"https://example.com\"`"),
            ("https://example.com:99999", "`\"https://example.com\"`"),
            ("https://example.com:+1", "`\"https://example.com\"`"),
        ] {
            assert_eq!(check_origin(origin).unwrap_err().1, help);
        }
    }

    #[test]
    fn hosts_have_no_scheme() {
        for host in [
            "example.com",
            "*.example.com",
            "localhost:8000",
            "localhost:*",
            "[::1]",
            "[::1]:8000",
            "127.0.0.1",
        ] {
            assert_eq!(check_host(host), Ok(()));
        }
        assert_eq!(check_host("https://example.com/a").unwrap_err().1, "`\"example.com\"`");
        assert!(check_host("a b").is_err() && check_host("a:b").is_err() && check_host("").is_err());
        assert_eq!(check_host("*").unwrap_err().1, "no `hosts`, which allows all");
    }
}
