//! [`Query`]: a whole query string as one `Deserialize` struct.

mod de;
mod error;

use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;

use super::FromHandshake;
use crate::{Handshake, ValidationError};
use de::QueryDeserializer;
use error::QueryError;

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
/// Each value is read as that of a single parameter: the same words for `bool`, an empty value is one, of a scalar that is
/// repeated the last value counts, and a mistake has the same type and place. It is reported with those of all other
/// parameters; serde stops at the first one. What an enum or a struct refuses is told as of a message: `enum`,
/// `extra_forbidden`.
///
/// `#[serde(flatten)]` and enums that are tagged internally or untagged hide from the query what type they want, so that
/// within them every value is a text.
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
    fn read(handshake: &Handshake) -> Result<T, QueryError> {
        QueryDeserializer::new(handshake.raw_query()).and_then(T::deserialize)
    }
}

impl<T: DeserializeOwned + Send> FromHandshake for Query<T> {
    type Error = ValidationError;

    async fn from_handshake(handshake: &Handshake) -> Result<Self, ValidationError> {
        Self::read(handshake).map(Self).map_err(|error| {
            let mut errors = ValidationError::new();
            error.push_to(&mut errors);
            errors
        })
    }

    fn validate(handshake: &Handshake, errors: &mut ValidationError) {
        if let Err(error) = Self::read(handshake) {
            error.push_to(errors);
        }
    }
}
