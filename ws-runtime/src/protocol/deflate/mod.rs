//! Compression of messages: permessage-deflate (RFC 7692), as a codec that does no I/O.
//!
//! A compressor takes hundreds of KiB, so connections do not have one each. Compressors and inflaters belong to the
//! worker threads ([`pool`]), and a connection keeps only the last bytes of plain text of each direction
//! ([`history`]). A compressor or an inflater is given these bytes as its dictionary before each message. To the peer
//! this is ordinary context takeover: the dictionary holds what the peer's window holds, or the end of it.

mod compression;
mod deflater;
mod extensions;
mod history;
mod inflater;
mod negotiation;
mod pool;
#[cfg(test)]
mod tests;

pub use compression::Compression;
pub(crate) use deflater::{Deflater, compress_shared};
pub(crate) use inflater::{InflateError, Inflater};
pub(crate) use negotiation::accept;
#[cfg(any(feature = "client", feature = "test-client"))]
pub(crate) use negotiation::{Agreed, check_answer, offer};
