//! What server and client agree on: the endpoint with its parameters, its messages, and the errors that it closes with.

use serde::{Deserialize, Serialize};
use ws_runtime::{CloseError, SocketError, WebSocket, contract};

/// What a client sends.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// Asks for the price of a number of items.
    Price {
        /// How many.
        count: u32,
    },
    /// Buys them.
    Buy {
        /// How many.
        count: u32,
    },
}

/// What the server sends.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The price, in cents.
    Price {
        /// Of all items together.
        cents: u64,
    },
    /// They are on their way.
    Bought,
}

/// Everything that can end a connection to an item.
#[derive(Debug, PartialEq, thiserror::Error, CloseError)]
pub enum ItemError {
    /// The client has to log in first.
    #[error("session cookie missing")]
    #[close(3000)]
    NoSession,
    /// There is no item with this ID.
    #[error("no such item")]
    #[close(4004)]
    NotFound,
    /// Somebody else was faster.
    #[error("sold out")]
    #[close(4010)]
    SoldOut,
}

/// Sells one item.
#[contract("/items/<id>/ws", subprotocols = ["items.v1"])]
pub async fn item(
    id: u64,
    #[query] coupon: Option<String>,
    #[cookie] session: Option<String>,
    ws: WebSocket<Command, Event>,
) -> Result<(), SocketError>;
