//! The `value, key = value` lists that every attribute of this crate takes, parsed with recovery.

use std::fmt::Display;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, ExprPath, Lit, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::{errors::Errors, text::tidy};

/// One element of a list.
pub(crate) enum Entry {
    /// `"/path"`, `1008` or `transparent`.
    Value(Expr),
    /// `key = value`. The value is missing while the user still types it.
    Pair(Ident, Option<Expr>),
    /// `key: value`, `key => value` or `key value`, with the sign, or the value, that should be preceded by `=`.
    Unequal(Ident, TokenStream, Option<Expr>),
}

/// A key that a list may hold.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The whole pair, as the help shows it.
    pub(crate) example: &'static str,
    /// The names that other frameworks use.
    pub(crate) aliases: &'static [&'static str],
}

/// What a list may contain, and what messages call it.
pub(crate) struct Known {
    /// `option` or `key`.
    pub(crate) noun: &'static str,
    /// The text after the key in messages: `` in `#[query]` ``, or nothing.
    pub(crate) place: &'static str,
    pub(crate) keys: &'static [Key],
    /// Keys of other frameworks, and what to write instead.
    pub(crate) elsewhere: &'static [(&'static [&'static str], &'static str)],
    /// Returns the pair to write for a value that was probably meant.
    pub(crate) suggest: fn(key: &str, value: &Expr) -> Option<String>,
}

/// A key and a literal, as written.
pub(crate) fn suggest_literal(key: &str, value: &Expr) -> Option<String> {
    literal(value).map(|literal| format!("{key} = {}", tidy(literal)))
}

/// Returns the literal that an expression consists of, even if a macro passed it on as `$path:expr`.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(value) => Some(&value.lit),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// Splits a list at its commas. An element that does not parse is reported, and parsing continues with the next.
pub(crate) fn parse_list(tokens: TokenStream, help: &str, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let Some(entry) = errors.take(parse_entry(input), help) else {
                skip_element(input);
                continue;
            };
            entries.push(entry);
            let comma = if input.is_empty() { Ok(()) } else { input.parse::<Token![,]>().map(drop) };
            if errors.take(comma, "separate the two with a comma").is_none() {
                skip_element(input);
            }
        }
        Ok(())
    };
    let parsed = parser.parse2(tokens);
    errors.take(parsed, help);
    entries
}

fn parse_entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    if !input.peek(Ident::peek_any) {
        return input.parse().map(Entry::Value);
    }
    if input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]) {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        return Ok(Entry::Pair(key, parse_value(input)?));
    }
    let is_sign = |input: ParseStream<'_>| {
        (input.peek2(Token![:]) && !input.peek2(Token![::]))
            || input.peek2(Token![=>])
            || input.peek2(Token![==])
    };
    let lacks_sign = input.peek(syn::Ident) && (input.peek2(Lit) || input.peek2(syn::Ident));
    if is_sign(input) {
        let key = input.call(Ident::parse_any)?;
        let mut sign = TokenStream::new();
        while input.peek(Token![:]) || input.peek(Token![=]) || input.peek(Token![>]) {
            input.parse::<TokenTree>()?.to_tokens(&mut sign);
        }
        return Ok(Entry::Unequal(key, sign, parse_value(input)?));
    }
    // `key "value"` is not an expression.
    if lacks_sign {
        let key = input.call(Ident::parse_any)?;
        let value = parse_value(input)?;
        return Ok(Entry::Unequal(key, value.to_token_stream(), value));
    }
    input.parse().map(Entry::Value)
}

fn parse_value(input: ParseStream<'_>) -> syn::Result<Option<Expr>> {
    if input.is_empty() || input.peek(Token![,]) { Ok(None) } else { input.parse().map(Some) }
}

fn skip_element(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            return;
        }
    }
}

impl Known {
    /// Returns the pairs whose keys are known, occur once and have a value. Everything else is reported.
    pub(crate) fn check<'a>(&self, entries: &'a [Entry], errors: &mut Errors) -> Vec<(&'a Ident, &'a Expr)> {
        let mut pairs: Vec<(&Ident, &Expr)> = Vec::new();
        for entry in entries {
            let (key, value) = match entry {
                Entry::Pair(key, value) => (key, value),
                Entry::Unequal(key, sign, value) => {
                    self.report_unequal(key, sign, value.as_ref(), errors);
                    continue;
                }
                Entry::Value(value) => {
                    self.report_value(value, errors);
                    continue;
                }
            };
            let Some(known) = self.find(key) else {
                self.report_unknown(key, value.as_ref(), errors);
                continue;
            };
            if pairs.iter().any(|(earlier, _)| *earlier == key) {
                let Self { noun, place, .. } = self;
                errors.push(key, format!("duplicate {noun} `{key}`{place}"), "remove one of the two");
            } else if let Some(value) = value {
                pairs.push((key, value));
            } else {
                self.report_no_value(key, known.example, errors);
            }
        }
        pairs
    }

    pub(crate) fn find(&self, key: &Ident) -> Option<&'static Key> {
        self.keys.iter().find(|known| key == known.name)
    }

    /// Returns `true` if this is a key, another framework's name for one, or another framework's own key.
    pub(crate) fn knows(&self, name: &Ident) -> bool {
        let elsewhere = self.elsewhere.iter().any(|(names, _)| names.iter().any(|known| name == known));
        let is_close = || closest(&name.to_string(), self.keys.iter().map(|key| key.name)).is_some();
        self.find(name).is_some() || self.knows_as_alias(name) || elsewhere || is_close()
    }

    /// Returns `true` if other frameworks use this name for one of the keys.
    pub(crate) fn knows_as_alias(&self, name: &Ident) -> bool {
        self.keys.iter().any(|key| key.aliases.iter().any(|alias| name == alias))
    }

    // `subprotocols`, `subprotocols("chat")` and `subprotocols["chat"]` are meant as pairs, and `page >= 1` as a bound.
    fn report_value(&self, value: &Expr, errors: &mut Errors) {
        let (meant, given) = match value {
            Expr::Call(call) => (&*call.func, call.args.first()),
            Expr::Index(index) => (&*index.expr, Some(&*index.index)),
            _ => (value, None),
        };
        match as_ident(meant).map(|key| (key, self.find(key))) {
            Some((key, Some(known))) => {
                let pair = given.and_then(|given| (self.suggest)(known.name, given));
                self.report_no_value(key, pair.as_deref().unwrap_or(known.example), errors);
            }
            Some((key, None)) => self.report_unknown(key, given, errors),
            None => errors.push(value, format!("expected `{} = value`", self.noun), self.help()),
        }
    }

    fn report_no_value(&self, key: &Ident, pair: &str, errors: &mut Errors) {
        self.offer(key, errors);
        let Self { noun, place, .. } = self;
        errors.push(key, format!("{noun} `{key}`{place} needs a value"), format!("`{pair}`"));
    }

    fn report_unequal(&self, key: &Ident, sign: &TokenStream, value: Option<&Expr>, errors: &mut Errors) {
        let Some(known) = self.find(key) else { return self.report_unknown(key, value, errors) };
        let pair = match value {
            Some(value) => format!("{key} = {}", tidy(value)),
            None => known.example.to_owned(),
        };
        errors.push(sign, format!("expected `=` behind `{key}`"), format!("`{pair}`"));
    }

    fn report_unknown(&self, key: &Ident, value: Option<&Expr>, errors: &mut Errors) {
        self.offer(key, errors);
        let Self { noun, place, keys, .. } = self;
        let written = key.to_string();
        let alias = keys.iter().find(|key| key.aliases.contains(&&*written));
        let elsewhere = self.elsewhere.iter().find(|(names, _)| names.contains(&&*written));
        let help = match (alias, elsewhere) {
            (Some(meant), _) => {
                let pair = value.and_then(|value| (self.suggest)(meant.name, value));
                format!("`{}`", pair.as_deref().unwrap_or(meant.example))
            }
            (None, Some((_, help))) => (*help).to_owned(),
            (None, None) => match closest(&written, keys.iter().map(|key| key.name)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => self.help(),
            },
        };
        errors.push(key, format!("unknown {noun} `{key}`{place}"), help);
    }

    /// Lets an editor complete a key.
    pub(crate) fn offer(&self, key: &Ident, errors: &mut Errors) {
        errors.editor.word(key, self.keys.iter().map(|key| (key.name, format!("`{}`", key.example))));
    }

    fn help(&self) -> String {
        if let [only] = self.keys {
            return format!("the only {} is `{}`", self.noun, only.name);
        }
        format!("known {}s are {}", self.noun, enumerate(self.keys.iter().map(|key| key.name)))
    }
}

/// Returns the identifier that an expression consists of.
pub(crate) fn as_ident(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(ExprPath { qself: None, path, .. }) => path.get_ident(),
        Expr::Group(group) => as_ident(&group.expr),
        _ => None,
    }
}

/// `` `a`, `b`, `c` ``
pub(crate) fn enumerate(names: impl Iterator<Item = impl Display>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns the candidate that differs least from what was written, if it is close enough to be meant.
pub(crate) fn closest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

// The Levenshtein distance, except that two swapped neighbours count as one edit, because that is the most common slip.
fn distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut rows = vec![(0..=right.len()).collect::<Vec<_>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let substituted = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = substituted.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn suggests_only_what_is_close() {
        let keys = || ["subprotocols", "origins", "ge", "name"].into_iter();
        assert_eq!(closest("subprotocol", keys()), Some("subprotocols"));
        assert_eq!(closest("nmae", keys()), Some("name"));
        assert_eq!(closest("orgins", keys()), Some("origins"));
        assert_eq!(closest("timeout", keys()), None);
        assert_eq!(closest("xx", keys()), None);
    }

    #[test]
    fn a_broken_element_does_not_hide_the_next() {
        let mut errors = Errors::new();
        let entries = parse_list(
            quote!("/a", b = + , c = 1, d =, e, f: 1, "g" h, i, j 1, k => 2, l::m),
            "help",
            &mut errors,
        );
        let kinds: Vec<_> = entries
            .iter()
            .map(|entry| match entry {
                Entry::Value(_) => "value".to_owned(),
                Entry::Pair(key, value) => format!("{key}{}", if value.is_some() { "=" } else { "" }),
                Entry::Unequal(key, sign, _) => format!("{key} {sign}"),
            })
            .collect();
        assert_eq!(kinds, ["value", "c=", "d", "value", "f :", "value", "value", "j 1", "k =>", "value"]);
        let emitted = errors.with(TokenStream::new()).to_string();
        assert_eq!(emitted.matches("compile_error").count(), 2, "{emitted}");
    }
}
