//! One connection after its opening handshake: the task that owns the socket, and what handles share with it.
//!
//! [`Outbox`] is where messages wait to be written, [`Inbox`](inbox::Inbox) what was read ahead, [`drive`] the task.
//! Handles reach them through `Outbox` and `dyn Receive`, never through the transport's type. What the bytes mean is the
//! matter of [`protocol`](crate::protocol).

mod attachment;
mod driver;
mod error;
mod fill;
mod idle;
mod inbox;
mod item;
mod limits;
mod outbox;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod read_ahead;
mod socket;
mod sync;
mod woken;
mod writer;

pub(crate) use attachment::{Attach, Attaching, attachment};
pub(crate) use driver::{Running, Watch, drive};
pub(crate) use error::ConnectionError;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use fill::poll_fill;
pub(crate) use fill::poll_read;
pub(crate) use inbox::{Attached, attach};
pub use limits::SendBuffer;
pub(crate) use limits::{EVER, Limits};
pub(crate) use outbox::{Outbox, Party, Patience, Room};
#[cfg(feature = "rate-limit")]
pub use rate_limit::RateLimit;
#[cfg(feature = "client")]
pub(crate) use read_ahead::ReadAhead;
#[cfg(feature = "client")]
pub(crate) use woken::Woken;
#[cfg(feature = "client")]
pub(crate) use writer::Progress;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use writer::Writer;
