//! The sending side: what was sent, until the transport has taken it.

mod outbox;
mod writer;

pub(crate) use outbox::{Capacity, Outbox, Party, Patience};
pub(crate) use writer::{Progress, Writer};
