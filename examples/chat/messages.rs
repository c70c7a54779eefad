//! The messages: [`Incoming`] from a client, [`Event`] to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ws_runtime::rooms::{Meta, PresenceChange};

use super::person;

/// The maximum number of characters in a message.
pub(crate) const MAX_LENGTH: usize = 500;

/// What a client sends.
///
/// `{"message":"hi"}` (or with `"type":"message"`), `{"type":"private","to":"alice","message":"hi"}`,
/// `{"type":"status","status":"away"}`, `{"type":"heartbeat_ack"}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Fields")]
pub(crate) enum Incoming {
    /// A message to everybody.
    Message(String),
    /// A message to one user.
    Private { to: String, message: String },
    /// What the user is doing.
    Status(Status),
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
            Self::Status(_) | Self::HeartbeatAck => false,
        }
    }
}

/// What a user is doing.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Available,
    Busy,
    Away,
}

/// What a client receives.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
// The name that it has in TypeScript, where `Event` is the browser's.
#[schemars(rename = "ChatEvent")]
pub(crate) enum Event {
    /// Something happened in the room.
    System { message: String },
    /// A user sent a message to everybody.
    Message { user: String, message: String },
    /// A user sent a message to one user. The sender receives it too.
    Private { from: String, to: String, message: String },
    /// The client is in. Who else is there follows.
    ///
    /// It has the seconds between heartbeats, so that a client can tell silence from a
    /// lost connection.
    Welcome { heartbeat: u64 },
    /// A user is there, or has another status.
    Present { user: String, status: Status },
    /// A user is not there any more.
    Absent { user: String },
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

    /// Returns what to tell of a change, if there is something to tell.
    pub(crate) fn of(change: &PresenceChange) -> Option<Self> {
        let user = |id| person::name_of(id).to_owned();
        let status = |meta: &Option<Meta>| {
            meta.as_ref().and_then(|meta| meta.get().ok()).unwrap_or_default()
        };
        match change {
            PresenceChange::Joined { id, meta }
            | PresenceChange::Changed { id, meta } => {
                Some(Self::Present { user: user(id), status: status(meta) })
            }
            PresenceChange::Left { id } => Some(Self::Absent { user: user(id) }),
            _ => None,
        }
    }
}

/// An [`Incoming`] in its JSON form, in which the type may be left out.
#[derive(Deserialize, JsonSchema)]
#[serde(expecting = "an object")]
struct Fields {
    #[serde(default, rename = "type")]
    kind: Kind,
    /// Whom a private message is for.
    to: Option<String>,
    /// The text of a message, of at most 500 characters.
    message: Option<String>,
    status: Option<Status>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Message,
    Private,
    Status,
    HeartbeatAck,
}

impl TryFrom<Fields> for Incoming {
    type Error = &'static str;

    fn try_from(
        Fields { kind, to, message, status }: Fields,
    ) -> Result<Self, &'static str> {
        let message = message.ok_or("missing field `message`");
        Ok(match kind {
            Kind::Message => Self::Message(message?),
            Kind::Private => {
                Self::Private { to: to.ok_or("missing field `to`")?, message: message? }
            }
            Kind::Status => Self::Status(status.ok_or("missing field `status`")?),
            Kind::HeartbeatAck => Self::HeartbeatAck,
        })
    }
}
