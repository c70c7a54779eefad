//! [`ValidationError`]: all mistakes in the parameters of one handshake, in FastAPI's format.

use std::{borrow::Cow, fmt};

use http::StatusCode;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Close, CloseReason, IntoCloseCode, close::WriteDetails, text::floor_char_boundary};

/// The kind of an error whose message comes from a user's type.
pub(crate) const VALUE_ERROR: &str = "value_error";

/// The number of errors that are kept: a response should not become much larger than the request.
const MAX_ERRORS: usize = 100;

/// The number of errors that are shown in one line of a log.
const MAX_SHOWN: usize = 10;

/// The number of bytes that are kept of an input, and of a message about it.
const MAX_TEXT: usize = 256;

/// The number of bytes that are kept of each name in a place. The next constant limits the names and indices of a
/// place.
const MAX_NAME: usize = 100;
const MAX_STEPS: usize = 32;

/// The parameters of a handshake that are missing or malformed, up to 100 of them.
///
/// Unless a handler decides otherwise, it closes with 1008 and [`to_close`](Self::to_close), or, under
/// [`Rejection::Http`](crate::Rejection::Http), responds with 422 and FastAPI's `{"detail":[…]}`, which is also its
/// serialized form.
///
/// It is created before anybody is authenticated, so its size is bounded for every request: further errors are dropped,
/// `msg` and `input` are cut after 256 bytes, each name in a place after 100 bytes, and a place after 32 names and
/// indices. A text that is cut ends with `…`.
///
/// `Debug` and `Display`, which end up in logs, show nothing that was received.
#[derive(Clone, Default)]
pub struct ValidationError(
    /// Boxed and absent until there is an error, because the future of every endpoint contains one of these.
    Option<Box<Errors>>,
);

#[derive(Clone, Default)]
struct Errors {
    fields: Vec<FieldError>,
    /// One bit for each error, which is set if the client made up a name in its place.
    foreign: u128,
}

/// A parameter that is missing or malformed.
///
/// `Debug` and `Display`, which end up in logs, show neither the input nor the message of a user's type, which may
/// quote it.
#[derive(Clone)]
#[non_exhaustive]
pub struct FieldError {
    /// The kind of the error, with the names of FastAPI: `missing`, `int_parsing`, `greater_than_equal`, …; called
    /// `type` in JSON.
    pub kind: Cow<'static, str>,
    /// The place: the source (`path`, `query`, `cookie`, `header`), the name on the wire, and the index within a `Vec`.
    pub loc: Vec<Loc>,
    /// A human-readable description.
    pub msg: String,
    /// The received text. It is `None` if nothing was received, and always for cookies and headers, which carry
    /// secrets.
    pub input: Option<String>,
    /// The message may quote the input.
    pub(crate) quotes: bool,
}

/// One step on the path to an invalid value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loc {
    /// A source, or a name on the wire.
    Name(Cow<'static, str>),
    /// An index among the values of one name, starting at 0.
    Index(usize),
}

impl ValidationError {
    /// Creates an error without any fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an invalid field, within the bounds described for this [type](Self).
    pub fn push(&mut self, error: FieldError) {
        if !self.is_full() {
            self.kept().fields.push(error.bounded());
        }
    }

    /// Adds an invalid field whose place contains a name that the program does not declare.
    pub(crate) fn push_foreign(&mut self, error: FieldError) {
        if !self.is_full() {
            let errors = self.kept();
            errors.foreign |= 1 << errors.fields.len();
            self.push(error);
        }
    }

    /// Adds the errors of another one that are not among these yet.
    pub(crate) fn merge(&mut self, others: Self) {
        let Some(others) = others.0 else { return };
        for (index, error) in others.fields.into_iter().enumerate() {
            match others.foreign >> index & 1 {
                _ if self.errors().contains(&error) => {}
                1 => self.push_foreign(error),
                _ => self.push(error),
            }
        }
    }

    fn kept(&mut self) -> &mut Errors {
        self.0.get_or_insert_default()
    }

    /// Returns `true` if no more errors are kept, so that there is no point in looking for more.
    pub(crate) fn is_full(&self) -> bool {
        self.errors().len() >= MAX_ERRORS
    }

    /// Returns the invalid fields, in the order of the endpoint's parameters.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        self.0.as_ref().map_or(&[], |errors| &errors.fields)
    }

    /// Returns `true` if there are no errors.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors().is_empty()
    }

    /// Returns a close with the given code whose reason is a JSON array of `{"type","loc"}`, with as many of the first
    /// errors as fit in the 123 bytes of a reason. The reason is always valid JSON: if not even the first error fits,
    /// its place is cut from the end. As an HTTP response it is 422 with all details.
    ///
    /// ```
    /// use ws_runtime::{CloseCode, FieldError, ValidationError};
    ///
    /// let mut error = ValidationError::new();
    /// error.push(FieldError::new("missing", ["query", "q"], "Field required"));
    /// let close = error.to_close(CloseCode::UNSUPPORTED_DATA);
    /// assert_eq!(close.reason(), r#"[{"type":"missing","loc":["query","q"]}]"#);
    /// assert_eq!(close.status(), 422);
    /// ```
    #[must_use]
    pub fn to_close(&self, code: impl IntoCloseCode) -> Close {
        Close::new(code, self.reason())
            .with_status(StatusCode::UNPROCESSABLE_ENTITY)
            .with_details(self.clone())
    }

    fn reason(&self) -> String {
        let mut reason = Vec::with_capacity(CloseReason::MAX_LEN + "]".len());
        reason.push(b'[');
        for error in self.errors() {
            let before = reason.len();
            if before > "[".len() {
                reason.push(b',');
            }
            let written = serde_json::to_writer(&mut reason, &Summary { kind: &error.kind, loc: &error.loc });
            if written.is_err() || reason.len() + "]".len() > CloseReason::MAX_LEN {
                reason.truncate(before);
                break;
            }
        }
        if let ([b'['], Some(first)) = (&*reason, self.errors().first()) {
            reason.extend(first.shortened());
        }
        reason.push(b']');
        String::from_utf8(reason).unwrap_or_default()
    }
}

impl FieldError {
    /// An error of this kind, at this place, with these words for people. It has no input.
    ///
    /// ```
    /// use ws_runtime::{FieldError, Loc};
    ///
    /// let second = [Loc::from("query"), Loc::from("tag"), Loc::from(1)];
    /// let error = FieldError::new("value_error", second, "Value error, unknown tag").with_input("rsut");
    /// assert_eq!(error.to_string(), "query.tag.1: Value error");
    /// ```
    pub fn new(
        kind: impl Into<Cow<'static, str>>,
        loc: impl IntoIterator<Item = impl Into<Loc>>,
        msg: impl Into<String>,
    ) -> Self {
        let loc = loc.into_iter().map(Into::into).collect();
        Self { kind: kind.into(), loc, msg: msg.into(), input: None, quotes: false }
    }

    /// The same error with the text that was received. Never give it that of a cookie or a header: a client gets to see
    /// it, and those carry secrets.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Returns the error with every text cut to its bound.
    fn bounded(self) -> Self {
        let Self { kind, mut loc, msg, input, quotes } = self;
        loc.truncate(MAX_STEPS);
        for step in &mut loc {
            if let Loc::Name(Cow::Owned(name)) = step {
                *name = bounded(std::mem::take(name), MAX_NAME);
            }
        }
        let kind = match kind {
            Cow::Owned(kind) => Cow::Owned(bounded(kind, MAX_NAME)),
            Cow::Borrowed(kind) => Cow::Borrowed(kind),
        };
        let input = input.map(|input| bounded(input, MAX_TEXT));
        Self { kind, loc, msg: bounded(msg, MAX_TEXT), input, quotes }
    }

    /// Returns this error alone as it stands in a reason, with as much of its place as fits.
    fn shortened(&self) -> Vec<u8> {
        // This starts at the beginning, so that a long name is serialized only once.
        let summaries = (0..=self.loc.len()).map_while(|steps| {
            serde_json::to_vec(&Summary { kind: &self.kind, loc: &self.loc[..steps] }).ok()
        });
        let fitting = summaries.take_while(|summary| summary.len() + "[]".len() <= CloseReason::MAX_LEN);
        fitting.last().unwrap_or_default()
    }
}

/// Returns the text cut to at most `max` bytes. The rest of a text that is cut does not stay in memory.
fn bounded(text: String, max: usize) -> String {
    if text.len() <= max { text } else { cut(&text, max) }
}

/// Returns the beginning of a text that is longer than `max` bytes, with an ellipsis.
fn cut(text: &str, max: usize) -> String {
    format!("{}…", &text[..floor_char_boundary(text, max)])
}

/// Returns the part of an input that an error keeps.
pub(crate) fn shown_input(text: &str) -> String {
    if text.len() <= MAX_TEXT { text.to_owned() } else { cut(text, MAX_TEXT) }
}

/// The part of a [`FieldError`] that goes into a close reason.
struct Summary<'a> {
    kind: &'a str,
    loc: &'a [Loc],
}

impl WriteDetails for ValidationError {
    fn write(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }
}

impl std::error::Error for ValidationError {}

impl PartialEq for ValidationError {
    fn eq(&self, other: &Self) -> bool {
        self.errors() == other.errors()
    }
}

impl Eq for ValidationError {}

impl fmt::Display for ValidationError {
    /// Shows the first fields and what is wrong with each, but never what was received.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let foreign = self.0.as_ref().map_or(0, |errors| errors.foreign);
        for (index, error) in self.errors().iter().take(MAX_SHOWN).enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            match (foreign >> index & 1, error.loc.first()) {
                (1, Some(source)) => write!(f, "{source}.…: {}", error.own_msg())?,
                _ => error.fmt(f)?,
            }
        }
        match self.errors().len().saturating_sub(MAX_SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Debug for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ValidationError").field(&format_args!("{self}")).finish()
    }
}

/// Compares what a client is told.
impl PartialEq for FieldError {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.loc == other.loc && self.msg == other.msg && self.input == other.input
    }
}

impl Eq for FieldError {}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.loc.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            step.fmt(f)?;
        }
        write!(f, ": {}", self.own_msg())
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError")
            .field("kind", &self.kind)
            .field("loc", &self.loc)
            .field("msg", &self.own_msg())
            .field("input", &self.input.as_ref().map(|_| format_args!("…")))
            .finish_non_exhaustive()
    }
}

impl FieldError {
    /// Returns the message, unless it comes from a user's error, which may quote the value. A description of what a
    /// type expects is shown, because it does not quote.
    fn own_msg(&self) -> &str {
        let quotes = self.kind == VALUE_ERROR && self.msg.starts_with("Value error, ");
        if quotes || self.quotes { "Value error" } else { &self.msg }
    }
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Index(index) => index.fmt(f),
        }
    }
}

impl From<&'static str> for Loc {
    fn from(name: &'static str) -> Self {
        Self::Name(Cow::Borrowed(name))
    }
}

impl From<String> for Loc {
    fn from(name: String) -> Self {
        Self::Name(Cow::Owned(name))
    }
}

impl From<usize> for Loc {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

// Implemented by hand, because a derive would make every user compile `serde_derive`, even those who do not need it.
impl Serialize for ValidationError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("ValidationError", 1)?;
        body.serialize_field("detail", self.errors())?;
        body.end()
    }
}

impl Serialize for FieldError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut field = serializer.serialize_struct("FieldError", 4)?;
        field.serialize_field("type", &self.kind)?;
        field.serialize_field("loc", &self.loc)?;
        field.serialize_field("msg", &self.msg)?;
        field.serialize_field("input", &self.input)?;
        field.end()
    }
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut summary = serializer.serialize_struct("Summary", 2)?;
        summary.serialize_field("type", self.kind)?;
        summary.serialize_field("loc", self.loc)?;
        summary.end()
    }
}

impl Serialize for Loc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => name.serialize(serializer),
            Self::Index(index) => index.serialize(serializer),
        }
    }
}
