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

pub use extraction::{Extraction, Finish, Settle};
pub use field::Field;
pub use from_handshake::{
    ClientAddr, FromHandshake, MissingClientAddr, MissingState, Parameter, Requirements, State,
};
pub use param::{CanBeAbsent, ManyShape, MaybeShape, OneShape, Param, Probe, Rest, Segment, Shape, shape};
pub use query_struct::Query;
pub use text::FromText;

pub use crate::handshake::{NotText, RawValue};
#[cfg(feature = "pattern")]
pub use constraints::Pattern;
pub use constraints::{MultipleOf, Text};
