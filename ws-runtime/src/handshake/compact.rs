//! The target that an open connection keeps of its request, without the buffer that the request was read into.

use std::borrow::Cow;

use bytes::Bytes;
use http::Uri;

/// Gives a target a buffer of its size.
///
/// hyper slices it from its read buffer, which has 8 KiB; an idle connection would hold all of it.
pub(crate) fn compact(uri: &mut Uri) {
    let text = match (uri.scheme(), uri.path_and_query()) {
        (None, Some(target)) => Cow::Borrowed(target.as_str()),
        // The form that a proxy is sent.
        _ => Cow::Owned(uri.to_string()),
    };
    if let Ok(copy) = Uri::from_maybe_shared(Bytes::copy_from_slice(text.as_bytes())) {
        *uri = copy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_stays_as_it_was() {
        for text in ["/items/a%2Fb/ws?q=%20x&r", "http://example.com:8000/items?q", "http://example.com"] {
            let mut uri: Uri = text.parse().unwrap();
            compact(&mut uri);
            assert_eq!(uri, text);
        }
    }
}
