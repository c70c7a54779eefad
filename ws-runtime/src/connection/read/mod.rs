//! The receiving side: what was read, until the endpoint or the user of a client takes it.

mod fill;
mod idle;
mod inbox;
mod item;
#[cfg(all(test, ws_loom))]
mod model;
#[cfg(feature = "rate-limit")]
mod rate_limit;
mod read_ahead;

#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use fill::poll_fill;
pub(crate) use fill::poll_read;
pub(crate) use inbox::{Attached, attach};
pub(super) use inbox::{Inbox, Reading, Signs, State};
#[cfg(feature = "rate-limit")]
pub use rate_limit::RateLimit;
#[cfg(feature = "client")]
pub(crate) use read_ahead::ReadAhead;
