//! The attribute `#[close(1008, reason = "..", status = 401)]` or `#[close(transparent)]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprUnary, Lit, LitInt, LitStr, Meta, UnOp};

use super::model::Reason;
use crate::{
    errors::Errors,
    list::{Entry, Key, Known, as_ident, literal, parse_list, suggest_literal},
    text::only_text,
};

/// The contents of the `#[close]` attributes of one variant or type, each part checked by itself.
#[derive(Default)]
pub(super) struct CloseAttr<'a> {
    /// The first attribute that is about closing. One that only has `crate` is not.
    pub(super) at: Option<&'a Attribute>,
    pub(super) transparent: Option<Ident>,
    pub(super) code: Option<LitInt>,
    pub(super) reason: Option<Reason>,
    pub(super) status: Option<LitInt>,
    pub(super) root: Option<Expr>,
}

const KEYS: Known = Known {
    noun: "key",
    place: " in `#[close]`",
    keys: &[
        Key {
            name: "reason",
            example: "reason = \"try later\"",
            aliases: &["message", "msg", "text", "detail", "description", "display"],
        },
        Key {
            name: "status",
            example: "status = 401",
            aliases: &["http", "http_status", "status_code", "http_code"],
        },
        Key { name: "transparent", example: "transparent", aliases: &["forward", "from", "inner", "source"] },
        Key { name: "crate", example: "crate = some_crate::ws_runtime", aliases: &["crate_path"] },
    ],
    elsewhere: &[(
        &["header", "headers"],
        "remove it: an `#[on_error]` handler returns a `Close`, which has `with_header`",
    )],
    suggest: suggest_literal,
};

const HELP: &str = "`#[close(1008)]`, or `#[close(transparent)]` if the inner error decides";

impl<'a> CloseAttr<'a> {
    pub(super) fn parse(attrs: &'a [Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("close_code")) {
            let code = attr.meta.require_list().ok().and_then(|list| list.parse_args::<Expr>().ok());
            let code = code.as_ref().and_then(code_meant).unwrap_or_else(|| "1008".to_owned());
            errors.push(attr, "the attribute is called `close`", format!("`#[close({code})]`"));
            parsed.at.get_or_insert(attr);
        }
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("close")) {
            parsed.parse_one(attr, errors);
        }
        parsed
    }

    fn parse_one(&mut self, attr: &'a Attribute, errors: &mut Errors) {
        let tokens = match &attr.meta {
            Meta::List(list) => list.tokens.clone(),
            Meta::Path(_) => TokenStream::new(),
            Meta::NameValue(pair) => {
                let help =
                    code_meant(&pair.value).map_or(HELP.to_owned(), |code| format!("`#[close({code})]`"));
                errors.push(pair, "`#[close]` takes its code in parentheses", help);
                self.at.get_or_insert(attr);
                return;
            }
        };
        let mut entries = parse_list(tokens, HELP, errors);
        let has_only_crate = !entries.is_empty()
            && entries.iter().all(|entry| matches!(entry, Entry::Pair(key, _) if key == "crate"));
        if !has_only_crate && self.at.replace(attr).is_some() {
            errors.push(attr, "`#[close]` is already there", "write one attribute with everything");
            return;
        }
        entries.retain(|entry| !self.take_value(entry, errors));
        for (key, value) in KEYS.check(&entries, errors) {
            match key.to_string().as_str() {
                "reason" => self.reason = check_reason(value, errors),
                "status" => self.status = check_status(value, errors),
                "transparent" => {
                    errors.push(value, "`transparent` takes no value", "`#[close(transparent)]`");
                }
                _ => self.root = Some(value.clone()),
            }
        }
    }

    // Handles `1008`, `transparent` and variants of them. Returns `false` for a key, or for what should be one.
    fn take_value(&mut self, entry: &Entry, errors: &mut Errors) -> bool {
        let value = match entry {
            Entry::Value(value) => value,
            Entry::Pair(key, Some(value)) | Entry::Unequal(key, _, Some(value)) if is_code_key(key) => {
                let code = code_meant(value).unwrap_or_else(|| "1008".to_owned());
                errors.push(key, "the close code has no key", format!("`#[close({code})]`"));
                return true;
            }
            _ => return false,
        };
        if let Some(ident) = as_ident(value) {
            if ident == "transparent" {
                self.transparent = Some(ident.clone());
                return true;
            }
            // Constants are in upper case, and keys are not.
            if KEYS.knows(ident) || ident.to_string().chars().any(char::is_lowercase) {
                return false;
            }
        }
        match integer(value) {
            Some(_) if self.code.is_some() => {
                errors.push(value, "an error has one close code", "remove one of the two");
            }
            Some(code) => self.code = check_code(code, in_attribute, errors),
            None if is_negative(value) => {
                errors.push(value, "close code is out of range", code_help());
            }
            None => self.report_no_code(value, errors),
        }
        true
    }

    fn report_no_code(&self, value: &Expr, errors: &mut Errors) {
        match (literal(value), code_meant(value)) {
            (Some(Lit::Str(text)), None) => {
                let pair = format!("reason = {:?}", text.value());
                let help = match &self.code {
                    Some(_) => format!("`{pair}`"),
                    None => format!("`#[close(1008, {pair})]`"),
                };
                errors.push(value, "a reason needs its key", help);
            }
            (_, code) => {
                let help = format!("`#[close({})]`", code.as_deref().unwrap_or("1008"));
                errors.push(value, "close code must be an integer literal", help);
            }
        }
    }
}

fn in_attribute(code: u16, status: u16) -> String {
    format!("#[close({code}, status = {status})]")
}

fn is_code_key(key: &Ident) -> bool {
    ["code", "close_code", "close", "ws_code"].iter().any(|name| key == name)
}

// Returns the number that `1008`, `"1008"`, `CloseCode::POLICY_VIOLATION` or `close_code!(1008)` stands for.
fn code_meant(value: &Expr) -> Option<String> {
    const NAMES: [(&str, &str); 12] = [
        ("NORMAL_CLOSURE", "1000"),
        ("GOING_AWAY", "1001"),
        ("PROTOCOL_ERROR", "1002"),
        ("UNSUPPORTED_DATA", "1003"),
        ("INVALID_FRAME_PAYLOAD_DATA", "1007"),
        ("POLICY_VIOLATION", "1008"),
        ("MESSAGE_TOO_BIG", "1009"),
        ("MANDATORY_EXTENSION", "1010"),
        ("INTERNAL_ERROR", "1011"),
        ("SERVICE_RESTART", "1012"),
        ("TRY_AGAIN_LATER", "1013"),
        ("BAD_GATEWAY", "1014"),
    ];
    let number = |text: &str| text.parse::<u16>().ok().map(|code| code.to_string());
    match value {
        Expr::Path(path) => {
            // tungstenite calls them `CloseCode::Policy`.
            let plain = |name: &str| name.replace('_', "").to_lowercase();
            let written = plain(&path.path.segments.last()?.ident.to_string());
            let known = NAMES.iter().find(|(name, _)| plain(name).starts_with(&written));
            known.filter(|_| written.len() > 3).map(|(_, code)| (*code).to_owned())
        }
        Expr::Macro(call) => number(&call.mac.tokens.to_string()),
        Expr::Call(call) => code_meant(call.args.first()?),
        Expr::Cast(cast) => code_meant(&cast.expr),
        Expr::Group(group) => code_meant(&group.expr),
        Expr::Paren(paren) => code_meant(&paren.expr),
        _ => match literal(value)? {
            Lit::Int(code) => number(code.base10_digits()),
            Lit::Str(text) => number(text.value().trim()),
            Lit::Float(code) => number(code.base10_digits().split('.').next()?),
            _ => None,
        },
    }
}

fn integer(value: &Expr) -> Option<&LitInt> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(int) => Some(int),
            _ => None,
        },
        Expr::Group(group) => integer(&group.expr),
        _ => None,
    }
}

fn is_negative(value: &Expr) -> bool {
    matches!(value, Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if integer(expr).is_some())
}

fn code_help() -> &'static str {
    "RFC 6455, section 7.4, allows 1000-1003, 1007-1014 and 3000-4999; 4000 and up are the application's own"
}

// RFC 6455, section 7.4, and the IANA registry: 1004 is reserved; 1005, 1006 and 1015 only report what was not received.
pub(crate) fn check_code(
    code: &LitInt,
    for_status: fn(code: u16, status: u16) -> String,
    errors: &mut Errors,
) -> Option<LitInt> {
    let message = match code.base10_parse::<u128>() {
        Ok(1000..=1003 | 1007..=1014 | 3000..=4999) => {
            return Some(LitInt::new(code.base10_digits(), code.span()));
        }
        Ok(number @ (1004..=1006 | 1015)) => format!("close code {number} is never sent"),
        Ok(number @ 1016..=2999) => format!("close code {number} is reserved for future protocols"),
        Ok(number) => format!("close code {number} is out of range"),
        Err(_) => "close code is out of range".to_owned(),
    };
    let help = match code.base10_parse::<u16>() {
        // Applications often derive their codes from HTTP's.
        Ok(status @ 400..=599) => {
            format!("`{}`: {status} is a status of HTTP", for_status(4000 + status, status))
        }
        _ => code_help().to_owned(),
    };
    errors.push(code, message, help);
    None
}

fn check_reason(value: &Expr, errors: &mut Errors) -> Option<Reason> {
    // RFC 6455, section 5.5: a control frame holds 125 bytes, and the code takes two of them.
    const LIMIT: usize = 123;
    if as_ident(value).is_some_and(|word| word == "display") {
        return Some(Reason::Display);
    }
    let Some(reason) = text(value) else {
        let help = match only_text(value.to_token_stream()) {
            Some(text) if !has_placeholder(&text) => format!("`reason = {text:?}`"),
            // A constant would have to be written out; anything else is a field or made of fields.
            _ if as_ident(value).is_some() => {
                "`reason = \"try later\"`, or `reason = display` for the Display text".to_owned()
            }
            _ => "`reason = display`, which sends the Display text".to_owned(),
        };
        errors.push(value, "`reason` needs a string literal or `display`", help);
        return None;
    };
    if has_placeholder(&reason.value()) {
        let help = "`reason = display` sends the Display text; without `reason` every code but 1011 does so";
        errors.push(value, "`reason` is sent as it is, and nothing is filled in", help);
        return None;
    }
    let length = reason.value().len();
    if length > LIMIT {
        let message = format!("close reason is {length} bytes, at most {LIMIT} fit");
        errors.push(value, message, "shorten it; a client that needs more can be sent a message first");
        return None;
    }
    Some(Reason::Literal(reason.clone()))
}

// `{}`, `{0}`, `{name}` or `{name:?}`. Braces of JSON have quotes inside.
fn has_placeholder(text: &str) -> bool {
    text.split('{').skip(1).any(|rest| {
        rest.split_once('}').is_some_and(|(inside, _)| {
            let name = inside.split(':').next().unwrap_or(inside);
            name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        })
    })
}

fn text(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text),
            _ => None,
        },
        Expr::Group(group) => text(&group.expr),
        _ => None,
    }
}

fn check_status(value: &Expr, errors: &mut Errors) -> Option<LitInt> {
    const HELP: &str = "a refused handshake is answered 400 to 599: `status = 401`";
    let Some(status) = integer(value) else {
        let help = status_meant(value).map_or(HELP.to_owned(), |status| format!("`status = {status}`"));
        errors.push(value, "`status` must be an integer literal", help);
        return None;
    };
    if !status.base10_parse::<u16>().is_ok_and(|number| (400..=599).contains(&number)) {
        errors.push(value, format!("status {} is no refusal", status.base10_digits()), HELP);
        return None;
    }
    Some(LitInt::new(status.base10_digits(), status.span()))
}

// Returns the number that `StatusCode::UNAUTHORIZED` or `"401"` stands for.
fn status_meant(value: &Expr) -> Option<u16> {
    const NAMES: [(&str, u16); 10] = [
        ("BAD_REQUEST", 400),
        ("UNAUTHORIZED", 401),
        ("FORBIDDEN", 403),
        ("NOT_FOUND", 404),
        ("CONFLICT", 409),
        ("GONE", 410),
        ("UNPROCESSABLE_ENTITY", 422),
        ("TOO_MANY_REQUESTS", 429),
        ("INTERNAL_SERVER_ERROR", 500),
        ("SERVICE_UNAVAILABLE", 503),
    ];
    match value {
        Expr::Path(path) => {
            let last = &path.path.segments.last()?.ident;
            NAMES.iter().find(|(name, _)| last == name).map(|(_, status)| *status)
        }
        _ => match literal(value)? {
            Lit::Str(text) => text.value().trim().parse().ok().filter(|status| (400..=599).contains(status)),
            _ => None,
        },
    }
}

/// Reports every `#[close]` in a place where none is allowed.
pub(super) fn refuse<'a>(attrs: impl IntoIterator<Item = &'a Attribute>, place: &str, errors: &mut Errors) {
    for attr in attrs.into_iter().filter(|attr| attr.path().is_ident("close")) {
        errors.push(attr, format!("`#[close]` belongs on {place}"), format!("move it to {place}"));
    }
}
