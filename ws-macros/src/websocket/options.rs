//! The options of the attribute, in one table, with checks of their literals.

use proc_macro2::Ident;
use syn::{Expr, ExprArray, Lit};

use super::{
    number::Number,
    option_texts::{check_host, check_origin, check_strings, check_subprotocol},
};
use crate::{
    errors::Errors,
    list::{Key, Known, as_ident, literal},
    text::tidy,
};

/// An option is a method of `Route` of the same name. Only `crate` is for the macro itself.
pub(super) const OPTIONS: Known = Known {
    noun: "option",
    place: "",
    keys: &[
        option("subprotocols", "subprotocols = [\"chat\"]", &["subprotocol", "sub_protocols"]),
        option(
            "require_subprotocol",
            "require_subprotocol = close_code!(4406)",
            &["require_protocol", "required_subprotocol", "required_protocol"],
        ),
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
        option("on_error", "on_error = handler", &["error", "error_handler", "catch", "exception_handler"]),
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
        option(
            "max_lifetime",
            "max_lifetime = Duration::from_secs(3600)",
            &["lifetime", "max_age", "max_duration", "session_timeout", "expires_in"],
        ),
        option("send_timeout", "send_timeout = Duration::from_secs(60)", &["write_timeout", "flush_timeout"]),
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
            "compression",
            "compression = Compression::deflate()",
            &["compress", "deflate", "permessage_deflate", "per_message_deflate"],
        ),
        option(
            "rate_limit",
            "rate_limit = RateLimit::new(messages, per)",
            &["rate", "throttle", "ratelimit", "limiter"],
        ),
        option("crate", "crate = some_crate::ws_runtime", &["crate_path", "krate"]),
    ],
    elsewhere: &[
        (
            &["method", "methods", "get", "GET", "post", "POST"],
            "remove it: the opening handshake is always a GET",
        ),
        (&["protocols", "protocol"], "the key is `subprotocols`"),
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

/// Reports values that cannot be right. rustc checks any other expression.
pub(super) fn check_option(key: &Ident, value: &Expr, errors: &mut Errors) {
    let name = key.to_string();
    match name.as_str() {
        "subprotocols" => check_strings(&name, value, errors, check_subprotocol),
        "origins" if as_ident(value).is_some_and(|word| word.to_string().eq_ignore_ascii_case("any")) => {
            errors.push(value, "option `origins` needs origins", "`origins = Origins::any()`");
        }
        "origins" => check_strings(&name, value, errors, check_origin),
        "hosts" => check_strings(&name, value, errors, check_host),
        "before_accept" => check_guards(value, errors),
        "on_error" => check_handlers(value, errors),
        "rejection" => check_rejection(value, errors),
        "accept_timeout" | "ping_interval" | "pong_timeout" | "idle_timeout" | "max_lifetime"
        | "send_timeout" | "close_timeout" => {
            refuse_literal(&name, value, "Duration", errors);
        }
        "max_message_size" | "max_frame_size" | "send_buffer" => check_bytes(&name, value, errors),
        "compression" if cfg!(not(feature = "deflate")) => needs_feature(key, "deflate", errors),
        "compression" => refuse_literal(&name, value, "Compression", errors),
        "rate_limit" if cfg!(not(feature = "rate-limit")) => needs_feature(key, "rate-limit", errors),
        "rate_limit" => refuse_literal(&name, value, "RateLimit", errors),
        _ => {}
    }
}

/// Returns the pair that a user who wrote this value probably meant.
fn suggest(name: &str, value: &Expr) -> Option<String> {
    match name {
        "accept_timeout" | "ping_interval" | "pong_timeout" | "idle_timeout" | "send_timeout"
        | "close_timeout" => Some(format!("{name} = {}", duration(value)?)),
        "subprotocols" | "origins" | "hosts" => match (as_array(value), literal(value)?) {
            (None, Lit::Str(text)) if text.value() == "*" => {
                (name == "origins").then(|| "origins = Origins::any()".to_owned())
            }
            (None, Lit::Str(text)) => Some(format!("{name} = [{:?}]", text.value())),
            _ => None,
        },
        "before_accept" => {
            let guards = match as_array(value) {
                Some(array) => array.elems.iter().map(guard_name).collect::<Option<Vec<_>>>()?,
                None => vec![guard_name(value)?],
            };
            Some(format!("before_accept = [{}]", guards.join(", ")))
        }
        "on_error" => as_ident(value).map(|name| format!("on_error = {name}")),
        "compression" => match literal(value)? {
            Lit::Bool(on) => {
                Some(format!("{name} = Compression::{}()", if on.value { "deflate" } else { "off" }))
            }
            _ => None,
        },
        "max_message_size" | "max_frame_size" | "send_buffer" => {
            bytes(value).map(|bytes| format!("{name} = {bytes}"))
        }
        "rate_limit" => match value {
            Expr::Tuple(pair) => {
                let (messages, per) = (pair.elems.first()?, pair.elems.get(1)?);
                Some(format!(
                    "rate_limit = RateLimit::new(const {{ NonZeroU32::new({}).unwrap() }}, {})",
                    tidy(messages),
                    duration(per)?
                ))
            }
            _ => None,
        },
        _ => None,
    }
}

// Converts `1_000`, `"64KiB"` and `"1 MB"` into bytes.
fn bytes(value: &Expr) -> Option<String> {
    if let Some(Number::Int(1..)) = Number::of(value) {
        return Some(tidy(value));
    }
    let Lit::Str(text) = literal(value)? else { return None };
    let text = text.value().to_lowercase();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    match text[digits.len()..].trim() {
        "" | "b" | "bytes" => Some(number.to_string()),
        "k" | "kb" | "kib" => Some(format!("{number} * 1024")),
        "m" | "mb" | "mib" => Some(format!("{number} * 1024 * 1024")),
        _ => None,
    }
}

// Converts `60`, `0.5`, `"60"`, `"60s"`, `"5m"` and `Some(60)` into a call that makes a `Duration`.
fn duration(value: &Expr) -> Option<String> {
    if let Some(inner) = in_some(value) {
        return duration(inner);
    }
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
            // It may be a function that makes a guard, but not without arguments to make it from.
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

fn check_handlers(value: &Expr, errors: &mut Errors) {
    let handlers = as_array(value).map_or_else(|| vec![value], |array| array.elems.iter().collect());
    for handler in handlers {
        let called = match handler {
            Expr::Call(call) if call.args.is_empty() => guard_name(handler),
            _ => None,
        };
        if let Some(name) = called {
            errors.push(handler, "a handler is named, not called", format!("`on_error = {name}`"));
        } else if literal(handler).is_some() {
            let message = "a handler is a function, `async fn(E, ErrorContext) -> Close`";
            errors.push(handler, message, example("on_error"));
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

/// Returns the list `[a, b]`, even if a macro passed it on.
pub(crate) fn as_array(value: &Expr) -> Option<&ExprArray> {
    match value {
        Expr::Array(array) => Some(array),
        Expr::Group(group) => as_array(&group.expr),
        _ => None,
    }
}

pub(super) fn example(name: &str) -> String {
    let example = OPTIONS.keys.iter().find(|key| key.name == name).map_or(name, |key| key.example);
    format!("`{example}`")
}

fn needs_feature(key: &Ident, feature: &str, errors: &mut Errors) {
    let help = format!("enable it: `ws-runtime = {{ features = [\"{feature}\"] }}`");
    errors.push(key, format!("`{key}` needs the feature `{feature}` of `ws-runtime`"), help);
}

fn in_some(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Some")) => {
            call.args.first()
        }
        _ => None,
    }
}

fn refuse_literal(name: &str, value: &Expr, expected: &str, errors: &mut Errors) {
    let is_literal = |value: &Expr| Number::of(value).is_some() || literal(value).is_some();
    let is_pair = matches!(value, Expr::Tuple(pair) if pair.elems.iter().all(is_literal));
    if is_literal(value) || is_pair || in_some(value).is_some_and(is_literal) {
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
        _ => {
            let pair = suggest(name, value).map_or_else(|| example(name), |pair| format!("`{pair}`"));
            errors.push(value, format!("option `{name}` is a number of bytes"), pair);
        }
    }
}
