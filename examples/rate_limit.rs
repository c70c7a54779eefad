//! Limits how many messages a client may send: first with a warning, then with a close for clients that continue.
//!
//! ```sh
//! cargo run -p examples --bin rate_limit
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/strict a b c d
//! # prints: a
//! # prints: b
//! # prints: c
//! # prints: closed: 1008 rate limit exceeded
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/warned a b c d
//! # prints: a
//! # prints: b
//! # prints: c
//! # prints: {"error":"Too many messages: 3 in 10 seconds are allowed. The next one closes the connection."}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/warned a b c d e
//! # prints: a
//! # prints: b
//! # prints: c
//! # prints: {"error":"Too many messages: 3 in 10 seconds are allowed. The next one closes the connection."}
//! # prints: closed: 1008 rate limit exceeded
//! ```
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::{error::Error, num::NonZeroU32, time::Duration};

use serde_json::json;
use tokio::time::Instant;
use ws_runtime::{App, RateLimit, SocketError, WebSocket, routes, websocket};

const MESSAGES: NonZeroU32 = NonZeroU32::new(3).unwrap();
const PER: Duration = Duration::from_secs(10);

/// The endpoint does nothing, so a message beyond the limit ends the connection: `recv`
/// reports it, and `?` leaves with it.
#[websocket("/strict")]
async fn strict(mut ws: WebSocket) -> ws_runtime::Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text).await?;
    }
}

/// The endpoint can also continue. The message itself has been discarded.
#[websocket("/warned")]
async fn warned(mut ws: WebSocket) -> ws_runtime::Result {
    let mut warned: Option<Instant> = None;
    loop {
        match ws.recv_text().await {
            Ok(text) => ws.send_text(text).await?,
            Err(SocketError::RateLimited(_))
                if warned.is_none_or(|at| at.elapsed() > PER) =>
            {
                let error = format!(
                    "Too many messages: {MESSAGES} in {} seconds are allowed. The next one closes the connection.",
                    PER.as_secs()
                );
                ws.send_json(&json!({ "error": error })).await?;
                warned = Some(Instant::now());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[tokio::main]
pub(super) async fn main() -> Result<(), Box<dyn Error>> {
    App::new()
        .routes(routes![strict, warned])
        .rate_limit(RateLimit::new(MESSAGES, PER))
        .serve(examples::listen().await?)
        .await?;
    Ok(())
}
