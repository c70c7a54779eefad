//! What an app knows about its endpoints, as plain data: [`App::describe`](crate::App::describe) returns it without
//! running a server (feature `describe`).
//!
//! The data is collected by `#[websocket]` and `#[derive(CloseError)]`, so nothing is written twice: doc comments,
//! parameters with their constraints, subprotocols, messages, and every close that a client may see.
//!
//! ```
//! # #[cfg(feature = "describe")] {
//! use ws_runtime::{App, Result, WebSocket, routes, websocket};
//!
//! /// Sends back what it receives.
//! #[websocket("/items/<id>/ws")]
//! async fn item(
//!     id: u64,
//!     /// How often each message is sent back.
//!     #[query(default = 1, ge = 1, le = 10)]
//!     times: u32,
//!     mut ws: WebSocket,
//! ) -> Result {
//!     let text = ws.recv_text().await?;
//!     for _ in 0..times {
//!         ws.send_text(format!("{id}: {text}")).await?;
//!     }
//!     Ok(())
//! }
//!
//! let description = App::new().routes(routes![item]).describe();
//! let item = &description.endpoints[0];
//! assert_eq!(item.docs, "Sends back what it receives.");
//! let times = item.parameters.iter().find(|parameter| parameter.name == "times").unwrap();
//! assert_eq!((times.default.as_deref(), times.required), (Some("1"), false));
//! assert_eq!(times.constraints.le, Some(10.into()));
//! assert!(item.closes.iter().any(|close| close.code.is_some_and(|code| code.as_u16() == 1009)));
//! # }
//! ```
//!
//! Everything implements [`Serialize`](serde::Serialize). Schemas are JSON Schema (draft 7) as `serde_json::Value`; the
//! definitions that they share are in [`Description::schemas`] and referred to as `#/components/schemas/<name>`.
//! Without the feature `schema` there are schemas for parameters only, which follow from the names of their types.

mod close;
#[cfg(feature = "describe")]
mod endpoint;
#[cfg(feature = "schema")]
mod generate;
#[cfg(feature = "describe")]
mod parameter;
#[cfg(feature = "describe")]
mod schemas;

pub use close::{CloseDescription, CloseOrigin, ReasonDescription};
#[cfg(feature = "describe")]
pub use endpoint::{
    Codec, Description, EndpointDescription, Info, MessageDescription, OptionsDescription,
    RateLimitDescription,
};
#[cfg(feature = "schema")]
pub(crate) use generate::component_key;
#[cfg(feature = "describe")]
#[doc(hidden)]
pub use parameter::TextDescription;
#[cfg(feature = "describe")]
pub(crate) use parameter::bound_value;
#[cfg(feature = "describe")]
pub use parameter::{Constraints, ParameterDescription, Shape, Source};
#[cfg(feature = "describe")]
#[doc(hidden)]
pub use schemas::{SchemaOf, Schemas};
