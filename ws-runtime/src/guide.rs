//! The guide: what to write for each thing that happens to a connection, and what the client then sees.
//!
//! It follows what the guides of [FastAPI](https://fastapi.tiangolo.com/advanced/websockets/) say about WebSockets and their
//! errors, for somebody who knows them. The pages about the server end with a table of situations; where it says what FastAPI
//! puts on the wire, that was measured, with FastAPI 0.165 on uvicorn 0.54.
//!
//! | page | situations |
//! |---|---|
//! | [`errors`] | 1–14b: raising and handling errors |
//! | [`validation`] | 15–22: parameters, and messages |
//! | [`connections`] | 23–30: authentication, close codes, timeouts, heartbeats, leaving, shutdown |
//! | [`chat`] | a chat room: rooms, presence, private messages, slow members, several processes, the page |
//! | [`client`] | a client that comes back |
//! | [`compression`] | messages that are compressed: when it pays, what it costs, what it reveals |
//! | [`testing`] | tests of endpoints |
//!
//! The code on these pages compiles. Code under the name of an example is from there; in the repository,
//! `cargo run -p examples --bin <name>` starts it, and its first lines say what to send.
//!
//! Words that every page uses: a refusal **by Close** is [`Rejection::Close`](crate::Rejection::Close), the default: the
//! handshake is completed, and the close frame follows at once. A refusal **by HTTP** is
//! [`Rejection::Http`](crate::Rejection::Http). An arrow is what the client sees: → 1008 `x` is a close frame with that code and
//! reason.

// It exists for rustdoc alone (see `lib.rs`). The documentation of each page stands inside of it, where
// what it imports shortens its links.

pub mod errors {
    #![doc = include_str!("../docs/guide/errors.md")]
    use crate::*;
}
pub mod validation {
    #![doc = include_str!("../docs/guide/validation.md")]
    use crate::*;
}
pub mod connections {
    #![doc = include_str!("../docs/guide/connections.md")]
    use crate::*;
}
pub mod chat {
    #![doc = include_str!("../docs/guide/chat.md")]
    use crate::{rooms::*, *};
}
pub mod client {
    #![doc = include_str!("../docs/guide/client.md")]
    use crate::{client::*, *};
}
pub mod compression {
    #![doc = include_str!("../docs/guide/compression.md")]
    use crate::*;
}
pub mod testing {
    #![doc = include_str!("../docs/guide/testing.md")]
    use crate::{test::*, *};
}
