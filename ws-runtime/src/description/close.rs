//! [`CloseDescription`]: one way in which a connection may end.

use std::{borrow::Cow, fmt};

use http::StatusCode;

use crate::{Close, CloseCode, IntoCloseCode, close::ours};

/// One way in which the server may end a connection.
///
/// [`CloseError::closes`](crate::CloseError::closes) declares those of an error type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "describe", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CloseDescription {
    /// The close code, or `None` if it is decided at run time.
    pub code: Option<CloseCode>,
    /// The reason beside the code.
    pub reason: ReasonDescription,
    /// When this happens: the doc comment of the error's variant, or the runtime's own words.
    pub docs: String,
    /// Where the close comes from.
    pub origin: CloseOrigin,
    /// `true` if the handshake may be refused in this way, before the endpoint accepts the connection.
    pub before_accept: bool,
    /// `true` if an accepted connection may end in this way.
    pub after_accept: bool,
    /// The HTTP status that takes the place of the close before the connection is accepted. It is `None` unless the
    /// endpoint refuses connections by HTTP ([`Rejection::Http`](crate::Rejection::Http)), and if it is decided at run
    /// time.
    pub status: Option<u16>,
}

/// The reason of a close, as far as it is known in advance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "describe", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ReasonDescription {
    /// Exactly this text, which may be empty.
    Text(String),
    /// A text with values in the places in braces: `item {0} is gone`.
    Template(String),
    /// The reason is decided at run time.
    RunTime,
}

/// Where a close comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "describe", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CloseOrigin {
    /// An error that a guard, a parameter, a dependency or the endpoint returns.
    Error {
        /// The name of the error's type, without its module.
        name: String,
        /// The variant of an enum.
        variant: Option<String>,
    },
    /// A handler of the app or a router, which decides for errors of a type at run time.
    Handler {
        /// The name of the error's type, without its module.
        error: String,
    },
    /// Parameters that are missing or malformed.
    Validation,
    /// The endpoint itself, which returns without an error.
    Endpoint,
    /// The runtime.
    Runtime,
}

impl CloseDescription {
    /// Describes a close with this code, and a reason that is decided at run time.
    pub fn new(code: impl IntoCloseCode) -> Self {
        Self { code: Some(code.into_code()), ..Self::decided_at_run_time() }
    }

    /// Describes a close whose code and reason are decided at run time.
    #[must_use]
    pub fn decided_at_run_time() -> Self {
        Self {
            code: None,
            reason: ReasonDescription::RunTime,
            docs: String::new(),
            origin: CloseOrigin::Runtime,
            before_accept: true,
            after_accept: true,
            status: None,
        }
    }

    /// Sets the reason to exactly this text.
    #[must_use]
    pub fn reason(self, text: impl Into<String>) -> Self {
        Self { reason: ReasonDescription::Text(text.into()), ..self }
    }

    /// Sets the reason to the format string of the error's `Display`. One without places for values is the text itself.
    #[must_use]
    pub fn template(self, template: &str) -> Self {
        let reason = match without_escapes(template) {
            Some(text) => ReasonDescription::Text(text),
            None => ReasonDescription::Template(template.to_owned()),
        };
        Self { reason, ..self }
    }

    /// Sets the reason to that of every internal error.
    #[doc(hidden)]
    #[must_use]
    pub fn internal(self) -> Self {
        self.reason(ours::INTERNAL.reason)
    }

    /// Says when this happens.
    #[must_use]
    pub fn docs(self, docs: impl Into<String>) -> Self {
        Self { docs: docs.into(), ..self }
    }

    /// Names the variant of the error's type.
    #[must_use]
    pub fn variant(mut self, name: impl Into<String>) -> Self {
        if let CloseOrigin::Error { variant, .. } = &mut self.origin {
            *variant = Some(name.into());
        } else {
            self.origin = CloseOrigin::Error { name: String::new(), variant: Some(name.into()) };
        }
        self
    }

    /// Sets the HTTP status that refuses the handshake under [`Rejection::Http`](crate::Rejection::Http), in place of
    /// the one that follows from the code.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status: Some(status.as_u16()), ..self }
    }
}

/// Describes exactly this close.
impl From<&Close> for CloseDescription {
    fn from(close: &Close) -> Self {
        Self::new(close.code()).reason(close.reason()).status(close.status())
    }
}

impl fmt::Display for ReasonDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(text) | Self::Template(text) => text,
            Self::RunTime => "decided at run time",
        })
    }
}

/// Returns the text of a format string, unless it has places for values.
fn without_escapes(template: &str) -> Option<String> {
    let text = template.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let has_places = text.contains(['{', '}']);
    (!has_places).then(|| text.replace('\u{1}', "{").replace('\u{2}', "}"))
}

impl CloseOrigin {
    /// Returns the origin in words: `ItemError::NoSession`.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Error { name, variant: Some(variant) } => Cow::Owned(format!("{name}::{variant}")),
            Self::Error { name, variant: None } => Cow::Borrowed(name),
            Self::Handler { error } => Cow::Owned(format!("handler of `{error}`")),
            Self::Validation => Cow::Borrowed("validation"),
            Self::Endpoint => Cow::Borrowed("endpoint"),
            Self::Runtime => Cow::Borrowed("runtime"),
        }
    }
}
