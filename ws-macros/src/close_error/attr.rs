//! The attribute `#[close(1008, reason = "..", status = 401)]` or `#[close(transparent)]`.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Expr, ExprUnary, Lit, LitInt, LitStr, Meta, UnOp};

use super::model::Reason;
use crate::{
    errors::Errors,
    list::{Entry, Key, Known, as_ident, parse_list},
};

/// What the `#[close]` attributes of one variant or type say, each part checked by itself.
#[derive(Default)]
pub(super) struct CloseAttr<'a> {
    /// The first attribute that is about closing; one that only has `crate` is not.
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
        Key { name: "reason", example: "reason = \"try later\"" },
        Key { name: "status", example: "status = 401" },
        Key { name: "transparent", example: "transparent" },
        Key { name: "crate", example: "crate = some_crate::ws_runtime" },
    ],
};

const HELP: &str = "`#[close(1008)]`, or `#[close(transparent)]` if the inner error decides";

impl<'a> CloseAttr<'a> {
    pub(super) fn parse(attrs: &'a [Attribute], errors: &mut Errors) -> Self {
        let mut parsed = Self::default();
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
                errors.push(pair, "`#[close]` takes its code in parentheses", HELP);
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

    // `1008` and `transparent`; false for what is neither.
    fn take_value(&mut self, entry: &Entry, errors: &mut Errors) -> bool {
        let Entry::Value(value) = entry else { return false };
        if let Some(ident) = as_ident(value) {
            let is_transparent = ident == "transparent";
            if is_transparent {
                self.transparent = Some(ident.clone());
            }
            return is_transparent;
        }
        match integer(value) {
            _ if self.code.is_some() => {
                errors.push(value, "an error has one close code", "remove one of the two");
            }
            Some(code) => self.code = check_code(code, errors),
            None if is_negative(value) => {
                errors.push(value, "close code is out of range", code_help());
            }
            None => errors.push(value, "close code must be an integer literal", "`#[close(1008)]`"),
        }
        true
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

// RFC 6455, section 7.4, and the IANA registry: 1004 is reserved, 1005, 1006 and 1015 only report what was not received.
fn check_code(code: &LitInt, errors: &mut Errors) -> Option<LitInt> {
    let message = match code.base10_parse::<u128>() {
        Ok(1000..=1003 | 1007..=1014 | 3000..=4999) => {
            return Some(LitInt::new(code.base10_digits(), code.span()));
        }
        Ok(number @ (1004..=1006 | 1015)) => format!("close code {number} is never sent"),
        Ok(number @ 1016..=2999) => format!("close code {number} is reserved for future protocols"),
        Ok(number) => format!("close code {number} is out of range"),
        Err(_) => "close code is out of range".to_owned(),
    };
    errors.push(code, message, code_help());
    None
}

fn check_reason(value: &Expr, errors: &mut Errors) -> Option<Reason> {
    // RFC 6455, section 5.5: a control frame holds 125 bytes, of which the code takes two.
    const LIMIT: usize = 123;
    if as_ident(value).is_some_and(|word| word == "display") {
        return Some(Reason::Display);
    }
    let Some(reason) = text(value) else {
        errors.push(value, "`reason` needs a string literal or `display`", "`reason = \"try later\"`");
        return None;
    };
    let length = reason.value().len();
    if length > LIMIT {
        let message = format!("close reason is {length} bytes, at most {LIMIT} fit");
        errors.push(value, message, "shorten it; a client that needs more can be sent a message first");
        return None;
    }
    Some(Reason::Literal(reason.clone()))
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
        errors.push(value, "`status` must be an integer literal", HELP);
        return None;
    };
    if !status.base10_parse::<u16>().is_ok_and(|number| (400..=599).contains(&number)) {
        errors.push(value, format!("status {} is no refusal", status.base10_digits()), HELP);
        return None;
    }
    Some(LitInt::new(status.base10_digits(), status.span()))
}

/// Reports every `#[close]` where none can stand.
pub(super) fn refuse<'a>(attrs: impl IntoIterator<Item = &'a Attribute>, place: &str, errors: &mut Errors) {
    for attr in attrs.into_iter().filter(|attr| attr.path().is_ident("close")) {
        errors.push(attr, format!("`#[close]` belongs on {place}"), format!("move it to {place}"));
    }
}
