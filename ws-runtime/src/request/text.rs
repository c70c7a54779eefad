//! [`Values`]: the texts of one parameter, and how they are percent-encoded.

use std::fmt::{Display, Write as _};

use percent_encoding::utf8_percent_encode;

use super::Argument;
use crate::text::ENCODED;

/// The texts of one parameter.
#[derive(Debug, Default)]
pub struct Values {
    pub(super) texts: Vec<String>,
    /// The parameter is a `Vec`.
    pub(super) many: bool,
    /// The texts are added to those that the parameter already has.
    pub(super) adds: bool,
    /// The `Display` of a value failed.
    pub(super) failed: bool,
}

impl Values {
    pub(super) fn of<T, S>(argument: impl Argument<T, S>) -> Self {
        let mut values = Self::default();
        argument.__write(&mut values);
        values
    }

    /// Writes a value. `to_string` would panic where `Display` fails.
    pub(super) fn push(&mut self, value: &impl Display) {
        let mut text = String::new();
        self.failed |= write!(text, "{value}").is_err();
        self.texts.push(text);
    }
}

pub(super) fn push_encoded(text: &mut String, value: &str) {
    text.extend(utf8_percent_encode(value, ENCODED));
}

/// Returns `true` for a segment that clients resolve before they ask, encoded or not (RFC 3986, section 5.2.4, and the URL
/// Standard, "single-dot" and "double-dot").
pub(super) fn is_dots(segment: &str) -> bool {
    matches!(segment, "." | "..")
}
