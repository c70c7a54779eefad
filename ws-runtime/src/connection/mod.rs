//! One connection after its opening handshake: the task that owns the socket, and the state that it shares with the
//! handles.
//!
//! `write/` holds what waits to be written ([`Outbox`]), `read/` holds what was read ahead ([`Inbox`](read::Inbox)),
//! and [`drive`] is the task. The handles use `Outbox` and `dyn Receive`, and never know the type of the transport.
//! The meaning of the bytes is left to [`protocol`](crate::protocol).

mod driver;
mod error;
mod limits;
mod read;
mod socket;
mod sync;
mod woken;
mod write;

pub(crate) use driver::{Running, Watch, drive};
pub(crate) use error::ConnectionError;
pub use limits::SendBuffer;
pub(crate) use limits::{Limits, MAX_TIMEOUT};
#[cfg(feature = "rate-limit")]
pub use read::RateLimit;
#[cfg(feature = "client")]
pub(crate) use read::ReadAhead;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use read::poll_fill;
pub(crate) use read::{Attached, attach, poll_read};
#[cfg(feature = "client")]
pub(crate) use woken::Woken;
#[cfg(feature = "client")]
pub(crate) use write::Progress;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use write::Writer;
pub(crate) use write::{Capacity, Outbox, Party, Patience};

/// Hands the connection to an endpoint that has accepted its handshake.
pub(crate) type Attach = tokio::sync::oneshot::Sender<Attached>;
