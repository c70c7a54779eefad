//! [`ValidationError`]: everything that is wrong with the parameters of one handshake, in FastAPI's shape.

use std::{borrow::Cow, fmt};

use http::StatusCode;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::{Close, CloseReason, IntoCloseCode, close::WriteDetails, text::floor_char_boundary};

/// The kind of error whose words are those of a type of the user's.
pub(crate) const VALUE_ERROR: &str = "value_error";

/// How many errors are kept: what a client sends should not become a much larger answer.
const MAX_ERRORS: usize = 100;

/// How many errors go into a line of a log.
const MAX_SHOWN: usize = 10;

/// How much is kept of what was received, and of what is said about it, in bytes.
const MAX_TEXT: usize = 256;

/// How much is kept of one name, in bytes, and how many names and indices of one place.
const MAX_NAME: usize = 100;
const MAX_STEPS: usize = 32;

/// Every parameter of a handshake that is missing or malformed, up to 100.
///
/// Unless a handler says otherwise it closes 1008 with [`to_close`](Self::to_close), or, under
/// [`Rejection::Http`](crate::Rejection::Http), answers 422 with FastAPI's `{"detail":[…]}`, which is also how it
/// serializes.
///
/// It is made before anybody is authenticated, so its size is bounded whatever was sent: further errors are not kept,
/// `msg` and `input` are cut after 256 bytes, each name of a place after 100, and a place after 32 names and indices. A
/// text that is cut ends with `…`.
///
/// `Debug` and `Display`, which end up in logs, show nothing that was received.
#[derive(Clone, Default)]
pub struct ValidationError(
    /// Boxed once there is an error, as the future of every endpoint has a place for one.
    Option<Box<Errors>>,
);

#[derive(Clone, Default)]
struct Errors {
    fields: Vec<FieldError>,
    /// A bit for each error, set if a client made up a name in its place.
    foreign: u128,
}

/// One parameter that is missing or malformed.
///
/// `Debug` and `Display`, which end up in logs, show neither the input nor the words of a type of the user's, which may quote
/// it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// What is wrong, in FastAPI's words: `missing`, `int_parsing`, `greater_than_equal`, …; `type` in JSON.
    pub kind: Cow<'static, str>,
    /// Where: the source (`path`, `query`, `cookie`, `header`), the name on the wire, and the index within a `Vec`.
    pub loc: Vec<Loc>,
    /// What is wrong, for people.
    pub msg: String,
    /// The text that was received; `None` when nothing was, and always for cookies and headers, which carry secrets.
    pub input: Option<String>,
}

/// One step of the way to a faulty value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loc {
    /// A source, or a name on the wire.
    Name(Cow<'static, str>),
    /// An index, from 0, among the values of one name.
    Index(usize),
}

impl ValidationError {
    /// An error that holds nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a faulty field, within the bounds that the [type](Self) names.
    pub fn push(&mut self, error: FieldError) {
        if !self.is_full() {
            self.kept().fields.push(error.bounded());
        }
    }

    /// Adds a faulty field in whose place stands a name that the program does not declare.
    pub(crate) fn push_foreign(&mut self, error: FieldError) {
        if !self.is_full() {
            let errors = self.kept();
            errors.foreign |= 1 << errors.fields.len();
            self.push(error);
        }
    }

    fn kept(&mut self) -> &mut Errors {
        self.0.get_or_insert_default()
    }

    /// Returns `true` if no more errors are kept, so that there is no use in looking for them.
    pub(crate) fn is_full(&self) -> bool {
        self.errors().len() >= MAX_ERRORS
    }

    /// The faulty fields, in the order in which the endpoint names its parameters.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        self.0.as_ref().map_or(&[], |errors| &errors.fields)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors().is_empty()
    }

    /// A close with the given code whose reason is a JSON array of `{"type","loc"}`, of as many leading errors as
    /// fit in the 123 bytes of a reason. It always parses. If not even the first fits, its place is cut from the end. As
    /// an HTTP response it is 422 with every detail.
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
        Self { kind: kind.into(), loc, msg: msg.into(), input: None }
    }

    /// The same error with the text that was received. Never give it that of a cookie or a header: a client gets to see
    /// it, and those carry secrets.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// The error, with every text cut to its bound.
    fn bounded(self) -> Self {
        let Self { kind, mut loc, msg, input } = self;
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
        Self { kind, loc, msg: bounded(msg, MAX_TEXT), input: input.map(|input| bounded(input, MAX_TEXT)) }
    }

    /// What goes into a reason, with as much of the place as fits there when nothing else does.
    fn shortened(&self) -> Vec<u8> {
        // From the start, so that a long name is written but once.
        let summaries = (0..=self.loc.len()).map_while(|steps| {
            serde_json::to_vec(&Summary { kind: &self.kind, loc: &self.loc[..steps] }).ok()
        });
        let fitting = summaries.take_while(|summary| summary.len() + "[]".len() <= CloseReason::MAX_LEN);
        fitting.last().unwrap_or_default()
    }
}

/// A text of at most `max` bytes. What is cut holds no memory for the rest.
fn bounded(text: String, max: usize) -> String {
    if text.len() <= max { text } else { cut(&text, max) }
}

/// The beginning of a text that is longer than `max` bytes, with a mark that it is one.
fn cut(text: &str, max: usize) -> String {
    format!("{}…", &text[..floor_char_boundary(text, max)])
}

/// As much of what was received as an error keeps.
pub(crate) fn shown_input(text: &str) -> String {
    if text.len() <= MAX_TEXT { text.to_owned() } else { cut(text, MAX_TEXT) }
}

/// What of a [`FieldError`] goes into a close reason.
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
    /// Names the first fields and what is wrong with each, never what was received.
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
            .finish()
    }
}

impl FieldError {
    /// What is wrong, unless an error of the user's says so: it may quote the value. What a type expects does not.
    fn own_msg(&self) -> &str {
        let quotes = self.kind == VALUE_ERROR && self.msg.starts_with("Value error, ");
        if quotes { "Value error" } else { &self.msg }
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

// By hand: a derive would make every user compile `serde_derive`, needed or not.
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
