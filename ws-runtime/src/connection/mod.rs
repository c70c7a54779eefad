//! One connection after its opening handshake: the task that owns the socket, and what handles share with it.
//!
//! [`Outbox`] is where messages wait to be written, [`Inbox`](inbox::Inbox) what was read ahead, [`drive`] the task.
//! Handles reach them through `Outbox` and `dyn Receive`, never through the transport's type. Only [`engine`] and
//! [`frame`] know the protocol library's reader.

mod attachment;
#[cfg(any(feature = "client", feature = "test-client"))]
mod close_watch;
mod driver;
mod engine;
mod frame;
mod idle;
mod inbox;
mod item;
mod keepalive;
mod large;
mod limits;
mod mask;
mod outbox;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod read_ahead;
mod scratch;
mod socket;
mod sync;
mod write_buffers;

pub(crate) use attachment::{Attach, Attaching, attachment};
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use close_watch::CloseWatch;
pub(crate) use driver::{Running, drive};
#[cfg(feature = "client")]
pub(crate) use engine::{Received, failure};
#[cfg(feature = "client")]
pub(crate) use frame::MAX_CONTROL;
pub(crate) use inbox::{Attached, attach};
pub use limits::SendBuffer;
pub(crate) use limits::{EVER, Limits};
pub(crate) use outbox::Outbox;
#[cfg(feature = "rate-limit")]
pub use rate_limit::RateLimit;
#[cfg(feature = "client")]
pub(crate) use read_ahead::ReadAhead;
pub(crate) use scratch::Leftover;
