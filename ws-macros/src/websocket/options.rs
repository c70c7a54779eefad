//! The options of the attribute, in one table, and what can be checked of their literals.

use proc_macro2::Ident;
use syn::{Expr, ExprArray, Lit};

use super::{number::Number, wire::is_token};
use crate::{
    errors::Errors,
    list::{Key, Known, as_ident, literal},
    text::tidy,
};

/// An option is a method of `Route` of the same name; `crate` alone is for the macro.
pub(super) const OPTIONS: Known = Known {
    noun: "option",
    place: "",
    keys: &[
        option("protocols", "protocols = [\"chat\"]", &["subprotocol", "subprotocols", "sub_protocols"]),
        option(
            "origins",
            "origins = [\"https://example.com\"]",
            &["cors", "allow_origin", "allow_origins", "allowed_origins", "check_origin"],
        ),
        option("hosts", "hosts = [\"example.com\"]", &["allowed_hosts", "domain", "domains"]),
        option(
            "before_accept",
            "before_accept = [authenticate]",
            &[
                "dependencies",
                "depends",
                "guard",
                "guards",
                "middleware",
                "before",
                "auth",
                "filter",
                "wrap",
                "layer",
            ],
        ),
        option("rejection", "rejection = Rejection::Http", &["reject", "refusal"]),
        option(
            "accept_timeout",
            "accept_timeout = Duration::from_secs(5)",
            &["handshake_timeout", "open_timeout", "connect_timeout"],
        ),
        option(
            "ping_interval",
            "ping_interval = Duration::from_secs(20)",
            &["ping", "heartbeat", "heartbeat_interval", "keepalive", "keep_alive", "ping_every"],
        ),
        option(
            "pong_timeout",
            "pong_timeout = Duration::from_secs(20)",
            &["ping_timeout", "heartbeat_timeout"],
        ),
        option(
            "idle_timeout",
            "idle_timeout = Duration::from_secs(60)",
            &["timeout", "idle", "read_timeout", "receive_timeout"],
        ),
        option("close_timeout", "close_timeout = Duration::from_secs(5)", &["closing_timeout"]),
        option(
            "max_message_size",
            "max_message_size = 1024 * 1024",
            &[
                "max_size",
                "max_payload",
                "max_payload_size",
                "max_length",
                "limit",
                "size_limit",
                "message_size",
            ],
        ),
        option("max_frame_size", "max_frame_size = 1024 * 1024", &["max_frame", "frame_size"]),
        option(
            "send_buffer",
            "send_buffer = 64 * 1024",
            &["write_buffer", "write_buffer_size", "max_write_buffer_size", "buffer", "send_buffer_size"],
        ),
        option(
            "rate_limit",
            "rate_limit = RateLimit::new(messages, per)",
            &["rate", "throttle", "ratelimit", "limiter"],
        ),
        option("crate", "crate = some_crate::ws_runtime", &["crate_path", "krate"]),
    ],
    elsewhere: &[
        (&["method", "methods", "get"], "remove it: the opening handshake is always a GET"),
        (&["name", "operation_id"], "remove it: an endpoint has the name of its function"),
        (
            &["tags", "summary", "description", "doc", "docs", "response_model"],
            "remove it: what is said of an endpoint stands in the doc comment of its function",
        ),
        (
            &["state", "data", "app_data"],
            "remove it: `App::new().state(value)` shares it, and a parameter `State<T>` reads it",
        ),
        (
            &["prefix", "mount", "scope"],
            "remove it: `App::nest(\"/prefix\", router)` mounts a router under a prefix",
        ),
        (
            &["on_error", "error", "error_handler", "catch"],
            "remove it: `#[on_error(ItemError)]` on a function handles an error",
        ),
        (
            &["on_open", "on_connect", "on_message", "on_close", "on_disconnect"],
            "remove it: the function's body runs from accept to close, and receives by `ws.recv()`",
        ),
        (&["max_connections"], "remove it: `App::max_connections` limits the whole app"),
    ],
    suggest,
};

const fn option(name: &'static str, example: &'static str, aliases: &'static [&'static str]) -> Key {
    Key { name, example, aliases }
}

/// Reports what cannot be right; any other expression is rustc's to check.
pub(super) fn check_option(key: &Ident, value: &Expr, errors: &mut Errors) {
    let name = key.to_string();
    match name.as_str() {
        "protocols" => check_strings(&name, value, errors, check_protocol),
        "origins" => check_strings(&name, value, errors, check_origin),
        "hosts" => check_strings(&name, value, errors, check_host),
        "before_accept" => check_guards(value, errors),
        "rejection" => check_rejection(value, errors),
        "accept_timeout" | "ping_interval" | "pong_timeout" | "idle_timeout" | "close_timeout" => {
            refuse_literal(&name, value, "Duration", errors);
        }
        "max_message_size" | "max_frame_size" | "send_buffer" => check_bytes(&name, value, errors),
        "rate_limit" if cfg!(not(feature = "rate-limit")) => {
            let help = "enable it: `ws-runtime = { features = [\"rate-limit\"] }`";
            errors.push(key, "`rate_limit` needs the feature `rate-limit` of `ws-runtime`", help);
        }
        "rate_limit" => refuse_literal(&name, value, "RateLimit", errors),
        _ => {}
    }
}

/// The pair that somebody meant who wrote this value.
fn suggest(name: &str, value: &Expr) -> Option<String> {
    match name {
        "accept_timeout" | "ping_interval" | "pong_timeout" | "idle_timeout" | "close_timeout" => {
            Some(format!("{name} = {}", duration(value)?))
        }
        "protocols" | "origins" | "hosts" => match (as_array(value), literal(value)?) {
            (None, Lit::Str(text)) if text.value() != "*" => Some(format!("{name} = [{:?}]", text.value())),
            _ => None,
        },
        "before_accept" => {
            let guards = match as_array(value) {
                Some(array) => array.elems.iter().map(guard_name).collect::<Option<Vec<_>>>()?,
                None => vec![guard_name(value)?],
            };
            Some(format!("before_accept = [{}]", guards.join(", ")))
        }
        "max_message_size" | "max_frame_size" | "send_buffer" => {
            matches!(Number::of(value), Some(Number::Int(1..))).then(|| format!("{name} = {}", tidy(value)))
        }
        _ => None,
    }
}

// `60`, `0.5`, `"60"`, `"60s"` and `"5m"` as a call that makes a `Duration`.
fn duration(value: &Expr) -> Option<String> {
    match Number::of(value) {
        Some(Number::Int(seconds @ 0..)) => return Some(format!("Duration::from_secs({seconds})")),
        Some(Number::Float(seconds)) if seconds >= 0.0 => {
            return Some(format!("Duration::from_secs_f64({seconds:?})"));
        }
        Some(_) => return None,
        None => {}
    }
    let Lit::Str(text) = literal(value)? else { return None };
    let text = text.value();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    match text[digits.len()..].trim() {
        "" | "s" | "sec" | "secs" | "seconds" => Some(format!("Duration::from_secs({number})")),
        "ms" | "millis" => Some(format!("Duration::from_millis({number})")),
        "m" | "min" | "mins" | "minutes" => Some(format!("Duration::from_secs({})", number.checked_mul(60)?)),
        "h" => Some(format!("Duration::from_secs({})", number.checked_mul(3600)?)),
        _ => None,
    }
}

// `auth`, `auth()`, `auth("x")` and `Depends(auth)`.
fn guard_name(guard: &Expr) -> Option<String> {
    match guard {
        Expr::Path(_) => Some(tidy(guard)),
        Expr::Group(group) => guard_name(&group.expr),
        Expr::Call(call) => match (&*call.func, call.args.first()) {
            (Expr::Path(function), Some(Expr::Path(argument))) if function.path.is_ident("Depends") => {
                Some(tidy(argument))
            }
            (function @ Expr::Path(_), None) => Some(tidy(function)),
            _ => None,
        },
        Expr::Reference(reference) => guard_name(&reference.expr),
        _ => None,
    }
}

fn check_guards(value: &Expr, errors: &mut Errors) {
    let pair = suggest("before_accept", value).unwrap_or_else(|| "before_accept = [authenticate]".to_owned());
    let Some(guards) = as_array(value) else {
        errors.push(value, "option `before_accept` needs a list", format!("`{pair}`"));
        return;
    };
    for guard in &guards.elems {
        match guard {
            // It may be a function that makes a guard, but not if it has nothing to make it of.
            Expr::Call(call) if call.args.is_empty() && guard_name(guard).is_some() => {
                let help = format!("`{pair}`; braces, `[{{ .. }}]`, stand around a call that makes a guard");
                errors.push(call, "a guard is named, not called", help);
            }
            guard if literal(guard).is_some() => {
                errors.push(
                    guard,
                    "a guard is a function, `async fn(&Handshake) -> Result<(), E>`",
                    format!("`{pair}`"),
                );
            }
            _ => {}
        }
    }
}

// The variants are seldom imported, and rustc would not say where they are.
fn check_rejection(value: &Expr, errors: &mut Errors) {
    let word = match literal(value) {
        Some(Lit::Str(text)) => Some(text.value()),
        _ => as_ident(value).map(ToString::to_string),
    };
    let variant = word.as_deref().and_then(|word| match word {
        "Http" | "HTTP" | "http" | "HttpStatus" => Some("Http"),
        "Close" | "close" | "CLOSE" => Some("Close"),
        _ => None,
    });
    match variant {
        Some(variant) => {
            let pair = format!("`rejection = Rejection::{variant}`");
            errors.push(value, "option `rejection` needs a `Rejection`", pair);
        }
        None => refuse_literal("rejection", value, "Rejection", errors),
    }
}

/// The list `[a, b]`, also if a macro passed it on.
pub(super) fn as_array(value: &Expr) -> Option<&ExprArray> {
    match value {
        Expr::Array(array) => Some(array),
        Expr::Group(group) => as_array(&group.expr),
        _ => None,
    }
}

fn example(name: &str) -> String {
    let example = OPTIONS.keys.iter().find(|key| key.name == name).map_or(name, |key| key.example);
    format!("`{example}`")
}

fn refuse_literal(name: &str, value: &Expr, expected: &str, errors: &mut Errors) {
    if Number::of(value).is_some() || literal(value).is_some() {
        let pair = suggest(name, value).map_or_else(|| example(name), |pair| format!("`{pair}`"));
        errors.push(value, format!("option `{name}` needs a `{expected}`"), pair);
    }
}

fn check_bytes(name: &str, value: &Expr, errors: &mut Errors) {
    match Number::of(value) {
        Some(Number::Int(1..)) => {}
        Some(Number::Int(_)) => {
            errors.push(value, format!("option `{name}` must be greater than 0"), example(name));
        }
        None if literal(value).is_none() => {}
        _ => errors.push(value, format!("option `{name}` is a number of bytes"), example(name)),
    }
}

/// What is wrong with one string of a list, and what to write.
type Check = fn(&str) -> Result<(), (String, String)>;

fn check_strings(name: &str, value: &Expr, errors: &mut Errors, check: Check) {
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

fn check_protocol(text: &str) -> Result<(), (String, String)> {
    if is_token(text) {
        return Ok(());
    }
    let words: Vec<String> =
        text.split([' ', ',']).filter(|word| is_token(word)).map(|word| format!("{word:?}")).collect();
    let help = if words.len() > 1 {
        format!("one string for each: `protocols = [{}]`", words.join(", "))
    } else {
        "use letters, digits and `-._`, as RFC 6455, section 4.1, asks".to_owned()
    };
    Err((format!("subprotocol `{text}` is not a token"), help))
}

// What a browser sends (RFC 6454, section 6.2): scheme, host, and the port unless it is the scheme's default.
fn check_origin(text: &str) -> Result<(), (String, String)> {
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
        _ if bare != host && is_host(bare) => complaint(format!("`\"{scheme}://{bare}\"`")),
        _ if !is_host(host) => complaint("`\"https://example.com\"`".to_owned()),
        // The page's scheme, not the socket's.
        "ws" | "wss" => complaint(format!("`\"{}://{host}\"`", scheme.replace("ws", "http"))),
        _ => Ok(()),
    }
}

fn check_host(text: &str) -> Result<(), (String, String)> {
    // `*.example.com` stands for every subdomain.
    if is_host(text.strip_prefix("*.").unwrap_or(text)) {
        return Ok(());
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

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of `[::1]` are the address's own.
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
    port.parse::<u16>().is_ok() && (is_address || is_name(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        for origin in
            ["https://example.com", "http://localhost:3000", "http://[::1]:80", "chrome-extension://abc"]
        {
            assert_eq!(check_origin(origin), Ok(()));
        }
        for (origin, help) in [
            ("example.com", "`\"https://example.com\"`"),
            ("https://example.com/", "`\"https://example.com\"`"),
            ("wss://example.com", "`\"https://example.com\"`"),
            ("*", "`origins = Origins::any()`"),
        ] {
            assert_eq!(check_origin(origin).unwrap_err().1, help);
        }
    }

    #[test]
    fn hosts_have_no_scheme() {
        for host in ["example.com", "*.example.com", "localhost:8000", "[::1]", "[::1]:8000", "127.0.0.1"] {
            assert_eq!(check_host(host), Ok(()));
        }
        assert_eq!(check_host("https://example.com/a").unwrap_err().1, "`\"example.com\"`");
        assert!(check_host("a b").is_err() && check_host("a:b").is_err() && check_host("").is_err());
    }
}
