//! A chat room: names, private messages, presence, limits, nothing missed when a connection breaks, and a page to use it with.
//!
//! ```sh
//! cargo run -p examples --bin chat
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/ws/chat/bob '{"message":"hi"}'
//! # prints: {"type":"system","message":"User bob has joined the chat"}
//! # prints: {"type":"welcome","heartbeat":20}
//! # prints: {"type":"present","user":"bob","status":"available"}
//! # prints: {"type":"message","user":"bob","message":"hi"}
//! .venv/bin/python examples/talk.py ws://127.0.0.1:8000/ws/chat/al
//! # prints: closed: 1008 Invalid user ID
//! ```
//!
//! Or open <http://127.0.0.1:8000/> in two windows of a browser. `chat.rs` has the endpoints, `person.rs` who has which name,
//! `messages.rs` what travels, `page/` the page. `--help` lists the options.
//!
//! With `--redis redis://127.0.0.1:6379`, the room spans all processes that are given the same: start two, on addresses of
//! their own, and a page of one talks to a page of the other. The client of Redis takes long to compile, so the option needs a
//! feature:
//!
//! ```sh
//! cargo run -p examples --features redis --bin chat -- 127.0.0.1:8001 --redis redis://127.0.0.1:6379
//! ```
//!
//! The page is `page/page.ts`, which uses the client that `--typescript` writes. Both are compiled already; after a change:
//!
//! ```sh
//! cargo run -p examples --bin chat -- --typescript > examples/chat/page/client.ts
//! npx -p typescript@5.9.3 tsc -p examples/chat/page
//! ```
//!
//! `python3 -m venv .venv && .venv/bin/pip install websockets` installs the client of the first commands, once.

mod chat;
mod messages;
mod names;
mod options;
mod page;
mod person;
mod warnings;

use std::{error::Error, time::Duration};

use clap::Parser as _;
use tower::service_fn;
#[cfg(feature = "redis")]
use ws_runtime::rooms::{InvalidRedisUrl, Redis};
use ws_runtime::{
    App, RateLimit, SendBuffer,
    rooms::{History, Rooms},
    routes,
};

use messages::Event;
use options::Options;

#[tokio::main]
pub(super) async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Options { address, typescript, .. } = options.clone();
    let rooms = rooms(&options)?;
    let app = App::new()
        .routes(routes![chat::chat, chat::tracked])
        .rate_limit(RateLimit::new(options.most_frames(), options::RATE_PERIOD))
        // How far a member may fall behind the others, in bytes.
        .send_buffer(SendBuffer::bytes(1024 * 1024))
        // A client that vanishes silently frees its name within 15 seconds.
        .ping_interval(Duration::from_secs(10))
        .pong_timeout(Duration::from_secs(5))
        .state(rooms.clone())
        .state(options)
        .docs("/docs")
        .asyncapi_at("/asyncapi.json")
        .fallback(service_fn(page::page));
    if typescript {
        print!("{}", app.typescript());
        return Ok(());
    }
    app.serve(examples::listen_on(&address, "http").await?).await?;
    // The last members have left. The other processes are told before this one ends.
    #[cfg(feature = "redis")]
    rooms.flush().await;
    Ok(())
}

/// What the room remembers for those who come back.
fn history() -> History {
    History::last(256).within(Duration::from_mins(5)).only(|room| room == person::ROOM)
}

#[cfg(feature = "redis")]
/// Rooms of this process, or of all processes that use the same Redis.
fn rooms(options: &Options) -> Result<Rooms<Event>, InvalidRedisUrl> {
    let rooms = Rooms::new().history(history());
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
        None => Ok(Rooms::new().history(history())),
    }
}
