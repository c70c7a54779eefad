//! [`Valid`]: messages whose values are validated with `garde`.

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};

use garde::{
    Report, Validate,
    error::{Kind, Path},
};
use serde::{Serialize, Serializer, de::DeserializeOwned};

use super::{Decode, Json, describe::message_field};
use crate::{InvalidMessage, Loc, Message, SocketError, ValidationError, text::floor_char_boundary};

/// The number of broken rules that are reported for one message: a long list of invalid items should not lead to an
/// even longer response.
const MAX_ERRORS: usize = 100;

/// The number of bytes of a name that are reported, for the same reason: the key of a map is part of the place of
/// everything below it.
const MAX_NAME: usize = 100;

/// A message that satisfies the rules of its type, as defined with [`garde::Validate`] (requires the feature `garde`).
///
/// ```
/// # use ws_runtime::{Result, Valid, WebSocket, websocket};
/// use garde::Validate;
///
/// #[derive(serde::Deserialize, Validate)]
/// struct Chat {
///     #[garde(length(chars, min = 1, max = 200))]
///     text: String,
///     #[garde(inner(range(max = 100)))]
///     seats: Vec<u32>,
/// }
///
/// #[websocket("/chat")]
/// async fn chat(mut ws: WebSocket<Valid<Chat>, String>) -> Result {
///     loop {
///         // An empty text and seat 101 are one `InvalidMessage`, with the places `text` and `seats`, 1.
///         let chat = ws.recv().await?;
///         ws.send(format!("{} for {} seats", chat.text, chat.seats.len())).await?;
///     }
/// }
/// ```
///
/// Every broken rule, up to 100, is a [`FieldError`](crate::FieldError) of type `value_error` with garde's message. Its
/// place contains the names of the Rust fields, because garde knows no others; the key of a map is cut after 100 bytes.
///
/// [`Json`] and `MessagePack` support it; your own format can do so with [`Valid::check`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Valid<T>(pub T);

impl<T> Valid<T> {
    /// Returns the value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: Validate<Context: Default>> Valid<T> {
    /// Validates a value.
    ///
    /// # Errors
    ///
    /// Returns every rule that the value breaks, up to 100.
    pub fn check(value: T) -> Result<Self, InvalidMessage> {
        value.validate().map_err(|report| invalid(&report))?;
        Ok(Self(value))
    }
}

impl<T> Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Valid<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Serializes like the value itself.
impl<T: Serialize> Serialize for Valid<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The schema of the value itself.
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Valid<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

// One implementation for every format would conflict with users' formats that read every `Deserialize` type, because
// `Valid` might become one.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Validate<Context: Default>> Decode<Valid<T>> for Json {
    fn decode(message: Message) -> Result<Valid<T>, SocketError> {
        Ok(Valid::check(Self::decode(message)?)?)
    }
}

#[cfg(feature = "msgpack")]
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Validate<Context: Default>> Decode<Valid<T>> for super::MessagePack {
    fn decode(message: Message) -> Result<Valid<T>, SocketError> {
        Ok(Valid::check(Self::decode(message)?)?)
    }
}

fn invalid(report: &Report) -> InvalidMessage {
    let mut errors = ValidationError::new();
    for (place, message) in broken_rules(report) {
        errors.push(message_field("value_error", place, message));
    }
    errors.into()
}

/// Returns the place and garde's message for each broken rule, up to the limit.
pub(crate) fn broken_rules(report: &Report) -> impl Iterator<Item = (Vec<Loc>, &str)> {
    report.iter().take(MAX_ERRORS).map(|(path, error)| (steps(path), error.message()))
}

fn steps(path: &Path) -> Vec<Loc> {
    // This method is hidden, but `garde::select!` expands to it. The text form of a path does not distinguish a dot
    // within a name.
    let from_the_root = path.__iter().rev();
    from_the_root
        .filter_map(|(kind, step)| match kind {
            Kind::None => None,
            Kind::Key => Some(Loc::Name(Cow::Owned(step[..floor_char_boundary(step, MAX_NAME)].to_owned()))),
            Kind::Index => step.parse().ok().map(Loc::Index),
        })
        .collect()
}
