//! What an open connection keeps of its request, without the buffer that the request was read into.

use std::borrow::Cow;

use bytes::Bytes;
use http::{Extensions, HeaderValue, Uri, request::Parts};

/// Copies the target and the headers' values into one buffer of their size, and gives back what the extensions hold if
/// they are empty.
///
/// hyper slices target and values from its read buffer, which has 8 KiB; an idle connection would hold all of it.
pub(crate) fn compact(parts: &mut Parts) {
    if parts.extensions.is_empty() {
        parts.extensions = Extensions::new();
    }
    let uri = match (parts.uri.scheme(), parts.uri.path_and_query()) {
        (None, Some(target)) => Cow::Borrowed(target.as_str()),
        // What a proxy is sent.
        _ => Cow::Owned(parts.uri.to_string()),
    };
    let length = parts.headers.values().map(HeaderValue::len).sum::<usize>() + uri.len();
    let mut copies = Vec::with_capacity(length);
    copies.extend_from_slice(uri.as_bytes());
    parts.headers.values().for_each(|value| copies.extend_from_slice(value.as_bytes()));
    let mut copies = Bytes::from(copies);
    if let Ok(uri) = Uri::from_maybe_shared(copies.split_to(uri.len())) {
        parts.uri = uri;
    }
    for value in parts.headers.values_mut() {
        if let Ok(mut copy) = HeaderValue::from_maybe_shared(copies.split_to(value.len())) {
            copy.set_sensitive(value.is_sensitive());
            *value = copy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stays_as_it_was() {
        for uri in ["/items/a%2Fb/ws?q=%20x&r", "http://example.com:8000/items?q", "http://example.com"] {
            let request = http::Request::builder()
                .uri(uri)
                .header("cookie", "session=abc")
                .header("cookie", "theme=dark")
                .header("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
            compact(&mut parts);
            assert_eq!((parts.uri, parts.headers), (uri, headers));
        }
    }
}
