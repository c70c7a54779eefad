//! Query parameters (`application/x-www-form-urlencoded`).

use std::borrow::Cow;

use super::{
    Extraction, FromText, NotText, Param, RawValue, Shape,
    field::{Field, Source},
    percent_decode,
};

impl Extraction {
    /// Reads the query parameter `name`.
    pub fn query<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let mut values = query_values(handshake.raw_query(), name);
        S::read(param, &mut values, Field::new(Source::Query, name, errors))
    }
}

/// The values of the query parameter `name`, decoded. A name that is not UTF-8 is nobody's.
pub(crate) fn query_values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = RawValue<'a>> {
    raw_pairs(query)
        .filter(move |(key, _)| decode(key).is_ok_and(|key| key == name))
        .map(|(_, value)| decode(value))
}

/// A name and a value, decoded.
pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Every pair of the query string, in order, decoded.
///
/// `form_urlencoded` would replace what is not UTF-8; here that is a mistake to report.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (RawValue<'_>, RawValue<'_>)> {
    raw_pairs(query).map(|(name, value)| (decode(name), decode(value)))
}

fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// In a query `+` is a space.
fn decode(raw: &str) -> RawValue<'_> {
    if !raw.contains('+') {
        return percent_decode(raw);
    }
    let spaced = raw.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().map_err(|_| NotText)?;
    Ok(Cow::Owned(decoded.into_owned()))
}
