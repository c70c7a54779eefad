//! [`RawValue`]: text of a request, decoded.

use std::borrow::Cow;

/// One raw value of a parameter, decoded.
pub type RawValue<'a> = Result<Cow<'a, str>, NotText>;

/// A value that is not UTF-8 once decoded.
#[derive(Debug, Clone, Copy)]
pub struct NotText;

/// Percent-decodes a value whose text must be UTF-8.
pub(crate) fn percent_decode(raw: &str) -> RawValue<'_> {
    // Mostly there is nothing to decode, and then it is known to be UTF-8.
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    percent_encoding::percent_decode_str(raw).decode_utf8().map_err(|_| NotText)
}
