//! [`Untyped`]: what the methods for plain text and bytes ask of a connection.

use crate::Message;

/// The messages of a connection that has no types for them: [`Message`] alone.
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
