//! The messages of `graphql-transport-ws`, and its close codes.

use async_graphql::{Request, Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ws_runtime::{
    Close, CloseError, ErrorContext, InvalidMessage, SocketError, close_code,
};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FromClient {
    ConnectionInit {
        #[serde(default, rename = "payload")]
        _payload: Option<Value>,
    },
    Ping {
        #[serde(default, rename = "payload")]
        _payload: Option<Value>,
    },
    Pong {
        #[serde(default, rename = "payload")]
        _payload: Option<Value>,
    },
    Subscribe {
        id: String,
        payload: Box<Request>,
    },
    Complete {
        id: String,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToClient {
    ConnectionAck,
    Pong,
    Next { id: String, payload: Response },
    Error { id: String, payload: Vec<ServerError> },
    Complete { id: String },
}

/// The codes are those that the protocol gives to each mistake. `graphql-ws` does not
/// reconnect after them.
#[derive(Debug, thiserror::Error, CloseError)]
pub(crate) enum GraphqlError {
    #[error("Unauthorized")]
    #[close(4401)]
    Unauthorized,
    #[error("Connection initialisation timeout")]
    #[close(4408)]
    InitTimeout,
    #[error("Subscriber for {0} already exists")]
    #[close(4409)]
    Duplicate(String),
    #[error("Too many initialisation requests")]
    #[close(4429)]
    TooManyInits,
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// A message that is none of the protocol's closes with 4400 instead of 1007.
pub(crate) async fn invalid(error: InvalidMessage, _: ErrorContext) -> Close {
    tracing::debug!(%error, "invalid message");
    Close::new(close_code!(4400), "Invalid message")
}
