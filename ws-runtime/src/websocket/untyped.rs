//! [`Untyped`]: the bound of the methods for plain text and bytes.

use crate::Message;

/// The message type of a connection without typed messages: only [`Message`].
#[diagnostic::on_unimplemented(
    message = "this connection has messages of the type `{Self}`",
    label = "write `recv()` or `send(message)`, which read and write `{Self}`",
    note = "a connection of the type `WebSocket` takes and gives text and bytes"
)]
pub trait Untyped: sealed::Untyped {}

impl Untyped for Message {}

mod sealed {
    pub trait Untyped {}

    impl Untyped for crate::Message {}
}
