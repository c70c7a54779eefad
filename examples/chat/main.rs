//! A chat room: names, private messages, presence, limits, and a page to use it with.
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
//! Options follow the address: `--heartbeat SECONDS`, `--inactivity SECONDS`, `--rate MESSAGES` in ten seconds.
//!
//! With `--redis redis://127.0.0.1:6379`, the room spans all processes that are given the same: start two, on addresses of
//! their own, and a page of one talks to a page of the other. `--lease SECONDS` is how long a process that died still
//! holds its names. The client of Redis takes long to compile, so the option needs a feature:
//!
//! ```sh
//! cargo run -p examples --features redis --bin chat -- 127.0.0.1:8001 --redis redis://127.0.0.1:6379
//! ```
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client, once.

mod chat;
mod messages;
mod names;
mod options;

use std::{convert::Infallible, error::Error, time::Duration};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tower::service_fn;
#[cfg(feature = "redis")]
use ws_runtime::rooms::{InvalidRedisUrl, Redis};
use ws_runtime::{App, Body, RateLimit, SendBuffer, rooms::Rooms, routes};

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
        // How far a member may fall behind the others, in bytes.
        .send_buffer(SendBuffer::bytes(1024 * 1024))
        // A client that vanishes silently frees its name within 15 seconds.
        .ping_interval(Duration::from_secs(10))
        .pong_timeout(Duration::from_secs(5))
        .state(rooms.clone())
        .state(options)
        .docs("/docs")
        .fallback(service_fn(page))
        .serve(listener)
        .await?;
    // The last members have left. The other processes are told before this one ends.
    #[cfg(feature = "redis")]
    rooms.flush().await;
    Ok(())
}

#[cfg(feature = "redis")]
/// Rooms of this process, or of all processes that use the same Redis.
fn rooms(options: &Options) -> Result<Rooms<Event>, InvalidRedisUrl> {
    let rooms = Rooms::new();
    match &options.redis {
        Some(url) => rooms.redis(Redis::open(url)?.prefix("chat:").lease(options.lease)),
        None => Ok(rooms),
    }
}

#[cfg(not(feature = "redis"))]
/// Rooms of this process only.
fn rooms(options: &Options) -> Result<Rooms<Event>, String> {
    match &options.redis {
        Some(_) => {
            Err("--redis needs the feature `redis`: cargo run -p examples --features redis --bin chat".into())
        }
        None => Ok(Rooms::new()),
    }
}

/// The page, which may run its own script and talk to this server, and nothing else.
async fn page(request: Request<Body>) -> Result<Response<String>, Infallible> {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                  connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let (status, body) = match (request.uri().path(), request.method()) {
        ("/", &Method::GET | &Method::HEAD) => {
            (StatusCode::OK, include_str!("index.html"))
        }
        ("/", _) => (StatusCode::METHOD_NOT_ALLOWED, ""),
        _ => (StatusCode::NOT_FOUND, ""),
    };
    let mut response = Response::new(body.to_owned());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    Ok(response)
}
