//! [`Query`]: a whole query string as a struct that implements `Deserialize`.

mod de;
mod error;
#[cfg(feature = "garde")]
mod valid;

use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;

use super::FromHandshake;
use crate::{Handshake, ValidationError};
use de::QueryDeserializer;
use error::QueryError;

/// The whole query string as a struct. A repeated name fills a `Vec`.
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
/// Each value is read in the same way as a single parameter: `bool` accepts the same words, an empty value is a value,
/// the last value of a repeated scalar counts, and a mistake has the same type and place. Mistakes are reported
/// together with those of all other parameters, but serde stops at the first one. Values that an enum or a struct
/// rejects are reported as in messages: `enum`, `extra_forbidden`.
///
/// With the feature `garde`, `Query<Valid<T>>` also checks the rules of the type. Each broken rule is a `value_error`.
///
/// `#[serde(flatten)]` and internally tagged or untagged enums do not tell the query which types they want, so every
/// value within them is a string.
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
