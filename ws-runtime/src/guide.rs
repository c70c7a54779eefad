//! The guide: what to write for everything that happens to a connection, and what the client then sees.
//!
//! Read [`getting_started`] first. The pages are in the order in which most readers need them, and each stands by itself.
//! The pages about the server end with a table of situations.
//!
//! | page | topics |
//! |---|---|
//! | **Begin** | |
//! | [`getting_started`] | from `cargo new` to an endpoint with parameters, an error type and a test |
//! | [`cheat_sheet`] | every form in one place, and what is easily written wrong |
//! | [`from_fastapi`], [`from_axum`], [`from_socketio`] | coming from there: what stands for what, and the traps |
//! | **Endpoints** | |
//! | [`validation`] | parameters, dependencies, and typed messages |
//! | [`errors`] | raising and handling errors; close codes |
//! | [`connections`] | what runs before accept, closing, timeouts, heartbeats, leaving, shutdown |
//! | [`authentication`] | tokens, cookies, tickets, a first message, sessions that end |
//! | [`documentation`] | your endpoint's documentation: as data, as a page to try it on, as an AsyncAPI document |
//! | **Rooms** | |
//! | [`chat`] | a chat room: rooms, presence, private messages, slow members, several processes, the page |
//! | [`nothing_missed`] | rooms that remember, for clients that come back |
//! | **Clients and tests** | |
//! | [`client`] | a client that reconnects |
//! | [`rust_client`] | a client in Rust: requests of endpoints, and errors that come back |
//! | [`typescript_client`] | a browser client in TypeScript, which the app writes |
//! | [`testing`] | tests of endpoints |
//! | **Going live** | |
//! | [`from_axum`](from_axum#inside-an-axum-server) | inside an axum server, and axum pages beside an app |
//! | [`proxies`] | behind nginx, HAProxy and Caddy: configurations, the address of the client, limits for one client |
//! | [`tls`] | certificates, their renewal |
//! | [`containers`] | Docker, Kubernetes, systemd: health, and restarts that nobody notices |
//! | [`logs_and_metrics`] | the access log, spans, metrics, a dashboard, traces |
//! | [`compression`] | compressed messages: when they pay, what they cost, what they reveal |
//! | [`closed_1006`] | "I see 1006": from a symptom to its cause and cure |
//!
//! What the guide says about FastAPI's behaviour on the wire was measured with FastAPI 0.165 on uvicorn 0.54.
//!
//! The code on these pages compiles. Code under the name of an example is taken from that example. In the repository,
//! `cargo run -p examples --bin <name>` starts it, and its first lines list what to send.
//!
//! All pages use these terms: a refusal **by Close** is [`Rejection::Close`](crate::Rejection::Close), the default. The
//! handshake is completed, and the Close frame follows at once. A refusal **by HTTP** is
//! [`Rejection::Http`](crate::Rejection::Http). A number such as 1008 is the close code that the client receives, and the
//! text after it, as in 1008 `Authentication failed`, is the reason.

// This module exists for rustdoc only (see `lib.rs`). The documentation of each page is inside its module, where the
// imports shorten the links.

pub mod getting_started {
    #![doc = include_str!("../docs/guide/getting_started.md")]
}
pub mod cheat_sheet {
    #![doc = include_str!("../docs/guide/cheat_sheet.md")]
    use crate::*;
}
pub mod from_fastapi {
    #![doc = include_str!("../docs/guide/from_fastapi.md")]
}
pub mod from_axum {
    #![doc = include_str!("../docs/guide/from_axum.md")]
    use crate::*;
}
pub mod from_socketio {
    #![doc = include_str!("../docs/guide/from_socketio.md")]
}
pub mod validation {
    #![doc = include_str!("../docs/guide/validation.md")]
    use crate::*;
}
pub mod errors {
    #![doc = include_str!("../docs/guide/errors.md")]
    use crate::*;
}
pub mod connections {
    #![doc = include_str!("../docs/guide/connections.md")]
    use crate::*;
}
pub mod authentication {
    #![doc = include_str!("../docs/guide/authentication.md")]
    use crate::*;
}
pub mod documentation {
    #![doc = include_str!("../docs/guide/documentation.md")]
    use crate::*;
}
pub mod chat {
    #![doc = include_str!("../docs/guide/chat.md")]
    use crate::{rooms::*, *};
}
pub mod nothing_missed {
    #![doc = include_str!("../docs/guide/nothing_missed.md")]
    use crate::{rooms::*, *};
}
pub mod client {
    #![doc = include_str!("../docs/guide/client.md")]
    use crate::{client::*, *};
}
pub mod rust_client {
    #![doc = include_str!("../docs/guide/rust_client.md")]
    use crate::*;
}
pub mod typescript_client {
    #![doc = include_str!("../docs/guide/typescript_client.md")]
    use crate::*;
}
pub mod testing {
    #![doc = include_str!("../docs/guide/testing.md")]
    use crate::{test::*, *};
}
pub mod proxies {
    #![doc = include_str!("../docs/guide/proxies.md")]
    use crate::*;
}
pub mod tls {
    #![doc = include_str!("../docs/guide/tls.md")]
    use crate::*;
}
pub mod containers {
    #![doc = include_str!("../docs/guide/containers.md")]
    use crate::*;
}
pub mod logs_and_metrics {
    #![doc = include_str!("../docs/guide/logs_and_metrics.md")]
    use crate::*;
}
pub mod compression {
    #![doc = include_str!("../docs/guide/compression.md")]
    use crate::*;
}
pub mod closed_1006 {
    #![doc = include_str!("../docs/guide/closed_1006.md")]
    use crate::*;
}
