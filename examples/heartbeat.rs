//! Detects that a client is gone, and shows the client that the server is there: heartbeats of the protocol and of the
//! application.
//!
//! ```sh
//! cargo run -p examples --bin heartbeat
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/heartbeat '{"type":"message","content":"hi"}' '{"type":"heartbeat_ack"}'
//! # prints: {"type":"message","content":"Received: hi"}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/heartbeat '{"type":'
//! # prints: closed: 1007 [{"type":"json_invalid","loc":["message"]}]
//! .venv/bin/python examples/talk.py --wait 5 ws://127.0.0.1:8000/sleeper
//! # prints: I slept for 4 seconds, and you are still there
//! # prints: closed: 1000
//! ```
//!
//! `examples/talk.py --wait 5 'ws://127.0.0.1:8000/heartbeat?seconds=1'` prints `{"type":"heartbeat"}` every second, until Ctrl-C.
//!
//! `/sleeper` is pinged every second, and `talk.py` answers with pongs without a word. A client that vanishes
//! (stop one with `kill -STOP`) is closed as dead after a second more, with 1011 `keepalive ping timeout`.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::{error::Error, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, interval_at, sleep};
use ws_runtime::{App, WebSocket, routes, websocket};

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Incoming {
    HeartbeatAck,
    Message { content: String },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Outgoing {
    Heartbeat,
    Message { content: String },
}

/// A heartbeat for scripts in browsers, which cannot see pings. It ends with the
/// endpoint, and the endpoint ends with the client.
#[websocket("/heartbeat")]
async fn heartbeat(
    #[query(default = 30, ge = 1)] seconds: u64,
    mut ws: WebSocket<Incoming, Outgoing>,
) -> ws_runtime::Result {
    let period = Duration::from_secs(seconds);
    let mut beat = interval_at(Instant::now() + period, period);
    loop {
        tokio::select! {
            _ = beat.tick() => ws.send(Outgoing::Heartbeat).await?,
            incoming = ws.recv() => match incoming? {
                Incoming::HeartbeatAck => {}
                Incoming::Message { content } => {
                    let content = format!("Received: {content}");
                    ws.send(Outgoing::Message { content }).await?;
                }
            },
        }
    }
}

/// The protocol's own heartbeat needs no code: every connection is pinged while the
/// endpoint does something else, every 20 seconds by default.
#[websocket(
    "/sleeper",
    ping_interval = Duration::from_secs(1),
    pong_timeout = Duration::from_secs(1)
)]
async fn sleeper(mut ws: WebSocket) -> ws_runtime::Result {
    tokio::select! {
        () = sleep(Duration::from_secs(4)) => {}
        closed = ws.closed() => {
            tracing::info!(%closed, "nobody there any more");
            return Ok(());
        }
    }
    ws.send_text("I slept for 4 seconds, and you are still there").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    App::new()
        .routes(routes![heartbeat, sleeper])
        .serve(examples::listen().await?)
        .await?;
    Ok(())
}
