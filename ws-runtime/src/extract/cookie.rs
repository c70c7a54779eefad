//! Cookies (RFC 6265, section 5.4).

use std::borrow::Cow;

use http::{HeaderMap, header};

use super::{
    Extraction, FromText, NotText, Param, Shape,
    field::{Field, Source},
};

impl Extraction {
    /// Reads the cookie `name`.
    pub fn cookie<S: Shape<T>, T: FromText>(
        &mut self,
        name: &'static str,
        param: Param<S, T>,
    ) -> Option<S::Value> {
        let (handshake, errors) = self.parts();
        let mut values = cookies(handshake.headers(), name).map(|value| value.map(Cow::Borrowed));
        S::read(param, &mut values, Field::new(Source::Cookie, name, errors))
    }
}

/// The values of the cookies called `name`, over all `Cookie` headers, as they were sent.
pub(crate) fn cookies<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> impl Iterator<Item = Result<&'a str, NotText>> {
    headers.get_all(header::COOKIE).iter().flat_map(move |header| {
        let (text, broken) = match std::str::from_utf8(header.as_bytes()) {
            Ok(text) => (text, None),
            // Which of its cookies is broken cannot be told without reading bytes: ask for the name only.
            Err(_) => ("", contains_cookie(header.as_bytes(), name).then_some(Err(NotText))),
        };
        let values = text
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .filter(move |(key, _)| key.trim() == name)
            .map(|(_, value)| Ok(value.trim()));
        values.chain(broken)
    })
}

fn contains_cookie(header: &[u8], name: &str) -> bool {
    header.split(|byte| *byte == b';').any(|pair| {
        let pair = pair.trim_ascii_start();
        pair.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'='))
    })
}
