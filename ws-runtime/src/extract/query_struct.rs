//! [`Query`]: a whole query string as one `Deserialize` struct.

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};

use serde::de::DeserializeOwned;
use serde_html_form::Deserializer;

use super::{FromHandshake, query, text::TextError};
use crate::{FieldError, Handshake, Loc, ValidationError, codec::missing_field};

/// The whole query string as a struct; a repeated name fills a `Vec`.
///
/// ```
/// # use ws_runtime::{Query, Result, WebSocket, websocket};
/// #[derive(serde::Deserialize)]
/// struct Page {
///     #[serde(default)]
///     offset: u64,
///     tags: Vec<String>,
/// }
///
/// #[websocket("/feed")]
/// async fn feed(page: Query<Page>, mut ws: WebSocket) -> Result {
///     ws.send_text(format!("from {}", page.offset)).await?;
///     Ok(())
/// }
/// ```
///
/// A mistake is reported with those of all other parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Query<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: DeserializeOwned> Query<T> {
    fn read(handshake: &Handshake) -> Result<T, FieldError> {
        // The deserializer would replace what is not UTF-8.
        for (name, value) in query::pairs(handshake.uri()) {
            if name.is_err() || value.is_err() {
                let name = name.ok().map(Cow::into_owned);
                return Err(field_error(TextError::not_text(), name, None));
            }
        }
        let query = handshake.uri().query().unwrap_or_default();
        let pairs = Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(pairs).map_err(|error| {
            let path = error.path().to_string();
            let message = error.into_inner().to_string();
            if let Some(name) = missing_field(&message) {
                return field_error(TextError::new("missing", "Field required"), Some(name.to_owned()), None);
            }
            let name = (path != ".").then_some(path);
            let input = name.as_deref().and_then(|name| handshake.query(name));
            field_error(describe(&message), name, input)
        })
    }
}

/// The deserializer parses with `FromStr`, and passes on what that said as text alone.
fn describe(message: &str) -> TextError {
    match message {
        "invalid digit found in string"
        | "cannot parse integer from empty string"
        | "number too large to fit in target type"
        | "number too small to fit in target type" => TextError::new(
            "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        "invalid float literal" | "cannot parse float from empty string" => TextError::new(
            "float_parsing",
            "Input should be a valid number, unable to parse string as a number",
        ),
        "provided string was not `true` or `false`" => {
            TextError::new("bool_parsing", "Input should be a valid boolean, unable to interpret input")
        }
        _ => TextError::new("value_error", format!("Value error, {message}")),
    }
}

fn field_error(error: TextError, name: Option<String>, input: Option<String>) -> FieldError {
    let loc = [Some(Loc::from("query")), name.map(Loc::from)].into_iter().flatten().collect();
    FieldError { kind: error.kind, loc, msg: error.msg, input }
}

impl<T: DeserializeOwned + Send> FromHandshake for Query<T> {
    type Error = ValidationError;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, ValidationError> {
        Self::read(handshake).map(Self).map_err(|error| {
            let mut errors = ValidationError::new();
            errors.push(error);
            errors
        })
    }

    fn validate(handshake: &Handshake, errors: &mut ValidationError) {
        if let Err(error) = Self::read(handshake) {
            errors.push(error);
        }
    }
}
