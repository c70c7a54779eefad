//! The messages: [`Incoming`] from a client, [`Event`] to it.

use serde::{Deserialize, Serialize};

/// The maximum number of characters in a message.
pub(crate) const MAX_LENGTH: usize = 500;

/// What a client sends.
///
/// `{"message":"hi"}` (or with `"type":"message"`),
/// `{"type":"private","to":"alice","message":"hi"}`, `{"type":"heartbeat_ack"}`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Fields")]
pub(crate) enum Incoming {
    /// A message to everybody.
    Message(String),
    /// A message to one user.
    Private { to: String, message: String },
    /// The answer to a heartbeat.
    HeartbeatAck,
}

impl Incoming {
    /// Returns `true` if there is more text than a message may have.
    pub(crate) fn is_too_long(&self) -> bool {
        match self {
            Self::Message(message) | Self::Private { message, .. } => {
                message.chars().count() > MAX_LENGTH
            }
            Self::HeartbeatAck => false,
        }
    }
}

/// What a client receives.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Something happened in the room.
    System { message: String },
    /// A user sent a message to everybody.
    Message { user: String, message: String },
    /// A user sent a message to one user. The sender receives it too.
    Private { from: String, to: String, message: String },
    /// The users who are there, in the order in which they joined.
    ///
    /// The first one also has the seconds between heartbeats, so that a client can tell
    /// silence from a lost connection.
    Presence {
        users: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        heartbeat: Option<u64>,
    },
    /// A message from the client was not accepted.
    Error { message: String },
    /// The server is still there.
    Heartbeat,
}

impl Event {
    pub(crate) fn joined(user: &str) -> Self {
        Self::System { message: format!("User {user} has joined the chat") }
    }

    pub(crate) fn left(user: &str) -> Self {
        Self::System { message: format!("User {user} has left the chat") }
    }

    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::Error { message: message.into() }
    }
}

/// An [`Incoming`] in its JSON form, in which the type may be left out.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Fields {
    #[serde(default, rename = "type")]
    kind: Kind,
    to: Option<String>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Message,
    Private,
    HeartbeatAck,
}

impl TryFrom<Fields> for Incoming {
    type Error = &'static str;

    fn try_from(Fields { kind, to, message }: Fields) -> Result<Self, &'static str> {
        let message = message.ok_or("missing field `message`");
        Ok(match kind {
            Kind::Message => Self::Message(message?),
            Kind::Private => {
                Self::Private { to: to.ok_or("missing field `to`")?, message: message? }
            }
            Kind::HeartbeatAck => Self::HeartbeatAck,
        })
    }
}
