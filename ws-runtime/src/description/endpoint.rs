//! [`Description`]: an app, and its endpoints.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{CloseDescription, ParameterDescription};

/// The endpoints of an app or a router.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The name and the version of the app.
    pub info: Info,
    /// The endpoints, in the order in which they are mounted: those of the app first, then those of its routers.
    pub endpoints: Vec<EndpointDescription>,
    /// The definitions that schemas refer to as `#/components/schemas/<name>`. Types of one name that have different
    /// schemas are named apart: `Item`, `Item2`.
    pub schemas: BTreeMap<String, Value>,
}

/// The name and the version of an app, for readers of its description; see [`App::info`](crate::App::info).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Info {
    /// The name. Default: that of the crate that the first endpoint is in.
    pub title: String,
    /// The version. Default: `0.0.0`.
    pub version: String,
    /// What the app is for, in Markdown. Default: an empty text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Info {
    /// Names an app: `Info::new("Chat", env!("CARGO_PKG_VERSION"))`.
    pub fn new(title: impl Into<String>, version: impl Into<String>) -> Self {
        Self { title: title.into(), version: version.into(), description: String::new() }
    }

    /// Says what the app is for, in Markdown.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }
}

impl Default for Info {
    fn default() -> Self {
        Self::new("", "0.0.0")
    }
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EndpointDescription {
    /// The name of the function.
    pub name: String,
    /// The pattern of the path with the prefixes of the routers that the endpoint is nested in: `/api/items/<id>/ws`.
    pub path: String,
    /// The doc comment of the function, in Markdown, or an empty text.
    pub docs: String,
    /// The module that the function is in, such as `my_crate::items`.
    pub module: String,
    /// The source file, as it was named to the compiler.
    pub file: String,
    /// The line in that file, counted from 1.
    pub line: u32,
    /// The parameters that a client sends with the handshake, in the order of the function.
    pub parameters: Vec<ParameterDescription>,
    /// `true` if the endpoint also reads query parameters that are not listed, because a
    /// [`Query<T>`](crate::Query) has no schema.
    pub has_unlisted_query: bool,
    /// The subprotocols, in the order of the attribute.
    pub subprotocols: Vec<String>,
    /// The options that matter to a client.
    pub options: OptionsDescription,
    /// The messages that the endpoint receives.
    pub receives: MessageDescription,
    /// The messages that the endpoint sends.
    pub sends: MessageDescription,
    /// The ways in which the server may end the connection, by code. What is decided at run time is at the end.
    pub closes: Vec<CloseDescription>,
}

/// The options of an endpoint that matter to a client, from the endpoint, its routers and the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OptionsDescription {
    /// The largest message that is received, in bytes.
    pub max_message_size: usize,
    /// The largest frame that is received, in bytes.
    pub max_frame_size: usize,
    /// How a handshake is refused: `close` or `http`.
    pub rejection: &'static str,
    /// The web pages that may connect in addition to those of the same origin; `*` stands for all.
    pub origins: Vec<String>,
    /// The names that the `Host` header may have; `None` for all.
    pub hosts: Option<Vec<String>>,
    /// How long the endpoint may take to accept, in seconds.
    pub accept_timeout: f64,
    /// How often the server pings, in seconds; `None` for never.
    pub ping_interval: Option<f64>,
    /// How long a client may be silent after a ping, in seconds.
    pub pong_timeout: f64,
    /// How long a client may send no message while the endpoint waits for one, in seconds; `None` for any time.
    pub idle_timeout: Option<f64>,
    /// `true` if messages are compressed with clients that offer it.
    pub compression: bool,
    /// How many messages a client may send in a time; `None` for any number.
    pub rate_limit: Option<RateLimitDescription>,
}

/// The limit on the number of messages of a client.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RateLimitDescription {
    /// The number of messages in each period.
    pub messages: u32,
    /// The period, in seconds.
    pub per: f64,
    /// The number of messages that may come at once after a pause.
    pub burst: u32,
}

impl RateLimitDescription {
    #[cfg(feature = "rate-limit")]
    pub(crate) fn new(messages: u32, per: f64, burst: u32) -> Self {
        Self { messages, per, burst }
    }
}

/// The messages in one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MessageDescription {
    /// The format that the values are written in.
    pub codec: Codec,
    /// `true` if a message may be text.
    pub text: bool,
    /// `true` if a message may be binary.
    pub binary: bool,
    /// The name of the type, without its module. It is `None` for plain text and bytes.
    pub type_name: Option<String>,
    /// `true` if each value is in an envelope that tells its position in a room: the type is
    /// [`Tracked<T>`](crate::rooms::Tracked). The schema is that of the envelope.
    pub tracked: bool,
    /// The JSON Schema of a value. It is `true`, which allows every value, if the type has no schema.
    pub schema: Value,
}

impl MessageDescription {
    /// Any text and any bytes, as a plain [`WebSocket`](crate::WebSocket) receives and sends them.
    #[must_use]
    pub fn any() -> Self {
        Self {
            codec: Codec::Plain,
            text: true,
            binary: true,
            type_name: None,
            tracked: false,
            schema: Value::Bool(true),
        }
    }
}

/// The format of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Codec {
    /// [`Json`](crate::Json), in text messages; `json` when serialized.
    Json,
    /// `MessagePack` (feature `msgpack`), in binary messages; `msgpack` when serialized.
    MessagePack,
    /// Text and bytes without a format, as a plain [`WebSocket`](crate::WebSocket) has them; `plain` when serialized.
    Plain,
    /// A format of the app's own, by the name of its type, which is also its serialized form.
    Custom(String),
}

impl Codec {
    /// Returns the serialized form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Json => "json",
            Self::MessagePack => "msgpack",
            Self::Plain => "plain",
            Self::Custom(name) => name,
        }
    }
}

impl Serialize for Codec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
