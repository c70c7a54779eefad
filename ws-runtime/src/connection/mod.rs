//! One connection after its opening handshake: the task that owns the socket, and what handles share with it.
//!
//! [`Outbox`] is where messages wait to be written, [`Inbox`](inbox::Inbox) where the socket is read, [`drive`] the
//! task. Handles reach both without knowing the transport. No type of the user's handles is named here.

mod driver;
mod engine;
mod inbox;
mod outbox;

use std::time::Duration;

pub(crate) use driver::{Running, drive};
pub(crate) use inbox::{Attached, attach};
pub(crate) use outbox::Outbox;

/// How long the peer has to answer our Close frame, and to take what was queued before it.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long we go on reading after the closing handshake, so that a reset does not destroy our Close frame on its
/// way.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The largest message that is received, in bytes.
pub(crate) const MAX_MESSAGE_SIZE: usize = 1024 * 1024;

/// How much may wait to be written before `send` waits, in bytes.
pub(crate) const SEND_BUFFER: usize = 64 * 1024;

/// How much is read ahead of the endpoint: messages, and their bytes.
pub(crate) const READ_AHEAD: (usize, usize) = (32, 64 * 1024);
