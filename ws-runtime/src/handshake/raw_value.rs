//! [`RawValue`]: decoded text of a request.

use std::borrow::Cow;

/// A decoded value of a parameter.
pub type RawValue<'a> = Result<Cow<'a, str>, NotText>;

/// The error of a value that is not UTF-8 after decoding.
#[derive(Debug, Clone, Copy)]
pub struct NotText;

/// Percent-decodes a value whose text must be UTF-8.
pub(crate) fn percent_decode(raw: &str) -> RawValue<'_> {
    // Usually there is nothing to decode, and the value is known to be UTF-8.
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    percent_encoding::percent_decode_str(raw).decode_utf8().map_err(|_| NotText)
}
