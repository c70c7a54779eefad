//! The `value, key = value` lists that every attribute of this crate takes, parsed with recovery.

use std::fmt::Display;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Expr, ExprPath, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::errors::Errors;

/// One element of a list.
pub(crate) enum Entry {
    /// `"/path"`, `1008` or `transparent`.
    Value(Expr),
    /// `key = value`; the value is missing while the user still types it.
    Pair(Ident, Option<Expr>),
}

/// A key that a list may hold.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// The whole pair, as help shows it.
    pub(crate) example: &'static str,
}

/// What a list may hold and how messages call it.
pub(crate) struct Known {
    /// `option` or `key`.
    pub(crate) noun: &'static str,
    /// Stands behind the key in messages: `` in `#[query]` ``, or nothing.
    pub(crate) place: &'static str,
    pub(crate) keys: &'static [Key],
}

/// Splits a list at its commas; an element that does not parse is reported, and the next one is tried.
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
    let is_pair = input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
    if !is_pair {
        return input.parse().map(Entry::Value);
    }
    let key = input.call(Ident::parse_any)?;
    input.parse::<Token![=]>()?;
    let value = if input.is_empty() || input.peek(Token![,]) { None } else { Some(input.parse()?) };
    Ok(Entry::Pair(key, value))
}

fn skip_element(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') {
            return;
        }
    }
}

impl Known {
    /// The pairs whose keys are known, given once and have a value; everything else is reported.
    pub(crate) fn check<'a>(&self, entries: &'a [Entry], errors: &mut Errors) -> Vec<(&'a Ident, &'a Expr)> {
        let mut pairs: Vec<(&Ident, &Expr)> = Vec::new();
        for entry in entries {
            match entry {
                Entry::Pair(key, value) => {
                    let Some(known) = self.find(key) else {
                        self.report_unknown(key, errors);
                        continue;
                    };
                    if pairs.iter().any(|(earlier, _)| *earlier == key) {
                        let Self { noun, place, .. } = self;
                        errors.push(key, format!("duplicate {noun} `{key}`{place}"), "remove one of the two");
                    } else if let Some(value) = value {
                        pairs.push((key, value));
                    } else {
                        self.report_no_value(key, known, errors);
                    }
                }
                Entry::Value(value) => self.report_value(value, errors),
            }
        }
        pairs
    }

    pub(crate) fn find(&self, key: &Ident) -> Option<&'static Key> {
        self.keys.iter().find(|known| key == known.name)
    }

    // `protocols` and `protocols("chat")` are meant as pairs.
    fn report_value(&self, value: &Expr, errors: &mut Errors) {
        let meant = match value {
            Expr::Call(call) => &call.func,
            _ => value,
        };
        match as_ident(meant).map(|key| (key, self.find(key))) {
            Some((key, Some(known))) => self.report_no_value(key, known, errors),
            Some((key, None)) => self.report_unknown(key, errors),
            None => errors.push(value, format!("expected `{} = value`", self.noun), self.help()),
        }
    }

    fn report_no_value(&self, key: &Ident, known: &Key, errors: &mut Errors) {
        let Self { noun, place, .. } = self;
        errors.push(key, format!("{noun} `{key}`{place} needs a value"), format!("`{}`", known.example));
    }

    fn report_unknown(&self, key: &Ident, errors: &mut Errors) {
        let Self { noun, place, keys } = self;
        let written = key.to_string();
        let help = match closest(&written, keys.iter().map(|key| key.name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => self.help(),
        };
        errors.push(key, format!("unknown {noun} `{key}`{place}"), help);
    }

    fn help(&self) -> String {
        if let [only] = self.keys {
            return format!("the only {} is `{}`", self.noun, only.name);
        }
        format!("known {}s are {}", self.noun, enumerate(self.keys.iter().map(|key| key.name)))
    }
}

/// The identifier that an expression consists of.
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

/// The candidate that differs least from what was written, if it is close enough to be meant.
pub(crate) fn closest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

// Levenshtein, except that two neighbours swapped count as one edit: it is the commonest slip.
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
        let keys = || ["protocols", "origins", "ge", "name"].into_iter();
        assert_eq!(closest("protocol", keys()), Some("protocols"));
        assert_eq!(closest("nmae", keys()), Some("name"));
        assert_eq!(closest("orgins", keys()), Some("origins"));
        assert_eq!(closest("timeout", keys()), None);
        assert_eq!(closest("xx", keys()), None);
    }

    #[test]
    fn a_broken_element_does_not_hide_the_next() {
        let mut errors = Errors::new();
        let entries = parse_list(quote!("/a", b = + , c = 1, d =, e f, g), "help", &mut errors);
        let kinds: Vec<_> = entries
            .iter()
            .map(|entry| match entry {
                Entry::Value(_) => "value".to_owned(),
                Entry::Pair(key, value) => format!("{key}{}", if value.is_some() { "=" } else { "" }),
            })
            .collect();
        assert_eq!(kinds, ["value", "c=", "d", "value", "value"]);
        let emitted = errors.with(TokenStream::new()).to_string();
        assert_eq!(emitted.matches("compile_error").count(), 2, "{emitted}");
    }
}
