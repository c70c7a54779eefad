//! A chat room: names, private messages, who is there, limits, and a page to use it with.
//!
//! ```sh
//! cargo run -p examples --bin chat
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/ws/chat/bob '{"message":"hi"}'
//! # prints: {"type":"system","message":"User bob has joined the chat"}
//! # prints: {"type":"presence","users":["bob"],"heartbeat":20}
//! # prints: {"type":"message","user":"bob","message":"hi"}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/ws/chat/al
//! # prints: closed: 1008 Invalid user ID
//! ```
//!
//! Or open <http://127.0.0.1:8000/> in two windows of a browser. `chat.rs` has the endpoint, `messages.rs` what travels,
//! `index.html` the page.
//!
//! Options stand behind the address: `--heartbeat SECONDS`, `--inactivity SECONDS`, `--rate MESSAGES` in ten seconds.
//!
//! With `--redis redis://127.0.0.1:6379`, the room spans all processes that are given the same: start two, on addresses of
//! their own, and a page of one talks to a page of the other. `--lease SECONDS` is how long a process that died still
//! holds its names.
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

mod chat;
mod messages;
mod names;
mod options;

use std::{error::Error, time::Duration};

use axum::{Router, http::header, response::Html, routing::get};
use tower_http::set_header::SetResponseHeaderLayer;
use ws_runtime::{
    App, RateLimit, SendBuffer,
    rooms::{InvalidRedisUrl, Redis, Rooms},
    routes,
};

use messages::Event;
use options::Options;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_args()?;
    let rooms = rooms(&options)?;
    let listener = examples::listen_on(&options.address).await?;
    App::new()
        .routes(routes![chat::chat])
        .rate_limit(RateLimit::new(options.most_frames(), options::RATE_PERIOD))
        // How far behind the others a member may fall, in bytes.
        .send_buffer(SendBuffer::bytes(1024 * 1024))
        // Whoever vanishes without a word frees the name within 15 seconds.
        .ping_interval(Duration::from_secs(10))
        .pong_timeout(Duration::from_secs(5))
        .state(rooms.clone())
        .state(options)
        .fallback(page())
        .serve(listener)
        .await?;
    // Those who were here to the end have left: the other processes are told before this one is gone.
    rooms.flush().await;
    Ok(())
}

/// Rooms of this process, or of all that use the same Redis.
fn rooms(options: &Options) -> Result<Rooms<Event>, InvalidRedisUrl> {
    let rooms = Rooms::new();
    match &options.redis {
        Some(url) => rooms.redis(Redis::open(url)?.prefix("chat:").lease(options.lease)),
        None => Ok(rooms),
    }
}

/// The page, which may run its own script and talk to this server, and nothing else.
fn page() -> Router {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                  connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    Router::new().route("/", get(async || Html(include_str!("index.html")))).layer(
        SetResponseHeaderLayer::overriding(
            header::CONTENT_SECURITY_POLICY,
            header::HeaderValue::from_static(policy),
        ),
    )
}
