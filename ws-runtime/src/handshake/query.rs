//! Query strings (`application/x-www-form-urlencoded`).

use std::borrow::Cow;

use super::{NotText, RawValue, percent_decode};

/// Returns the decoded values of the query parameter `name`. A name that is not UTF-8 never matches.
pub(crate) fn query_values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = RawValue<'a>> {
    raw_pairs(query)
        .filter(move |(key, _)| decode(key).is_ok_and(|key| key == name))
        .map(|(_, value)| decode(value))
}

/// A name and a value, decoded.
pub(crate) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Returns all pairs of the query string, decoded and in order.
///
/// `form_urlencoded` would replace text that is not UTF-8; here it is a mistake to report.
pub(crate) fn query_pairs(query: &str) -> impl Iterator<Item = (RawValue<'_>, RawValue<'_>)> {
    raw_pairs(query).map(|(name, value)| (decode(name), decode(value)))
}

fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a name or a value. In a query, `+` is a space.
fn decode(raw: &str) -> RawValue<'_> {
    if !raw.contains('+') {
        return percent_decode(raw);
    }
    let spaced = raw.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().map_err(|_| NotText)?;
    Ok(Cow::Owned(decoded.into_owned()))
}
