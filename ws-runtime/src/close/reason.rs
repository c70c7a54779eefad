//! [`CloseReason`]: a text that fits in a Close frame.

use std::{borrow::Cow, fmt, ops::Deref};

use crate::text::floor_char_boundary;

/// The reason of a close: at most 123 bytes of UTF-8, because a control frame holds 125 bytes and the code takes two of
/// them (RFC 6455, section 5.5). A longer text is cut at a character boundary.
///
/// ```
/// # use ws_runtime::CloseReason;
/// let reason = CloseReason::new("é".repeat(100));
/// assert_eq!(reason.len(), 122);
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct CloseReason(Cow<'static, str>);

impl CloseReason {
    /// The maximum length of a reason, in bytes.
    pub const MAX_LEN: usize = 123;

    /// Creates a reason from as much of the text as fits.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        let mut text = text.into();
        let end = floor_char_boundary(&text, Self::MAX_LEN);
        match &mut text {
            Cow::Borrowed(text) => *text = &text[..end],
            Cow::Owned(text) => text.truncate(end),
        }
        Self(text)
    }
}

impl Deref for CloseReason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for CloseReason {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}
