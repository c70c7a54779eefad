//! [`Document`]: the parts of an AsyncAPI document that describe an app.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::description::{CloseDescription, Info};

/// An AsyncAPI 3.1 document.
///
/// Maps are sorted by name, so the same app always has the same document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Document {
    /// The version of AsyncAPI: `3.1.0`.
    pub asyncapi: &'static str,
    /// The name and the version of the app, as set by [`App::info`](crate::App::info).
    pub info: Info,
    /// Where the app is served, by name. There are none unless [`server`](Self::server) adds them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, Server>,
    /// The endpoints, by name.
    pub channels: BTreeMap<String, Channel>,
    /// The operations, by name.
    pub operations: BTreeMap<String, Operation>,
    /// What the rest refers to.
    pub components: Components,
}

impl Document {
    /// Adds a server, such as `server("production", "example.com", "wss")`.
    #[must_use]
    pub fn server(
        mut self,
        name: impl Into<String>,
        host: impl Into<String>,
        protocol: impl Into<String>,
    ) -> Self {
        self.servers.insert(name.into(), Server { host: host.into(), protocol: protocol.into() });
        self
    }

    /// Returns the document as JSON with line breaks.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only keys of maps that are no texts could fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// A server that the app is reached at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Server {
    /// The host, with a port if it is not that of the protocol.
    pub host: String,
    /// `ws` or `wss`.
    pub protocol: String,
}

/// A reference to another part of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Reference {
    /// The place, such as `#/channels/item`.
    #[serde(rename = "$ref")]
    pub reference: String,
}

impl Reference {
    /// Creates a reference to a place, given as names from the root of the document.
    pub(super) fn to<const N: usize>(steps: [&str; N]) -> Self {
        let steps = steps.map(|step| step.replace('~', "~0").replace('/', "~1"));
        Self { reference: format!("#/{}", steps.join("/")) }
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Channel {
    /// The path: `/items/{id}/ws`.
    pub address: String,
    /// The first paragraph of the doc comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The doc comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The messages by direction: `receive` and `send`.
    pub messages: BTreeMap<&'static str, Message>,
    /// The parameters of the path, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Parameter>,
    /// How the channel is opened.
    pub bindings: ChannelBindings,
    /// The subprotocols, in the order of the attribute.
    #[serde(rename = "x-subprotocols", skip_serializing_if = "Vec::is_empty")]
    pub subprotocols: Vec<String>,
    /// The ways in which the server may end the connection.
    #[serde(rename = "x-close-codes")]
    pub close_codes: Vec<CloseDescription>,
    /// The schemas of the cookies as the properties of an object, which the binding has no place for.
    #[serde(rename = "x-cookies", skip_serializing_if = "Option::is_none")]
    pub cookies: Option<Value>,
    /// The largest message that the server receives, in bytes.
    #[serde(rename = "x-max-message-size")]
    pub max_message_size: usize,
}

/// A parameter of the path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Parameter {
    /// The doc comment.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The texts that it may be, if its schema lists them.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// The schema of a value. AsyncAPI has no place for it.
    #[serde(rename = "x-schema")]
    pub schema: Value,
}

/// How a channel is opened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChannelBindings {
    /// The WebSocket binding.
    pub ws: WebSocketBinding,
}

/// The WebSocket channel binding 0.1.0.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WebSocketBinding {
    /// The method of the opening handshake: `GET`.
    pub method: &'static str,
    /// The query, as an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Value>,
    /// The headers, as an object. Cookies are in the header `Cookie`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Value>,
    /// The version of the binding: `0.1.0`.
    pub binding_version: &'static str,
}

/// One direction of an endpoint, from the server's point of view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Operation {
    /// `receive` for what clients send, `send` for what the server sends.
    pub action: &'static str,
    /// The endpoint.
    pub channel: Reference,
    /// What happens, in one sentence.
    pub summary: String,
    /// The credentials.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<Reference>,
    /// The messages.
    pub messages: Vec<Reference>,
}

/// The messages in one direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Message {
    /// The name of the type, or `Message` for plain text and bytes.
    pub name: String,
    /// What the type's schema says of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The media type of the format, unless there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<&'static str>,
    /// The JSON Schema of a message.
    pub payload: Value,
    /// The examples of the schema.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<MessageExample>,
}

/// An example of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MessageExample {
    /// The value.
    pub payload: Value,
}

/// What the rest of a document refers to.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Components {
    /// The definitions of schemas, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: BTreeMap<String, Value>,
    /// The credentials that endpoints read, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub security_schemes: BTreeMap<String, SecurityScheme>,
}

/// A credential in a cookie, a header or the query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SecurityScheme {
    /// `httpApiKey`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The name of the cookie, the header or the query parameter.
    pub name: String,
    /// `cookie`, `header` or `query`.
    #[serde(rename = "in")]
    pub place: &'static str,
    /// The doc comment of the parameter.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}
