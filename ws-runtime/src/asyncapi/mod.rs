//! AsyncAPI 3.1 documents (feature `schema`): what an app knows about its endpoints, in the words that tools for
//! message-driven services read.
//!
//! [`App::asyncapi`](crate::App::asyncapi) returns the document, and
//! [`App::asyncapi_at`](crate::App::asyncapi_at) serves it.
//!
//! | in the app | in the document |
//! |---|---|
//! | an endpoint | a channel under the name of the function, with the pattern as its address: `/items/{id}/ws` |
//! | what it receives and sends | the operations `<name>.receive` and `<name>.send`, from the server's point of view |
//! | parameters of the path | parameters of the channel; `x-schema` has their schemas |
//! | the query, headers and cookies | the WebSocket binding 0.1.0; `x-cookies` has the schemas of the cookies |
//! | a parameter that is marked `secret` | a security scheme `httpApiKey` of the operations |
//! | subprotocols | `x-subprotocols` |
//! | closes | `x-close-codes` |
//!
//! An endpoint that is mounted twice has a channel for each path: `item`, `item2`.

mod convert;
mod document;

pub use document::{
    Channel, ChannelBindings, Components, Document, Message, MessageExample, Operation, Parameter, Reference,
    SecurityScheme, Server, WebSocketBinding,
};
