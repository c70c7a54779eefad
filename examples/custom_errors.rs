//! Decides how errors close: a handler for one type, one for a part of the application, and one for everything else.
//!
//! ```sh
//! cargo run -p examples --bin custom_errors
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/orders/5 '{"action":"sell out"}'
//! # prints: closed: 1008 Custom exception
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/partners/orders/5 '{"action":"sell out"}'
//! # prints: closed: 4009 The partner's stock is empty
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/orders/five
//! # prints: closed: 1003 [{"type":"int_parsing","loc":["path","id"]}]
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/orders/5 '{"action":"fail"}'
//! # prints: {"error":"Server error","code":1011}
//! #         closed: 1011 internal server error
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/orders/5 '{"action":5}'
//! # prints: {"error":"Expected {\"action\":\"…\"}","code":1007}
//! #         closed: 1007 Unusable message
//! ```
//!
//! `{"action":"panic"}` ends like `fail`. The server's log names the endpoint, its path, file and line.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::error::Error;

use serde::{Deserialize, Serialize};
use ws_runtime::{
    App, Close, CloseCode, CloseError, ErrorContext, InvalidMessage, Router, SocketError,
    ValidationError, WebSocket, close_code, on_error, routes, websocket,
};

/// Everything that can end an `order` connection. The inner types decide, so that each
/// close is declared only once.
#[derive(Debug, thiserror::Error, CloseError)]
enum OrderError {
    #[error(transparent)]
    #[close(transparent)]
    SoldOut(#[from] SoldOut),
    #[error(transparent)]
    #[close(transparent)]
    Unusable(#[from] Unusable),
    #[error("stock: {0}")]
    #[close(1011)]
    Stock(#[from] std::io::Error),
    #[error(transparent)]
    #[close(transparent)]
    Socket(#[from] SocketError),
}

/// Nothing is left to order.
#[derive(Debug, thiserror::Error)]
#[error("order {order} wants what is sold out")]
struct SoldOut {
    order: u32,
}

/// The handler of `SoldOut`, unless a router has its own.
#[on_error(SoldOut)]
async fn sold_out(err: SoldOut, cx: ErrorContext) -> Close {
    let endpoint = cx.endpoint();
    tracing::warn!(
        endpoint = endpoint.name(),
        path = endpoint.path(),
        file = endpoint.file(),
        line = endpoint.line(),
        "{err}"
    );
    Close::new(CloseCode::POLICY_VIOLATION, "Custom exception")
}

/// A message that is not JSON, or not of the form that the endpoint expects.
#[derive(Debug, thiserror::Error)]
#[error("unusable message: {0}")]
struct Unusable(InvalidMessage);

/// Tells the client in a message what is wrong before the close, whose reason holds only
/// 123 bytes.
#[on_error(Unusable)]
async fn unusable(err: Unusable, cx: ErrorContext) -> Close {
    tracing::debug!("{err}");
    // The client may have left already. The close is the same.
    let _ =
        cx.send_json(&Trouble { error: r#"Expected {"action":"…"}"#, code: 1007 }).await;
    Close::new(CloseCode::INVALID_FRAME_PAYLOAD_DATA, "Unusable message")
}

/// The message that is sent before a close.
#[derive(Serialize)]
struct Trouble {
    error: &'static str,
    code: u16,
}

/// What a client sends.
#[derive(Deserialize)]
struct Command {
    action: String,
}

#[websocket("/orders/<id>")]
async fn order(id: u32, mut ws: WebSocket) -> Result<(), OrderError> {
    loop {
        let command: Command = match ws.recv_json().await {
            Err(SocketError::Invalid(err)) => Err(Unusable(err))?,
            received => received?,
        };
        match command.action.as_str() {
            "sell out" => Err(SoldOut { order: id })?,
            "fail" => Err(std::io::Error::other("stock-db-3 does not answer"))?,
            "panic" => panic!("order {id} was asked to panic"),
            action => ws.send_text(format!("order {id}: {action}")).await?,
        }
    }
}

/// Tells partners more than others. This replaces `sold_out` for the routes of one
/// router.
async fn sold_out_at_partner(_: SoldOut, _: ErrorContext) -> Close {
    Close::new(close_code!(4009), "The partner's stock is empty")
}

/// Reports every parameter that could not be read, as JSON in the reason, with 1003
/// instead of 1008.
async fn unreadable_parameters(err: ValidationError, _: ErrorContext) -> Close {
    err.to_close(CloseCode::UNSUPPORTED_DATA)
}

/// The catch-all gets what no handler above took, including panics, and lets the error
/// itself choose the close.
async fn server_error(err: ws_runtime::Error, cx: ErrorContext) -> Close {
    tracing::info!(endpoint = cx.endpoint().name(), %err, "caught");
    let close = err.into_own_close(cx.clone()).await;
    if close.code() == CloseCode::INTERNAL_ERROR {
        let _ = cx.send_json(&Trouble { error: "Server error", code: 1011 }).await;
    }
    close
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    App::new()
        .routes(routes![order])
        .nest(
            "/partners",
            Router::new().on_error(sold_out_at_partner).routes(routes![order]),
        )
        .on_error(unreadable_parameters)
        .on_error(server_error)
        .serve(examples::listen().await?)
        .await?;
    Ok(())
}
