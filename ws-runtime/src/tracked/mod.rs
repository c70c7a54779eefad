//! [`Tracked`]: messages of a room together with their positions, on the wire.

mod envelope;
mod position;
#[cfg(feature = "schema")]
mod schema;

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct as _};

pub use envelope::Envelop;
#[cfg(feature = "client")]
pub(crate) use envelope::position_in;
pub(crate) use envelope::{Envelope, Wrap};
pub(crate) use position::Key;
pub use position::{InvalidPosition, Position, Recovery, WhyLost};
#[cfg(feature = "schema")]
pub(crate) use schema::message_of;

/// A message of the type `T`, in an envelope that tells the client its position in the room. A client that lost its
/// connection returns with the last position that it received, and gets what it missed.
///
/// An endpoint asks for envelopes by the type of its connection, `WebSocket<In, Tracked<Out>>`. The room itself remains a
/// `Rooms<Out>`, and members with and without envelopes may be in one room. What the endpoint sends by itself goes into an
/// envelope without a position: `ws.send(event)` converts it.
///
/// In JSON, and likewise in MessagePack, an envelope is an object with these fields, of which at least one is present:
///
/// | field | contents |
/// |---|---|
/// | `position` | the client's position from here on, as text |
/// | `message` | the message |
/// | `recovered` | the number of missed messages that follow this envelope |
/// | `lost` | why missed messages are lost: `too_old`, `other_epoch`, `never_was`, `no_history`, `too_slow` or `unavailable` |
///
/// The first envelope that a room sends to a member has no message: it tells the position, and what became of the messages
/// that the client missed. [`Client`](crate::client) keeps the position by itself, and returns with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tracked<T> {
    /// A message.
    Message {
        /// The position of the message in the room, or `None` if it does not come from a room with a history.
        position: Option<Position>,
        /// The message.
        message: T,
    },
    /// What became of the messages that the client missed. If messages are lost, the client's state is out of date, and the
    /// endpoint usually sends it anew.
    Joined {
        /// The position from which on the client receives everything, or `None` in a room without a history.
        position: Option<Position>,
        /// What became of the missed messages.
        recovery: Recovery,
    },
}

impl<T> Tracked<T> {
    /// Returns the message, or `None` if this tells what became of missed messages.
    pub fn into_message(self) -> Option<T> {
        match self {
            Self::Message { message, .. } => Some(message),
            Self::Joined { .. } => None,
        }
    }

    /// Returns the client's position from here on, if this changes it.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Message { position, .. } | Self::Joined { position, .. } => *position,
        }
    }

    /// Returns what became of the messages that the client missed, if this tells that.
    pub fn recovery(&self) -> Option<Recovery> {
        match self {
            Self::Message { .. } => None,
            Self::Joined { recovery, .. } => Some(*recovery),
        }
    }
}

impl<T> From<T> for Tracked<T> {
    fn from(message: T) -> Self {
        Self::Message { position: None, message }
    }
}

impl<T: Serialize> Serialize for Tracked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let position = self.position();
        let is_new = matches!(self, Self::Joined { recovery: Recovery::New, .. });
        let count = usize::from(position.is_some()) + usize::from(!is_new);
        let mut fields = serializer.serialize_struct("Tracked", count)?;
        if let Some(position) = position {
            fields.serialize_field("position", &position)?;
        }
        match self {
            Self::Message { message, .. } => fields.serialize_field("message", message)?,
            Self::Joined { recovery: Recovery::Recovered { missed }, .. } => {
                fields.serialize_field("recovered", missed)?;
            }
            Self::Joined { recovery: Recovery::Lost { why }, .. } => {
                fields.serialize_field("lost", why.name())?;
            }
            Self::Joined { .. } => {}
        }
        fields.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tracked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// Reads the fields of an envelope.
struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Fields<T> {
    type Value = Tracked<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope of a message")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut fields: A) -> Result<Tracked<T>, A::Error> {
        let (mut position, mut message, mut recovery) = (None, None, None);
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "position" => position = Some(fields.next_value()?),
                "message" => message = Some(fields.next_value()?),
                "recovered" => recovery = Some(Recovery::Recovered { missed: fields.next_value()? }),
                "lost" => recovery = Some(Recovery::Lost { why: fields.next_value()? }),
                // A later version of the server may say more.
                _ => {
                    fields.next_value::<de::IgnoredAny>()?;
                }
            }
        }
        match (message, recovery) {
            (Some(message), None) => Ok(Tracked::Message { position, message }),
            (None, Some(recovery)) => Ok(Tracked::Joined { position, recovery }),
            (None, None) if position.is_some() => Ok(Tracked::Joined { position, recovery: Recovery::New }),
            (None, None) => Err(de::Error::missing_field("message")),
            (Some(_), Some(_)) => {
                Err(de::Error::custom("one envelope has a message and what became of other messages"))
            }
        }
    }
}
