//! Waits for a message for a limited time: to end the connection, or to do something else meanwhile.
//!
//! ```sh
//! cargo run -p examples --bin timeout
//! .venv/bin/python examples/talk.py --wait 5 ws://127.0.0.1:8000/echo hi
//! # prints: You said: hi
//! # prints: Connection timed out due to inactivity
//! # prints: closed: 1000 inactivity timeout
//! .venv/bin/python examples/talk.py --wait 5 'ws://127.0.0.1:8000/reminder?seconds=1'
//! # prints: Are you still there?
//! # prints: Are you still there?
//! # prints: closed: 1000 Nobody there
//! .venv/bin/python examples/talk.py --wait 5 'ws://127.0.0.1:8000/countdown?from=2' hi
//! # prints: 2
//! # prints: You said: hi
//! # prints: 1
//! # prints: closed: 1000
//! ```
//!
//! A connection without messages ends after 2 seconds here, so that nobody has to wait; a second argument sets another
//! number: `cargo run -p examples --bin timeout 127.0.0.1:8000 60`. Each message restarts that time.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::{error::Error, time::Duration};

use tokio::time::{Instant, interval_at, timeout};
use ws_runtime::{
    App, Close, CloseCode, CloseError, ErrorContext, IdleTimeout, WebSocket, routes,
    websocket,
};

/// The app's `idle_timeout` ends it: `recv` returns an `IdleTimeout`, which leaves
/// through `?` like any other error.
#[websocket("/echo")]
async fn echo(mut ws: WebSocket) -> ws_runtime::Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(format!("You said: {text}")).await?;
    }
}

/// Says goodbye before the close, which remains 1000 `inactivity timeout`.
async fn say_goodbye(error: IdleTimeout, cx: ErrorContext) -> Close {
    // The client may be gone: the close is the same.
    let _ = cx.send_text("Connection timed out due to inactivity").await;
    error.close()
}

/// A timeout in the endpoint. When it expires, no message is lost, because `recv` takes a
/// message completely or not at all.
#[websocket("/reminder", idle_timeout = None)]
async fn reminder(
    #[query(default = 30, ge = 1)] seconds: u64,
    mut ws: WebSocket,
) -> ws_runtime::Result<Close> {
    let mut reminders = 0;
    loop {
        match timeout(Duration::from_secs(seconds), ws.recv_text()).await {
            Ok(text) => {
                ws.send_text(format!("You said: {}", text?)).await?;
                reminders = 0;
            }
            Err(_elapsed) if reminders < 2 => {
                ws.send_text("Are you still there?").await?;
                reminders += 1;
            }
            Err(_elapsed) => {
                return Ok(Close::new(CloseCode::NORMAL_CLOSURE, "Nobody there"));
            }
        }
    }
}

/// Does something every second beside the messages. No message is lost here either when
/// the clock is first.
#[websocket("/countdown", idle_timeout = None)]
async fn countdown(
    #[query(default = 10)] from: u32,
    mut ws: WebSocket,
) -> ws_runtime::Result {
    let second = Duration::from_secs(1);
    let mut seconds = interval_at(Instant::now() + second, second);
    for left in (1..=from).rev() {
        ws.send_text(left.to_string()).await?;
        loop {
            tokio::select! {
                _ = seconds.tick() => break,
                text = ws.recv_text() => {
                    ws.send_text(format!("You said: {}", text?)).await?;
                }
            }
        }
    }
    Ok(())
}

const USAGE: &str = "Usage: timeout [ADDRESS] [SECONDS]

  [ADDRESS]  Where to listen [default: 127.0.0.1:8000]
  [SECONDS]  How long a client may be silent [default: 2]";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, seconds) = examples::read_arguments(USAGE, |arguments| {
        Ok((
            examples::read_address(arguments)?,
            examples::read_value(arguments)?.unwrap_or(2),
        ))
    });
    App::new()
        .routes(routes![echo, reminder, countdown])
        .idle_timeout(Duration::from_secs(seconds))
        .on_error(say_goodbye)
        .serve(examples::listen_on(&address, "http").await?)
        .await?;
    Ok(())
}
