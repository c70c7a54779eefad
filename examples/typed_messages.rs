//! Messages as values: a tagged enum in each direction, and rules for what is received.
//!
//! ```sh
//! cargo run -p examples --features garde --bin typed_messages
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/seats '{"type":"book","seats":[3,4],"name":"bob"}'
//! # prints: {"type":"booked","seats":[3,4]}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/seats '{"type":"book","seats":[3,101],"name":""}'
//! # prints: {"type":"refused","because":"name: length is lower than 1; seats.1: greater than 100"}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/strict '{"type":"book","name":"bob"}'
//! # prints: {"code":1007,"error":"seats: Field required"}
//! # closed: 1007 [{"type":"missing","loc":["message","seats"]}]
//! ```
//!
//! `/seats` reports what is wrong with a message and continues. `/strict` leaves it to the app, which closes with 1007.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::error::Error;

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use ws_runtime::{
    App, CloseError, ErrorContext, InvalidMessage, SocketError, Valid, WebSocket, routes,
    websocket,
};

/// What a client sends.
#[derive(Deserialize, Validate)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request {
    Book {
        #[garde(length(chars, min = 1, max = 20))]
        name: String,
        #[garde(length(min = 1), inner(range(min = 1, max = 100)))]
        seats: Vec<u32>,
    },
    Cancel {
        #[garde(skip)]
        seat: u32,
    },
}

/// What a client receives.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Event {
    Booked { seats: Vec<u32> },
    Cancelled { seat: u32 },
    Refused { because: String },
}

impl From<Request> for Event {
    fn from(request: Request) -> Self {
        match request {
            Request::Book { name, seats } => {
                tracing::info!(name, "booked");
                Self::Booked { seats }
            }
            Request::Cancel { seat } => Self::Cancelled { seat },
        }
    }
}

/// `recv` parses and checks, `send` serializes.
#[websocket("/seats")]
async fn seats(mut ws: WebSocket<Valid<Request>, Event>) -> ws_runtime::Result {
    loop {
        let event = match ws.recv().await {
            Ok(request) => request.into_inner().into(),
            // The message is lost, but the connection stays open.
            Err(SocketError::Invalid(error)) => {
                Event::Refused { because: error.explain() }
            }
            Err(error) => return Err(error.into()),
        };
        ws.send(event).await?;
    }
}

#[websocket("/strict")]
async fn strict(mut ws: WebSocket<Valid<Request>, Event>) -> ws_runtime::Result {
    loop {
        let request = ws.recv().await?;
        ws.send(request.into_inner()).await?;
    }
}

/// Reports what is wrong before the close, whose reason holds only 123 bytes.
async fn invalid(error: InvalidMessage, cx: ErrorContext) -> ws_runtime::Close {
    // The client may be gone: the close is the same.
    let _ = cx.send_json(&json!({ "error": error.explain(), "code": 1007 })).await;
    error.close()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    App::new()
        .routes(routes![seats, strict])
        .on_error(invalid)
        .serve(examples::listen().await?)
        .await?;
    Ok(())
}
