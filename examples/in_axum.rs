//! Serves endpoints inside an axum application, beside its ordinary routes and under its tower layers.
//!
//! ```sh
//! cargo run -p examples --features axum --bin in_axum
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/shout hello     # prints: HELLO!
//! curl -i http://127.0.0.1:8000/health                                  # 200 ok
//! ```
//!
//! Or open <http://127.0.0.1:8000/> in a browser: the page comes from axum and talks to the endpoint.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

use std::error::Error;

use axum::{Router, response::Html, routing::get};
use http::{HeaderName, HeaderValue};
use tower_http::{set_header::SetResponseHeaderLayer, trace::TraceLayer};
use ws_runtime::{App, WebSocket, routes, websocket};

#[websocket("/shout")]
async fn shout(
    #[query(default = 1, ge = 1, le = 10)] times: usize,
    mut ws: WebSocket,
) -> ws_runtime::Result {
    loop {
        let text = ws.recv_text().await?;
        ws.send_text(text.to_uppercase() + &"!".repeat(times)).await?;
    }
}

async fn page() -> Html<&'static str> {
    Html(
        r#"<!doctype html>
<title>Shout</title>
<form><input autofocus placeholder="Say something"> <button>Shout</button></form>
<pre></pre>
<script>
  const show = line => document.querySelector("pre").append(line + "\n");
  const ws = new WebSocket(`ws://${location.host}/shout?times=3`);
  ws.onmessage = event => show(event.data);
  ws.onclose = event => show(`closed: ${event.code} ${event.reason}`);
  document.querySelector("form").onsubmit = event => {
    event.preventDefault();
    const input = document.querySelector("input");
    ws.send(input.value);
    input.value = "";
  };
</script>
"#,
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // `build` reports every mistake in the routes; `into_service` would panic with the
    // same report.
    let endpoints = App::new().routes(routes![shout]).build()?;

    let router = Router::new()
        .route("/", get(page))
        .route("/health", get(async || "ok"))
        .fallback_service(endpoints)
        // Layers see the handshake as an HTTP request. These two apply to routes and
        // endpoints alike.
        .layer(SetResponseHeaderLayer::overriding(
            HeaderName::from_static("x-served-by"),
            HeaderValue::from_static("in_axum"),
        ))
        .layer(TraceLayer::new_for_http());

    axum::serve(examples::listen().await?, router).await?;
    Ok(())
}
