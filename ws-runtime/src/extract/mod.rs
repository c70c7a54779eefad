//! Reading an endpoint's parameters from the handshake.
//!
//! Two phases: everything that is text is read first, and every mistake in it becomes one
//! [`ValidationError`](crate::ValidationError); then dependencies and [`FromHandshake`] types run in the order written.

mod constraints;
mod cookie;
mod extraction;
mod field;
mod from_handshake;
mod header;
mod param;
mod path;
mod query;
mod query_struct;
mod text;

use std::borrow::Cow;

pub(crate) use cookie::{cookies, escaped_cookies};
pub use extraction::{Extraction, Finish, Settle};
pub use field::Field;
pub use from_handshake::{
    ClientAddr, FromHandshake, MissingClientAddr, MissingState, Parameter, Requirements, State,
};
pub use param::{CanBeAbsent, ManyShape, MaybeShape, OneShape, Param, Probe, Rest, Segment, Shape, shape};
pub(crate) use query::query_values;
pub use query_struct::Query;
pub use text::FromText;

#[cfg(feature = "pattern")]
pub use constraints::Pattern;
pub use constraints::{MultipleOf, Text};

/// One raw value of a parameter, decoded.
pub type RawValue<'a> = Result<Cow<'a, str>, NotText>;

/// A value that is not UTF-8 once decoded.
#[derive(Debug, Clone, Copy)]
pub struct NotText;

/// Percent-decodes a value whose text must be UTF-8.
pub(crate) fn percent_decode(raw: &str) -> RawValue<'_> {
    // Mostly there is nothing to decode, and then it is known to be UTF-8.
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    percent_encoding::percent_decode_str(raw).decode_utf8().map_err(|_| NotText)
}
