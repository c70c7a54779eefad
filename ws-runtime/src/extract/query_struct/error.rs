//! [`QueryError`]: the reason why a query string does not have the expected type, and the place of the mistake.

use std::{borrow::Cow, fmt};

use serde::de;

use crate::{
    FieldError, Loc, ValidationError, codec::describe, extract::text::TextError, validation::shown_input,
};

#[derive(Debug)]
pub(super) struct QueryError {
    /// The place, from the value to the root.
    place: Vec<Loc>,
    what: What,
    input: Option<String>,
}

#[derive(Debug)]
enum What {
    /// The same error as for a single parameter.
    Field(TextError),
    /// A message from serde or from a user's type.
    Said(String),
}

impl From<TextError> for QueryError {
    fn from(error: TextError) -> Self {
        Self { place: Vec::new(), what: What::Field(error), input: None }
    }
}

impl QueryError {
    /// Adds one more step, towards the root, to the place of the error.
    pub(super) fn at(mut self, step: Loc) -> Self {
        self.place.push(step);
        self
    }

    /// Sets the value that caused the error, unless it is set already.
    pub(super) fn of(mut self, value: &str) -> Self {
        self.input.get_or_insert_with(|| shown_input(value));
        self
    }

    pub(super) fn without_input(mut self) -> Self {
        self.input = None;
        self
    }

    /// Adds this error to those of the handshake.
    pub(super) fn push_to(self, errors: &mut ValidationError) {
        let error = self.into_field();
        // Names that the program declares are static.
        if error.loc.iter().any(|step| matches!(step, Loc::Name(Cow::Owned(_)))) {
            errors.push_foreign(error);
        } else {
            errors.push(error);
        }
    }

    fn into_field(self) -> FieldError {
        let Self { mut place, what, input } = self;
        place.reverse();
        let error = match what {
            What::Field(error) => error,
            What::Said(text) => match single(&text) {
                Some(error) => error,
                None => return FieldError { input, ..describe("query", place, &text) },
            },
        };
        let loc = std::iter::once(Loc::from("query")).chain(place).collect();
        let quotes = error.is_quoting();
        FieldError { kind: error.kind, loc, msg: error.msg.into_owned(), input, quotes }
    }
}

/// Translates the messages of standard library types through serde into those for single parameters.
fn single(text: &str) -> Option<TextError> {
    match text {
        "invalid IP address syntax" => Some(TextError::ip_address()),
        "invalid IPv4 address syntax" => Some(TextError::ip_v4_address()),
        "invalid IPv6 address syntax" => Some(TextError::ip_v6_address()),
        _ if text.starts_with("invalid value: integer `0`, expected a nonzero ") => {
            Some(TextError::not_an_integer())
        }
        _ => None,
    }
}

impl de::Error for QueryError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self { place: Vec::new(), what: What::Said(text.to_string()), input: None }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::from(TextError::missing()).at(field.into())
    }
}

impl std::error::Error for QueryError {}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Field(error) => f.write_str(&error.msg),
            What::Said(text) => f.write_str(text),
        }
    }
}
