//! The message layer (RFC 6455, sections 5 to 7; RFC 7692), which turns bytes into messages and messages into bytes.
//!
//! Both roles use it: the connections of the server, the client, and the test client. It does no I/O, and knows no
//! tasks and no user types except [`Message`](crate::Message).
//!
//! - Reading: a [`Reader`] owns the read buffer. Its user fills the buffer and takes [`Incoming`] items until there
//!   are no more, or until a [`Violation`] says with which close the connection ends.
//! - Writing: a [`Wire`] holds frames until the transport takes them. Small payloads are copied, and large ones are
//!   shared.
//! - Time: a [`Keepalive`] says when a ping is due, and what the peer's silence means.

mod close;
#[cfg(feature = "deflate")]
mod deflate;
#[cfg(not(feature = "deflate"))]
#[path = "no_deflate.rs"]
mod deflate;
mod frame;
mod keepalive;
mod mask;
mod message;
mod outgoing;
mod partial;
mod read_buffer;
mod reader;
#[cfg(all(test, any(feature = "client", feature = "test-client")))]
mod tests;
mod utf8;
mod wire;
mod write_buffers;

pub(crate) use close::Violation;
#[cfg(feature = "deflate")]
pub use deflate::Compression;
#[cfg(not(feature = "deflate"))]
pub(crate) use deflate::Compression;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use deflate::{Agreed, check_answer as check_compression, offer as offer_compression};
pub(crate) use deflate::{Deflater, Inflater, accept as accept_compression};
pub(crate) use frame::Opcode;
pub(crate) use keepalive::{Action, Keepalive};
pub(crate) use message::Broadcast;
pub(crate) use outgoing::Outgoing;
pub(crate) use read_buffer::ReadBuffer;
pub(crate) use reader::{Incoming, Reader, Sizes};
pub(crate) use wire::{Payload, Wire};

/// A side of a connection. Only a client masks what it sends (RFC 6455, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Server,
    #[cfg(any(feature = "client", feature = "test-client", test))]
    Client,
}

/// The size, in bytes, from which a payload is not copied. A received payload is a slice of the read buffer, and a
/// sent one is written from where it lies.
pub(crate) const LARGE: usize = 8 * 1024;

/// The longest payload of a control frame, in bytes (RFC 6455, section 5.5).
pub(crate) const MAX_CONTROL: usize = 125;
