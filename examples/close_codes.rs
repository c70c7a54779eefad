//! Closes on request with each code that an endpoint can use.
//!
//! ```sh
//! cargo run -p examples --bin close_codes
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/close/shutting-down
//! # prints: closed: 1001 server shutting down
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/close '{"situation":"policy-violation"}'
//! # prints: closed: 1008 Policy violation
//! ```
//!
//! Situations: `done`, `shutting-down`, `protocol-error`, `unsupported-data`, `policy-violation`,
//! `internal-error`, `gone` (4004, a code of this application) and `spent` (a JSON reason).
//! `/close` also shows what an unusable message does: text that is not JSON closes with 1007, a binary message with 1003.
//!
//! `/code/<number>` closes with a number that is only known at run time. `/code/4321` arrives as it is; `/code/1006`
//! may not stand in a close frame, so it is refused with 1008.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::{error::Error, str::FromStr};

use serde::{Deserialize, de::value};
use serde_json::json;
use ws_runtime::{
    App, Close, CloseCode, OrClose, WebSocket, close_code, routes, websocket,
};

/// Why a connection ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Situation {
    Done,
    ShuttingDown,
    ProtocolError,
    UnsupportedData,
    PolicyViolation,
    InternalError,
    Gone,
    Spent,
}

impl From<Situation> for Close {
    fn from(situation: Situation) -> Self {
        match situation {
            Situation::Done => Self::new(CloseCode::NORMAL_CLOSURE, "Done"),
            Situation::ShuttingDown => {
                Self::new(CloseCode::GOING_AWAY, "server shutting down")
            }
            Situation::ProtocolError => {
                Self::new(CloseCode::PROTOCOL_ERROR, "Protocol error")
            }
            Situation::UnsupportedData => {
                Self::new(CloseCode::UNSUPPORTED_DATA, "Unsupported data")
            }
            Situation::PolicyViolation => {
                Self::new(CloseCode::POLICY_VIOLATION, "Policy violation")
            }
            Situation::InternalError => Self::internal_error(),
            // The macro checks the literal at compile time: `close_code!(1006)` is an
            // error.
            Situation::Gone => Self::new(close_code!(4004), "Item is gone"),
            Situation::Spent => {
                Self::json(close_code!(4029), json!({ "limit": 100, "retry_after": 60 }))
            }
        }
    }
}

/// Makes `Situation` a type for path parameters, with the same names as in JSON.
impl FromStr for Situation {
    type Err = value::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::deserialize(value::StrDeserializer::new(text))
    }
}

/// The close of an endpoint can be its return value.
#[websocket("/close/<situation>")]
async fn close_for(situation: Situation, _ws: WebSocket) -> Close {
    situation.into()
}

/// What a client of `/close` sends.
#[derive(Deserialize)]
struct Request {
    situation: Situation,
}

/// The endpoint can also close by itself, and continue with other work.
#[websocket("/close")]
async fn close_on_request(mut ws: WebSocket) -> ws_runtime::Result {
    let Request { situation } = ws.recv_json().await?;
    ws.close(situation).await?;
    tracing::info!("closed");
    Ok(())
}

/// A number is checked once, where it becomes a `CloseCode`.
#[websocket("/code/<number>")]
async fn close_with_number(number: u16, _ws: WebSocket) -> ws_runtime::Result<Close> {
    let code = CloseCode::try_from(number)
        .or_close(CloseCode::POLICY_VIOLATION, "No code to send")?;
    Ok(Close::new(code, "As you wish"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    App::new()
        .routes(routes![close_for, close_on_request, close_with_number])
        .serve(examples::listen().await?)
        .await?;
    Ok(())
}
